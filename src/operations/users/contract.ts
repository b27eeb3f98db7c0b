import { z } from 'zod';
import { secretText } from '../../domain/input.ts';
import { operation } from '../operation.ts';

/** The roles of an account; what each may do stands in docs/reference/operations.md. */
export const roleNames = ['viewer', 'operator', 'approver', 'auditor', 'admin'] as const;

const longest = 1024;

/** A name as it was typed; which names are accounts is for the store to say. */
export const userName = z.string().min(1).max(200);

/** Alphabets that share shapes of letters. */
const lookAlikes = [
  /\p{Script=Latin}/u,
  /\p{Script=Cyrillic}/u,
  /\p{Script=Greek}/u,
  /\p{Script=Armenian}/u,
  /\p{Script=Cherokee}/u,
  /\p{Script=Coptic}/u,
];

/**
 * Letters and digits of any script, and `. _ @ + -` inside: it goes into logs, approvals and audit. Letters of alphabets that
 * look alike are not mixed, and none stands in another form of itself, so that a name does not read like another one.
 */
export const newUserName = z
  .string()
  .min(1)
  .max(64)
  .regex(
    /^[\p{L}\p{N}][\p{L}\p{N}\p{M}._@+-]*$/u,
    'a name begins with a letter or digit and holds letters, digits, and . _ @ + -',
  )
  .refine(
    (name) => name === name.normalize('NFKC'),
    'write the letters of the name in their ordinary form',
  )
  .refine(
    (name) => lookAlikes.filter((alphabet) => alphabet.test(name)).length < 2,
    'a name does not mix letters of alphabets that look alike',
  );

/** Any characters, taken exactly as typed; which ones are too weak is told when it is set. */
export const password = secretText({ max: longest });

export const Grant = z.strictObject({
  role: z.enum(roleNames),
  /** Patterns such as `acme/*`; left out or null = everywhere. */
  repositories: z.array(z.string().min(1).max(300)).min(1).max(100).nullable().default(null),
});
export type Grant = z.infer<typeof Grant>;

const grants = z.array(Grant).max(20);

export const UserLine = z.object({
  name: z.string(),
  roles: z.array(z.object({ role: z.string(), repositories: z.array(z.string()).nullable() })),
  disabled: z.boolean(),
  mustChangePassword: z.boolean(),
  hasPassword: z.boolean(),
  totp: z.boolean(),
  passkeys: z.number(),
  recoveryCodesLeft: z.number(),
  createdAt: z.string(),
  createdBy: z.string(),
  signedInAt: z.string().nullable(),
});
export type UserLine = z.infer<typeof UserLine>;

export const UserDetail = UserLine.extend({
  /** Until when it cannot be tried from where it never signed in, or from one place where it did. */
  lockedUntil: z.string().nullable(),
  sessions: z.number(),
  tokens: z.number(),
});
export type UserDetail = z.infer<typeof UserDetail>;

/** What a door keeps in its cookie; it never reaches a page. */
export const SessionSecret = z.object({ secret: z.string(), expiresAt: z.string() });

const manage = {
  permission: 'users:manage',
  effect: 'admin',
  kind: 'call',
  needs: 'store',
  deadlineMs: 30_000,
  doors: ['cli', 'http', 'library'],
} as const;

export const listUsers = operation({
  ...manage,
  name: 'users.list',
  summary: 'List the accounts',
  effect: 'read',
  input: z.object({}),
  output: z.array(UserLine),
});

export const showUser = operation({
  ...manage,
  name: 'users.show',
  summary: 'Show one account: roles, second factors, lock',
  effect: 'read',
  input: z.object({ name: userName }),
  output: UserDetail,
});

export const createUser = operation({
  ...manage,
  name: 'users.create',
  summary:
    'Make an account; its password must be changed at the first sign-in unless said otherwise',
  dangerous: true,
  input: z.object({
    name: newUserName,
    roles: grants.min(1),
    password,
    mustChangePassword: z.boolean().default(true),
  }),
  output: UserLine,
});

export const disableUser = operation({
  ...manage,
  name: 'users.disable',
  summary: 'Stop an account at once: its sessions end, its tokens are refused',
  dangerous: true,
  reducesHarm: true,
  input: z.object({ name: userName }),
  output: UserLine,
});

export const enableUser = operation({
  ...manage,
  name: 'users.enable',
  summary: 'Let a disabled account sign in again',
  dangerous: true,
  input: z.object({ name: userName }),
  output: UserLine,
});

export const setUserRoles = operation({
  ...manage,
  name: 'users.set-roles',
  summary: 'Give an account exactly these roles; its sessions end',
  dangerous: true,
  input: z.object({ name: userName, roles: grants }),
  output: UserLine,
});

export const resetPassword = operation({
  ...manage,
  name: 'users.reset-password',
  summary: 'Give an account a password that must be changed; its sessions end',
  dangerous: true,
  input: z.object({
    name: userName,
    password,
    /** Also takes away code generator, passkeys and recovery codes, for somebody who lost them. */
    removeSecondFactor: z.boolean().default(false),
    mustChangePassword: z.boolean().default(true),
  }),
  output: UserLine,
});

export const unlockUser = operation({
  ...manage,
  name: 'users.unlock',
  summary: 'Lift the lock that wrong passwords or codes put on an account',
  input: z.object({ name: userName }),
  output: z.object({ name: z.string(), wasLocked: z.boolean() }),
});

export const removeUser = operation({
  ...manage,
  name: 'users.remove',
  summary: 'Remove an account with its sessions, tokens and factors; its name stays taken',
  dangerous: true,
  input: z.object({ name: userName }),
  output: z.object({ name: z.string() }),
});

export const bootstrapLink = operation({
  ...manage,
  name: 'users.bootstrap-link',
  shows: ['link'],
  summary: 'Make a new one-time link for the first administrator; the one before is void',
  doors: ['cli', 'library'],
  input: z.object({}),
  output: z.object({ link: z.string(), expiresAt: z.string() }),
});

export const bootstrapUsers = operation({
  ...manage,
  name: 'users.bootstrap',
  shows: ['session'],
  summary: 'Make the first administrator with the one-time link, and sign in',
  permission: 'public',
  doors: ['http'],
  input: z.object({ token: secretText({ max: 200 }), name: newUserName, password }),
  output: z.object({ user: z.string(), session: SessionSecret }),
});
