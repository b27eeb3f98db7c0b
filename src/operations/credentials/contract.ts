import { z } from 'zod';
import { operation } from '../operation.ts';

/** As the environment would name it. */
export const credentialName = z
  .string()
  .regex(/^[A-Z][A-Z0-9_]{0,99}$/u, 'expected a name such as GITHUB_TOKEN (A-Z, 0-9, _)')
  .meta({ description: 'Name, as the environment would have it.' });

/** Everything that is told of a credential; a value is in no answer of any operation. */
export const Credential = z.object({
  name: z.string(),
  version: z.number(),
  state: z.enum(['valid', 'expiring', 'expired']),
  createdAt: z.string(),
  changedAt: z.string(),
  expiresAt: z.string().nullable(),
  rotateEveryDays: z.number().nullable(),
  nextRotationAt: z.string().nullable(),
  rotationError: z.string().nullable(),
  previousUntil: z.string().nullable(),
  usageCount: z.number(),
  lastUsedAt: z.string().nullable(),
  lastPurpose: z.string().nullable(),
});
export type Credential = z.infer<typeof Credential>;

/** Said once: whoever loses this key loses every value. */
const madeKeyIn = z
  .string()
  .nullable()
  .meta({ description: "Where the vault's first key was made now; null when there was one." });

const common = {
  kind: 'call',
  deadlineMs: 120_000,
  doors: ['cli', 'http'],
  permission: 'credentials:manage',
  needs: 'store',
} as const;
const writing = { ...common, effect: 'admin', dangerous: true } as const;

export const setCredential = operation({
  ...writing,
  name: 'credentials.set',
  summary: 'Store a credential encrypted, or a new version of it; the value is read, never printed',
  input: z.object({
    name: credentialName,
    value: z
      .string()
      .min(1, 'the value is empty')
      .max(65_536, 'the value is longer than 65,536 characters')
      .meta({ description: 'The secret; UTF-8.', writeOnly: true, freeText: true }),
    expiresAt: z.iso
      .datetime({ offset: true, error: 'expected a moment such as 2027-01-31T00:00:00Z' })
      .nullable()
      .default(null)
      .meta({ description: 'It is not given out from this moment on.' }),
  }),
  output: Credential.extend({ madeKeyIn }),
});

export const listCredentials = operation({
  ...common,
  effect: 'read',
  name: 'credentials.list',
  summary: 'List credentials with age, expiry, rotation and use; never values',
  input: z.object({}),
  output: z.array(Credential),
});

export const showCredential = operation({
  ...common,
  effect: 'read',
  name: 'credentials.show',
  summary: 'Tell everything about one credential except its value',
  input: z.object({ name: credentialName }),
  output: Credential,
});

export const rotateCredential = operation({
  ...writing,
  name: 'credentials.rotate',
  summary: 'Make a new value now, as security.vault.rotate says; a failure keeps the old one',
  input: z.object({ name: credentialName }),
  output: Credential,
});

export const removeCredential = operation({
  ...writing,
  name: 'credentials.remove',
  summary: 'Remove the value of a credential; what was recorded of its use stays',
  input: z.object({ name: credentialName }),
  output: z.object({ name: z.string(), removed: z.boolean() }),
});

export const liftCredential = operation({
  ...writing,
  name: 'credentials.lift',
  summary: 'Use a GitHub credential again that was suspended after three refusals',
  input: z.object({
    credential: z
      .string()
      .min(1)
      .max(200)
      .meta({ description: 'As the health check names it: GITHUB_TOKEN, app 7 on acme.' }),
  }),
  output: z.object({ credential: z.string(), lifted: z.boolean() }),
});

export const RekeyReport = z.object({
  keyId: z.string(),
  place: z.string(),
  madeKey: z.boolean(),
  entries: z.number(),
  unusedKeys: z.array(z.string()),
  dropped: z.boolean(),
});
export type RekeyReport = z.infer<typeof RekeyReport>;

export const rekeyVault = operation({
  ...writing,
  deadlineMs: null,
  name: 'credentials.rekey',
  summary: 'Bring everything under a new key; can be stopped at any point and called again',
  input: z.object({
    dropOld: z
      .boolean()
      .default(false)
      .meta({ description: 'Take keys that nothing is under any more out of the key file.' }),
  }),
  output: RekeyReport,
});

export const ImportReport = z.object({
  imported: z.array(z.string()),
  unchanged: z.array(z.string()),
  kept: z.array(z.string()),
  missing: z.array(z.string()),
  madeKeyIn,
});
export type ImportReport = z.infer<typeof ImportReport>;

export const importCredentials = operation({
  ...writing,
  name: 'credentials.import',
  summary: 'Take the known secrets of the environment into the vault',
  input: z.object({
    replace: z
      .boolean()
      .default(false)
      .meta({ description: 'Also where the vault holds another value.' }),
  }),
  output: ImportReport,
});
