import { hash } from 'node:crypto';
import { canonicalJson } from '../../lib/json.ts';
import { storedJson } from '../../lib/stored-text.ts';

export type AuditOutcome = 'begun' | 'ok' | 'refused' | 'failed';

/** Who did it; more members say more about them. Ids of sessions and tokens are kept only as an HMAC. */
export interface AuditActor {
  readonly kind: string;
  readonly name: string;
  /** How they showed who they are; when it is not said, what their kind says of it. */
  readonly authentication?: string;
}

/** What each kind of actor shows who they are by, unless the actor says how. */
const authenticationOfKind: ReadonlyMap<string, string> = new Map([
  ['system', 'service'],
  ['command_line', 'operating_system'],
  ['token', 'token'],
  ['host_user', 'code_host'],
  ['anonymous', 'none'],
  // Nobody signed in: a program that embeds us names its user.
  ['user', 'program'],
]);

/** What is told to the audit; never a secret. */
export interface AuditEntry {
  /** For example `tasks.approve`. */
  readonly event: string;
  readonly outcome: AuditOutcome;
  readonly actor: AuditActor;
  /** Network address from which it was asked, or `local`; null for the service's own work. */
  readonly source?: string | null;
  readonly target: string | null;
  readonly correlationId: string;
  /** Why, in the words of whoever did it, or the code of a refusal. */
  readonly reason?: string | null;
  /** Of a change: SHA-256 (hex) of what was there before and of what is there now. */
  readonly before?: string | null;
  readonly after?: string | null;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** An entry in its place in the log, without the hash that follows from it. */
export interface PlacedEntry extends Required<AuditEntry> {
  /** 1-based, without gaps. */
  readonly seq: number;
  readonly at: Date;
  /** Of an entry that tells how something ended: the `seq` at which it began. */
  readonly begun: number | null;
  /** Version of the program that wrote it; null in logs that are older than this member. */
  readonly version: string | null;
  /** Hash of the entry before; 64 zeros for the first. */
  readonly previousHash: string;
}

/** An entry of the log as it was read. */
export interface ChainedEntry extends PlacedEntry {
  readonly hash: string;
}

/** What stands before the first entry. */
export const chainStart = { seq: 0, hash: '0'.repeat(64) } as const;

/**
 * The one line that is hashed, kept and exported: canonical JSON (keys in code-unit order, no white space) of all members,
 * with `at` as RFC 3339 in UTC with milliseconds; whatever a terminal or a line reader could take for a sign is escaped.
 */
export function bodyOf(entry: PlacedEntry): string {
  let line = '';
  for (const name of members) {
    const member = entry[name];
    // Logs begun by the first version lack some.
    if (member !== undefined)
      line += `${line === '' ? '{' : ','}"${name}":${canonicalJson(member)}`;
  }
  return `${line}}`.replace(
    /[\u007f-\u009f\u2028\u2029\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** In code-unit order. */
const members = [
  'actor',
  'after',
  'at',
  'before',
  'begun',
  'correlationId',
  'event',
  'facts',
  'outcome',
  'previousHash',
  'reason',
  'seq',
  'source',
  'target',
  'version',
] as const satisfies readonly (keyof PlacedEntry)[];

/** SHA-256 of the line (UTF-8), lower-case hex. */
export function hashOf(body: string): string {
  return hash('sha256', body, 'hex');
}

/** Members that the first logs did not have. */
type LaterMember = 'source' | 'reason' | 'before' | 'after' | 'version';

/** Reads a line back. Throws SyntaxError when it is no JSON. */
export function entryFrom(body: string): ChainedEntry {
  const told = JSON.parse(body) as Omit<ChainedEntry, 'at' | 'hash' | LaterMember> &
    Partial<Pick<ChainedEntry, LaterMember>> & { readonly at: string };
  const { source = null, reason = null, before = null, after = null, version = null } = told;
  const later = { source, reason, before, after, version };
  return { ...told, ...later, at: new Date(told.at), hash: hashOf(body) };
}

/** The entry as it is kept: without what JSON and PostgreSQL cannot hold. */
export function asStored(entry: AuditEntry): Required<AuditEntry> {
  const { event, outcome, source = null, target, correlationId, reason = null } = entry;
  const { before = null, after = null, facts } = entry;
  const authentication = authenticationOfKind.get(entry.actor.kind) ?? 'unknown';
  const actor = { authentication, ...entry.actor };
  const told = { event, outcome, actor, source, target, correlationId, reason };
  const stored = { ...told, before, after, facts };
  if (isAsStored(stored)) return stored;
  return JSON.parse(storedJson(stored)) as Required<AuditEntry>;
}

/** Whether it is what would be read back after it was kept as JSON: most entries are texts and numbers. */
function isAsStored(value: unknown): boolean {
  switch (typeof value) {
    case 'string':
      return value.isWellFormed() && !value.includes('\0');
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0);
    case 'boolean':
      return true;
    case 'object':
      return value === null || areAsStored(value);
    default:
      return false;
  }
}

function areAsStored(value: object): boolean {
  if (Array.isArray(value)) {
    // One by one, because a place that was left out is a value there too.
    for (let at = 0; at < value.length; at += 1) if (!isAsStored(value[at])) return false;
    return Object.keys(value).length === value.length && !('toJSON' in value);
  }
  if (Object.getPrototypeOf(value) !== Object.prototype || 'toJSON' in value) return false;
  for (const name of Object.keys(value))
    if (!isAsStored(name) || !isAsStored((value as Record<string, unknown>)[name])) return false;
  return true;
}
