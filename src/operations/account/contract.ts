import { z } from 'zod';
import { nameText, secretText } from '../../domain/input.ts';
import { operation } from '../operation.ts';

/** What the browser's authenticator answered (WebAuthn, JSON form); read by the library that verifies it. */
const AuthenticatorAnswer = z.looseObject({
  id: z.string().min(1).max(2000),
  rawId: z.string().min(1).max(2000),
  type: z.literal('public-key'),
  response: z.looseObject({}),
});

const Passkey = z.object({
  id: z.string(),
  name: z.string(),
  createdAt: z.string(),
  usedAt: z.string().nullable(),
});

const longest = 1024;
const SessionSecret = z.object({ secret: z.string(), expiresAt: z.string() });

/** What puts an account in order is open to a session that may do nothing else yet. */
const enroll = {
  permission: 'account:enroll',
  effect: 'write',
  kind: 'call',
  needs: 'store',
  deadlineMs: 30_000,
  doors: ['http'],
} as const;

const own = { ...enroll, permission: 'account:own' } as const;

export const showAccount = operation({
  ...enroll,
  name: 'account.show',
  summary: 'Show who one is: roles, permissions, second factors, what is still to be done',
  effect: 'read',
  doors: ['http', 'library'],
  input: z.object({}),
  output: z.object({
    user: z.string(),
    roles: z.array(z.object({ role: z.string(), repositories: z.array(z.string()).nullable() })),
    /** As far as this session has come. */
    permissions: z.array(z.string()),
    /** By permission, the patterns of the repositories in which it holds; others hold everywhere. */
    limits: z.record(z.string(), z.array(z.string())),
    hasPassword: z.boolean(),
    totp: z.boolean(),
    recoveryCodesLeft: z.number(),
    passkeys: z.array(Passkey),
    /** What must be done before anything else is permitted. */
    owed: z.array(z.enum(['password', 'second_factor'])),
    session: z
      .object({ id: z.string(), provenAt: z.string() })
      .nullable()
      .describe('The session one is in; its secret is not part of it.'),
  }),
});

export const changePassword = operation({
  ...enroll,
  name: 'account.change-password',
  shows: ['session'],
  summary: 'Change the own password; all other sessions end',
  input: z.object({
    current: secretText({ max: longest }),
    password: secretText({ max: longest }),
  }),
  output: z.object({ changed: z.boolean(), session: SessionSecret }),
});

export const beginTotp = operation({
  ...enroll,
  name: 'account.totp-begin',
  shows: ['key', 'uri'],
  summary: 'Begin to use a code generator: its secret, to be confirmed by a code',
  dangerous: true,
  input: z.object({}),
  output: z.object({
    /** Base32, for typing in. */
    key: z.string(),
    /** `otpauth://…`, for a QR code. */
    uri: z.string(),
  }),
});

export const confirmTotp = operation({
  ...enroll,
  name: 'account.totp-confirm',
  shows: ['recoveryCodes', 'session'],
  summary: 'Confirm the code generator by a code; answers the recovery codes, once',
  dangerous: true,
  input: z.object({ code: secretText({ max: 64 }) }),
  output: z.object({ recoveryCodes: z.array(z.string()), session: SessionSecret }),
});

export const removeTotp = operation({
  ...own,
  name: 'account.totp-remove',
  summary: 'Stop using the code generator',
  dangerous: true,
  input: z.object({}),
  output: z.object({ removed: z.boolean() }),
});

export const newRecoveryCodes = operation({
  ...own,
  name: 'account.recovery-codes',
  shows: ['recoveryCodes'],
  summary: 'Make ten new recovery codes; the ones before are void',
  dangerous: true,
  input: z.object({}),
  output: z.object({ recoveryCodes: z.array(z.string()) }),
});

export const beginPasskey = operation({
  ...enroll,
  name: 'account.passkey-begin',
  summary: 'Begin to add a passkey: what the browser is to be asked with',
  dangerous: true,
  input: z.object({}),
  output: z.object({ challenge: z.string(), options: z.record(z.string(), z.unknown()) }),
});

export const finishPasskey = operation({
  ...enroll,
  name: 'account.passkey-finish',
  shows: ['session'],
  summary: 'Add the passkey that the browser made',
  dangerous: true,
  input: z.object({
    challenge: z.string().min(1).max(100),
    name: nameText,
    answer: AuthenticatorAnswer,
  }),
  output: z.object({ passkey: Passkey, session: SessionSecret }),
});

export const listPasskeys = operation({
  ...own,
  name: 'account.passkeys',
  summary: 'List the own passkeys',
  effect: 'read',
  input: z.object({}),
  output: z.array(Passkey),
});

export const removePasskey = operation({
  ...own,
  name: 'account.passkey-remove',
  summary: 'Remove an own passkey',
  dangerous: true,
  input: z.object({ id: z.string().min(1).max(2000) }),
  output: z.object({ removed: z.boolean() }),
});
