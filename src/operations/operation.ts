import type { z } from 'zod';

/** What an operation may touch; roles are sets of these (permissions.ts). */
export type Permission =
  | 'tasks:read'
  | 'tasks:write'
  | 'tasks:approve'
  | 'issues:write'
  | 'repo:read'
  | 'repo:write'
  | 'scans:run'
  | 'service:run'
  | 'config:read'
  | 'config:write'
  | 'health:read'
  | 'metrics:read'
  | 'alerts:write'
  | 'audit:read'
  | 'security:read'
  | 'security:write'
  | 'account:own'
  | 'account:enroll'
  | 'users:manage'
  | 'credentials:manage'
  | 'backup:run';

export type Door = 'cli' | 'http' | 'mcp' | 'library';

/** How much must be built to serve it: each level includes the ones before. */
export type Needs = 'nothing' | 'config' | 'store' | 'engine';

/** What is said of an operation beside its schemas. */
interface Described {
  /** `<noun>.<verb>`. */
  readonly name: string;
  /** One line for `--help` and the reference. */
  readonly summary: string;
  /** `public` = whoever can start the program: it reads only what the caller names and could read anyway. */
  readonly permission: Permission | 'public';
  readonly effect: 'read' | 'write' | 'admin';
  readonly kind: 'call' | 'job' | 'stream';
  readonly needs: Needs;
  readonly doors: readonly Door[];
  /** Milliseconds until the handler is given up; null for work that lasts as long as it lasts. */
  readonly deadlineMs: number | null;
  /** Acts that only reduce harm (cancel, pause, stop) run even when the audit log cannot be written. */
  readonly reducesHarm?: boolean;
  /** Acts that change who may do what, or that cannot be taken back, ask a signed-in person to prove again who they are. */
  readonly dangerous?: boolean;
  /** Members of the answer that are secrets, which go out once and stand nowhere else. */
  readonly shows?: readonly string[];
  /** Where it lies in the REST API, below /api/v1, when its name says it badly; `{member}` takes a member of the input. */
  readonly http?: { readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE'; readonly path?: string };
}

/** Any schema; of Zod's types the one without methods: comparing those took the compiler most of its time. */
export type Schema<T = unknown> = z.core.$ZodType<T>;

/** One thing that can be asked of the system, declared once. Doors, documents and tests are made from it. */
export interface Contract<I = unknown, O = unknown> extends Described {
  readonly input: Schema<I>;
  readonly output: Schema<O>;
}

/** A contract that still knows its schemas, so that a caller may leave out what has a default. */
export interface Declared<In extends Schema, Out extends Schema> extends Described {
  readonly input: In;
  readonly output: Out;
}

/** Declares an operation and keeps the types of its schemas. */
export function operation<In extends Schema, Out extends Schema>(
  contract: Declared<In, Out>,
): Declared<In, Out> {
  return contract;
}
