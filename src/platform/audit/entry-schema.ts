import { z } from 'zod';

const text = z.string();
const named = text.min(1);
const sha256 = z.string().regex(/^[\da-f]{64}$/u);
const position = z.number().int().min(1);
/** 128 bits of an HMAC-SHA-256 under a key of the service, hex; null where the log has no such key. */
const hiddenId = z
  .string()
  .regex(/^[\da-f]{32}$/u)
  .nullable();

/** How an actor showed who they are; docs/audit-format.md says what each means. */
const authentications = [
  'service',
  'operating_system',
  'loopback',
  'password',
  'password+totp',
  'password+recovery',
  'passkey',
  'bootstrap',
  'token',
  'code_host',
  'program',
  'none',
  'unknown',
] as const;

const actor = z
  .looseObject({
    kind: named,
    name: text,
    authentication: z.enum(authentications),
    session: hiddenId.optional(),
    token: hiddenId.optional(),
  })
  .meta({ description: 'Who did it; more members by kind.' });

const entry = z.strictObject({
  seq: position.meta({ description: 'Place in the log, from 1, without gaps.' }),
  at: z
    .string()
    .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/u)
    .meta({ description: 'RFC 3339, UTC, milliseconds.' }),
  event: named.meta({ description: 'Name of the operation, or of what the service did.' }),
  outcome: z.enum(['begun', 'ok', 'refused', 'failed']),
  actor,
  source: text
    .nullable()
    .meta({ description: "Network address, or `local`; null for the service's own work." }),
  target: text.nullable().meta({ description: 'What it was done to.' }),
  correlationId: named.meta({ description: 'The unit of work.' }),
  reason: text.nullable().meta({ description: 'Why; of a refusal its code.' }),
  before: sha256.nullable().meta({ description: 'SHA-256 of what was there.' }),
  after: sha256.nullable().meta({ description: 'SHA-256 of what is there.' }),
  facts: z.record(text, z.unknown()).meta({ description: 'More, by event.' }),
  begun: position.nullable().meta({ description: 'Of an end: the `seq` of its beginning.' }),
  version: named.nullable().meta({ description: 'Of the program that wrote it.' }),
  previousHash: sha256.meta({ description: 'Hash of the entry before; of the first, zeros.' }),
});

/** What the first entries of a log begun by an earlier version may lack. */
const earlier = entry
  .partial({ source: true, reason: true, before: true, after: true, version: true })
  .extend({ actor: actor.partial({ authentication: true }) });

/**
 * JSON Schema (draft 2020-12) of an entry as it is written now; `$defs.earlier` is that of entries which earlier versions
 * left in a log.
 */
export function auditEntryJsonSchema(): object {
  const { $schema, ...told } = z.toJSONSchema(entry);
  const { $schema: _, ...old } = z.toJSONSchema(earlier);
  return {
    $schema,
    title: 'An entry of the audit log',
    description:
      'One line of `audit export`, and the member `body` of a bundle. See audit-format.md.',
    ...told,
    $defs: { earlier: { title: 'An entry of an earlier version', ...old } },
  };
}
