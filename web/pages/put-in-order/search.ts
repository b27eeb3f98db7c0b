import { z } from 'zod';

export const putInOrderSearch = z.object({ next: z.string().optional() });
