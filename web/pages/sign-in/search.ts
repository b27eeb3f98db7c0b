import { z } from 'zod';

export const signInSearch = z.object({ next: z.string().optional() });
