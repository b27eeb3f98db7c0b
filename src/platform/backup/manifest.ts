import { z } from 'zod';

/** Whose schema a table is in: ours, or that of the durable engine. */
const area = z.enum(['own', 'engine']);
export type Area = z.infer<typeof area>;

const name = z.string().min(1);
const count = z.int().min(0);

const TableHead = z.object({
  type: z.literal('table'),
  area,
  name,
  /** In the order of the rows that follow; generated columns are not among them. */
  columns: z.array(name),
});
export type TableHead = z.infer<typeof TableHead>;

const TableEnd = z.object({
  type: z.literal('end'),
  area,
  name,
  rows: count,
  /** Of the rows as COPY writes them, before compression. */
  bytes: count,
  sha256: z.string().regex(/^[0-9a-f]{64}$/u),
});
export type TableEnd = z.infer<typeof TableEnd>;

const Sequence = z.object({
  area,
  name,
  value: z.string().regex(/^-?\d+$/u),
  isCalled: z.boolean(),
});
export type Sequence = z.infer<typeof Sequence>;

const BackupManifest = z.object({
  type: z.literal('manifest'),
  /** When the snapshot was taken, by the clock of the service, RFC 3339. */
  createdAt: z.iso.datetime(),
  /** Version of the program that wrote it. */
  program: z.string(),
  /** Version of PostgreSQL, for example `18.4`. */
  server: z.string(),
  kind: z.enum(['embedded', 'external']),
  /** Every change of our schema that the tables have, in no order. */
  migrations: z.array(name),
  /** Of the engine's schema; null when the engine was never launched. */
  engineVersion: z.int().nullable(),
  tables: z.array(TableEnd.omit({ type: true })),
  sequences: z.array(Sequence),
});
export type BackupManifest = z.infer<typeof BackupManifest>;

/** A record of the body: a line of JSON; `rows` is followed by so many bytes. */
export const BackupRecord = z.discriminatedUnion('type', [
  TableHead,
  z.object({ type: z.literal('rows'), bytes: z.int().min(1) }),
  TableEnd,
  BackupManifest,
]);
export type BackupRecord = z.infer<typeof BackupRecord>;
