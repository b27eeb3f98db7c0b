import { z } from 'zod';

export const boardSearch = z.object({ repo: z.string().optional(), agent: z.string().optional() });
