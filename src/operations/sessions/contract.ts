import { z } from 'zod';
import { secretText } from '../../domain/input.ts';
import { operation } from '../operation.ts';

const longest = 1024;
const code = secretText({ max: 64 });

/** What the browser's authenticator answered (WebAuthn, JSON form); read by the library that verifies it. */
export const AuthenticatorAnswer = z.looseObject({
  id: z.string().min(1).max(2000),
  rawId: z.string().min(1).max(2000),
  type: z.literal('public-key'),
  response: z.looseObject({}),
});

/** What `navigator.credentials` is to be asked with, and the name of the challenge to answer with. */
export const Challenge = z.object({
  challenge: z.string(),
  options: z.record(z.string(), z.unknown()),
});

/** What a door keeps in its cookie; it never reaches a page. */
const SessionSecret = z.object({ secret: z.string(), expiresAt: z.string() });

export const secondFactors = ['totp', 'recovery', 'passkey'] as const;

export const SignedIn = z.object({
  user: z.string(),
  /** True: the session can do nothing but `sessions.verify-second-factor` and `sessions.sign-out`. */
  secondFactorNeeded: z.boolean(),
  /** What the account can give as a second factor. */
  factors: z.array(z.enum(secondFactors)),
  /** True: the account must be put in order first (`account.show` says how); nothing else is permitted. */
  enrollmentNeeded: z.boolean(),
  session: SessionSecret.nullable(),
});
export type SignedIn = z.infer<typeof SignedIn>;

const open = {
  permission: 'public',
  effect: 'write',
  kind: 'call',
  needs: 'store',
  deadlineMs: 30_000,
  doors: ['http'],
} as const;

const own = { ...open, permission: 'account:own', doors: ['http', 'library'] } as const;

export const signIn = operation({
  ...open,
  name: 'sessions.sign-in',
  shows: ['session'],
  summary: 'Sign in with name and password',
  input: z.object({ user: z.string().min(1).max(200), password: secretText({ max: longest }) }),
  output: SignedIn,
});

export const passkeyOptions = operation({
  ...open,
  name: 'sessions.passkey-options',
  summary: 'Ask for a challenge to sign in with a passkey, or to prove again who one is',
  input: z.object({}),
  output: Challenge,
});

export const signInPasskey = operation({
  ...open,
  name: 'sessions.sign-in-passkey',
  shows: ['session'],
  summary: 'Sign in with a passkey, which is both factors in one',
  input: z.object({ challenge: z.string().min(1).max(100), answer: AuthenticatorAnswer }),
  output: SignedIn,
});

export const verifySecondFactor = operation({
  ...open,
  name: 'sessions.verify-second-factor',
  shows: ['session'],
  summary: 'Give the second factor of a sign-in: a code, or a recovery code',
  input: z
    .object({ code: code.optional(), recoveryCode: code.optional() })
    .refine((given) => (given.code === undefined) !== (given.recoveryCode === undefined), {
      message: 'give code or recoveryCode',
    }),
  output: SignedIn,
});

export const signOut = operation({
  ...open,
  name: 'sessions.sign-out',
  summary: 'End the session one is in',
  reducesHarm: true,
  input: z.object({}),
  output: z.object({ ended: z.boolean() }),
});

export const listSessions = operation({
  ...own,
  name: 'sessions.list',
  summary: 'List where one is signed in; with `users:manage` also where others are',
  effect: 'read',
  input: z.object({
    user: z.string().min(1).max(200).optional(),
    /** Those of every account. */
    all: z.boolean().default(false),
  }),
  output: z.array(
    z.object({
      id: z.string(),
      user: z.string(),
      createdAt: z.string(),
      seenAt: z.string(),
      expiresAt: z.string(),
      client: z.string(),
      method: z.string(),
      current: z.boolean(),
    }),
  ),
});

export const revokeSessions = operation({
  ...own,
  name: 'sessions.revoke',
  summary: 'End one session, or all but the one one is in',
  reducesHarm: true,
  input: z
    .object({
      id: z.string().min(1).max(64).optional(),
      all: z.boolean().default(false),
      user: z.string().min(1).max(200).optional(),
    })
    .refine(({ id, all }) => (id !== undefined) !== all, { message: 'give id, or all: true' }),
  output: z.object({ ended: z.number() }),
});

export const proveSession = operation({
  ...own,
  permission: 'account:enroll',
  doors: ['http'],
  name: 'sessions.prove',
  shows: ['session'],
  summary: 'Prove again who one is, before a dangerous act',
  input: z
    .object({
      password: secretText({ max: longest }).optional(),
      code: code.optional(),
      challenge: z.string().min(1).max(100).optional(),
      answer: AuthenticatorAnswer.optional(),
    })
    .refine(
      ({ password, code: given, challenge, answer }) =>
        [password, given, answer].filter((one) => one !== undefined).length === 1 &&
        (answer === undefined) === (challenge === undefined),
      { message: 'give one of password, code, or challenge with answer' },
    ),
  output: z.object({ provenAt: z.string(), session: SessionSecret }),
});
