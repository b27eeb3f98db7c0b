import { z } from 'zod';
import { nameText, plainId } from '../../domain/input.ts';
import { operation } from '../operation.ts';

export const TokenLine = z.object({
  id: z.string(),
  owner: z.string(),
  name: z.string(),
  scopes: z.array(z.string()),
  createdAt: z.string(),
  createdBy: z.string(),
  expiresAt: z.string(),
  usedAt: z.string().nullable(),
  revokedAt: z.string().nullable(),
});
export type TokenLine = z.infer<typeof TokenLine>;

const own = {
  permission: 'account:own',
  effect: 'write',
  kind: 'call',
  needs: 'store',
  deadlineMs: 30_000,
  doors: ['cli', 'http', 'library'],
} as const;

const user = z.string().min(1).max(200);

export const createToken = operation({
  ...own,
  name: 'tokens.create',
  shows: ['secret'],
  summary: 'Make an API token with some of the owner’s permissions; its secret is shown once',
  dangerous: true,
  input: z.object({
    name: nameText,
    /** Permissions, as in docs/reference/operations.md. */
    scopes: z.array(plainId).min(1).max(50),
    expiresInDays: z.number().int().min(1).max(365).default(90),
    /** Whose token it will be; oneself when not said. Another's needs `users:manage`. */
    user: user.optional(),
  }),
  output: z.object({
    token: TokenLine,
    /** Cannot be shown again. */
    secret: z.string(),
  }),
});

export const listTokens = operation({
  ...own,
  name: 'tokens.list',
  summary: 'List API tokens: the own ones, with `users:manage` also others’',
  effect: 'read',
  input: z.object({
    user: user.optional(),
    /** Those of every account. */
    all: z.boolean().default(false),
  }),
  output: z.array(TokenLine),
});

export const revokeToken = operation({
  ...own,
  name: 'tokens.revoke',
  summary: 'Revoke an API token; it is refused from now on',
  reducesHarm: true,
  input: z.object({ id: z.string().min(1).max(64) }),
  output: TokenLine,
});
