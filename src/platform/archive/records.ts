import { z } from 'zod';

const count = z.int().min(0);
/** Below the database folder, never out of it. */
const path = z.string().regex(/^(?!\.{1,2}(?:\/|$))[\w.-]+(?:\/(?!\.{1,2}(?:\/|$))[\w.-]+)*$/u);

/** Whose log it is, and where in it. */
const place = {
  /** System identifier of the server, decimal. */
  system: z.string(),
  /** Name of the folder that it was written into. */
  chain: z.string(),
  timeline: count,
  segmentBytes: z.int().min(1),
};

/** A piece of the write-ahead log: one record, and the bytes. */
export const WalRecord = z.object({
  type: z.literal('wal'),
  ...place,
  from: count,
  until: count,
  at: z.iso.datetime(),
  bytes: count,
});
export type WalRecord = z.infer<typeof WalRecord>;

const BaseHead = z.object({
  type: z.literal('base'),
  ...place,
  /** Version of PostgreSQL, for example `18.4`. */
  server: z.string(),
  /** Version of the program that wrote it. */
  program: z.string(),
});
export type BaseHead = z.infer<typeof BaseHead>;

const BaseEnd = z.object({
  type: z.literal('end'),
  from: count,
  until: count,
  at: z.iso.datetime(),
  files: count,
  /** Of all parts. */
  bytes: count,
  /** What `backup_label` has to hold. */
  label: z.string(),
});
export type BaseEnd = z.infer<typeof BaseEnd>;

/** A base: its head, folders and parts of files in their order, its end. */
export const BaseRecord = z.discriminatedUnion('type', [
  BaseHead,
  z.object({ type: z.literal('folder'), path }),
  z.object({ type: z.literal('part'), path, bytes: count }),
  BaseEnd,
]);
export type BaseRecord = z.infer<typeof BaseRecord>;
