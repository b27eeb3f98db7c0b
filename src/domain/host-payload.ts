import { z } from 'zod';
import { AppError } from '../lib/app-error.ts';
import type { HostWrite } from './ports/code-host.ts';

const number = z.int().positive();
const sha = z.string().regex(/^[0-9a-f]{40}([0-9a-f]{24})?$/u);

const payloads = {
  create_issue: z.object({
    title: z.string().min(1),
    body: z.string(),
    labels: z.array(z.string()).default([]),
  }),
  update_issue: z.object({
    number,
    title: z.string().min(1).optional(),
    body: z.string().optional(),
  }),
  set_issue_state: z.object({
    number,
    state: z.enum(['open', 'closed']),
    reason: z.enum(['completed', 'not_planned']).optional(),
  }),
  comment: z.object({ number, body: z.string() }),
  add_label: z.object({ number, labels: z.array(z.string()) }),
  remove_label: z.object({ number, label: z.string() }),
  push_branch: z.object({
    branch: z.string().min(1),
    sha,
    /** Old value for the lease; null: the branch must be new. */
    expected: sha.nullable(),
    gitDir: z.string().min(1),
  }),
  open_pull_request: z.object({
    title: z.string().min(1),
    body: z.string(),
    head: z.string().min(1),
    base: z.string().min(1),
    draft: z.boolean().default(true),
  }),
  rerun_checks: z.object({ run: z.string().regex(/^\d+$/u) }),
  reply_to_remark: z.object({ number, thread: number, body: z.string() }),
  resolve_thread: z.object({ number, thread: number }),
} as const;

type Payloads = typeof payloads;

/** The payload of one kind of write, as every code host reads it (src/domain/ports/code-host.ts). */
export type HostPayload<Kind extends keyof Payloads> = z.infer<Payloads[Kind]>;

/** A write with its payload read, one member for each kind. */
export type ReadWrite = {
  [Kind in keyof Payloads]: { readonly kind: Kind; readonly payload: HostPayload<Kind> };
}[keyof Payloads];

/** Reads the payload of a write; AppError `internal` code `write_payload` when the caller built it wrongly. */
export function readWrite(write: HostWrite): ReadWrite {
  const read = payloads[write.kind].safeParse(write.payload);
  if (read.success) return { kind: write.kind, payload: read.data } as ReadWrite;
  throw new AppError({
    kind: 'internal',
    code: 'write_payload',
    message: `The payload of ${write.kind} is not readable: ${z.prettifyError(read.error)}`,
  });
}
