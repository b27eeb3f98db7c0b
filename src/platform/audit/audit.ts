import { createHmac } from 'node:crypto';
import type { Kysely } from 'kysely';
import { AppError, messageOf } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Database } from '../database/database.ts';
import { createAnchoring } from './anchoring.ts';
import type { AnchorPlace } from './anchors.ts';
import { type AuditEntry, type AuditOutcome, type ChainedEntry, entryFrom } from './audit-entry.ts';
import { auditUnavailable, createBatchWriter } from './batch-writer.ts';
import { bundleLines } from './bundle.ts';
import { createChain, enqueue, type NewEntry } from './chain.ts';
import { declareGap, type GapFacts } from './declare-gap.ts';
import { inspectLog, type LogState } from './inspect-log.ts';
import { type AuditQuery, listEntries, readPeriod } from './list-entries.ts';
import { createOutages, type Outage } from './outage.ts';
import { collectLeaves, type Proofs } from './proofs.ts';
import { type Pruned, pruneLog } from './prune.ts';
import type { Reserve, ReservedEntry } from './reserve.ts';
import type { NoteSigner } from './signed-note.ts';
import { readStatement } from './statement.ts';
import type { AuditTables } from './tables.ts';
import { verifyDatabase } from './verify-database.ts';
import type { LeafReader, Verification } from './verify-log.ts';

export { auditMigrations } from './migrations.ts';

/** Append-only, hash-chained, signed log of who did what. No entry, no action: whatever throws `audit_unavailable` here must not happen. */
export interface Audit {
  /**
   * Says that something begins; resolves with the id for `finish` once it is on disk. With `reducesHarm` it goes to the
   * reserve when the log cannot be written.
   */
  begin(entry: Omit<AuditEntry, 'outcome'>, reducesHarm?: boolean): Promise<string>;
  /** Says how it ended; who and what are those of the beginning. */
  finish(
    id: string,
    outcome: Exclude<AuditOutcome, 'begun'>,
    facts: AuditEntry['facts'],
  ): Promise<void>;
  /**
   * One entry. With the handle of an open transaction of the store it is committed with it, and chained by the next
   * append or read of any process; without one it resolves once it is on disk.
   */
  record(transaction: object | null, entry: AuditEntry): Promise<void>;
  /** Newest first. */
  list(query: AuditQuery): Promise<readonly ChainedEntry[]>;
  /** One entry with the line that is hashed; null when there is none. */
  get(seq: number): Promise<{ readonly entry: ChainedEntry; readonly body: string } | null>;
  /** Oldest first, in pages. */
  period(range: {
    readonly since?: Date;
    readonly until?: Date;
  }): AsyncIterable<readonly { readonly body: string; readonly entry: ChainedEntry }[]>;
  /** Chains what waits and signs what is not signed yet. Throws `audit_unavailable`. */
  checkpoint(): Promise<void>;
  /** Reads the whole log. */
  verify(): Promise<Verification>;
  /** The same, and keeps what proofs are made of. */
  proofs(): Promise<Proofs>;
  /** The whole log with its notes and anchors as JSON lines, for a verifier that is not ours (docs/audit-format.md). */
  bundle(): AsyncIterable<string>;
  /** How the end of the log is: what is signed and what is wrong. It reads only that end. */
  inspect(): Promise<LogState>;
  /** Since when and why this process cannot write; null while it can, as far as it knows. */
  outage(): Outage | null;
  /** After a restore: gives up the entries that the anchors know and the database lost, in a signed record. */
  declareGap(facts: GapFacts): Promise<{ readonly after: number; readonly until: number }>;
  /** Removes entries older than the moment, up to a checkpoint; null when there is nothing to remove. */
  prune(before: Date): Promise<Pruned | null>;
  /** Who signs, as `<name>+<key id>+<base64>`. */
  readonly verifierKey: string;
  /** Signs and anchors what is new, unless this process added nothing. */
  close(): Promise<void>;
}

/** Something about the log itself is wrong; told once each time it changes. */
export interface AuditFault {
  readonly code: string;
  readonly message: string;
}

export interface AuditDeps {
  readonly database: Pick<Database, 'kysely' | 'pool'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly signer: NoteSigner;
  /** Where checkpoints are kept outside the database. */
  readonly anchors: readonly AnchorPlace[];
  /** Of this program. */
  readonly version: string;
  /** Where acts that only reduce harm are kept while the log cannot be written. */
  readonly reserve?: Reserve;
  readonly onFault?: (fault: AuditFault) => void;
  /** Takes secrets out of a text before it is kept. */
  readonly redact?: (text: string) => string;
  /** Makes ids of sessions and tokens unusable; 32 bytes. */
  readonly sessionKey?: Uint8Array;
}

/** What began and has not ended is kept for so many; more is read again. */
const mostUnderWay = 10_000;

export function createAudit(deps: AuditDeps): Audit {
  const { database, clock, signer } = deps;
  const anchors = deps.anchors.filter(({ isWriteOnly }) => isWriteOnly !== true);
  const reserve = deps.reserve ?? noReserve;
  const reserved = new Map<string, Omit<AuditEntry, 'outcome'>>();
  // What this process began, so that its end need not read it again.
  const underWay = new Map<string, ChainedEntry>();
  const db = database.kysely<AuditTables>();
  const chain = createChain({ ...deps, anchors, db });
  const faults = createFaults(deps);
  const anchoring = createAnchoring({
    db,
    verifier: signer,
    anchors: deps.anchors,
    onFault: faults.tell,
  });
  const outages = createOutages(clock, faults.tell);
  let hasAdded = false;
  const append = async (
    entries: readonly NewEntry[],
    isForced?: boolean,
  ): Promise<readonly ChainedEntry[]> => {
    const kept = await reserve.waiting();
    const told = outages.told().map((one) => ({ ...one, entry: clean.entry(one.entry) }));
    hasAdded ||= entries.length + kept.length + told.length > 0;
    const done = await chain
      .append([...told, ...entries], isForced, kept.map(takenOver))
      .catch((cause: unknown) => {
        outages.refused(entries.length, cause);
        throw cause;
      });
    if (told.length > 0) outages.over();
    if (kept.length > 0) await reserve.clear(kept);
    faults.about('log', done.fault);
    if (done.lines.length > 0) anchoring.add(done.lines);
    return done.entries.slice(told.length);
  };
  const writer = createBatchWriter<NewEntry, ChainedEntry>(append);
  const clean = createCleaner(deps);
  const write = async (entry: AuditEntry, begun: number | null): Promise<ChainedEntry> =>
    await writer.write({ at: clock.now(), entry: clean.entry(entry), begun });
  // A log that cannot be written can still be read: what waits is then not in it yet, and `outage` tells why.
  const drainQueue = async (): Promise<void> => {
    const waiting = await db.selectFrom('audit_queue').select('id').limit(1).executeTakeFirst();
    if (waiting !== undefined) await append([]).catch(() => undefined);
  };
  const checkpoint = async (): Promise<void> => {
    try {
      await append([], true);
    } catch (cause) {
      throw auditUnavailable(cause);
    }
    await anchoring.done();
  };
  const verify = async (reader?: LeafReader): Promise<Verification> => {
    await drainQueue();
    await anchoring.done();
    return await verifyDatabase(db, signer, anchors, reader);
  };
  return {
    begin: async (entry, reducesHarm = false) => {
      const begun = { ...entry, outcome: 'begun' } as const;
      try {
        const written = await write(begun, null);
        const id = String(written.seq);
        if (underWay.size < mostUnderWay) underWay.set(id, written);
        return id;
      } catch (cause) {
        if (!reducesHarm) throw cause;
        const kept = { at: clock.now(), entry: clean.entry(begun), begunBy: null };
        const id = await reserve.append(kept).catch(() => {
          throw cause;
        });
        faults.tell({ code: 'audit_reserve_used', message: messageOf(cause) });
        reserved.set(id, entry);
        return id;
      }
    },
    finish: async (id, outcome, facts) => {
      const waits = reserved.get(id);
      if (waits !== undefined) {
        reserved.delete(id);
        const entry = clean.entry({ ...waits, outcome, facts });
        await reserve.append({ at: clock.now(), entry, begunBy: id });
        return;
      }
      const began = underWay.get(id) ?? (await begunAt(db, Number(id)));
      underWay.delete(id);
      // Who and what were cleaned when it began; looked at again is what the caller chose, and what is told now.
      const { event, actor, source, target } = began;
      const correlationId = clean.text(began.correlationId);
      const reason = typeof facts['code'] === 'string' ? clean.text(facts['code']) : null;
      const end = { event, actor, source, target, correlationId, reason, outcome };
      const entry = { ...end, facts: clean.facts(facts) };
      await writer.write({ at: clock.now(), entry, begun: Number(id) });
    },
    record: async (transaction, entry) => {
      if (transaction === null) await write(entry, null);
      else {
        hasAdded = true;
        await leaveIn(transaction, { at: clock.now(), entry: clean.entry(entry) });
      }
    },
    list: async (query) => {
      await drainQueue();
      return await listEntries(db, query);
    },
    get: async (seq) => {
      const row = await bodyAt(db, seq);
      return row === undefined ? null : { entry: entryFrom(row.body), body: row.body };
    },
    period: (range) => readPeriod(db, range),
    checkpoint,
    verify: async () => await verify(),
    proofs: async () => {
      await checkpoint();
      const last = await lastCheckpoint(db, signer);
      const leaves = collectLeaves();
      return leaves.proofs(await verify(leaves), last);
    },
    bundle: () => bundleLines(db, signer, anchors, clock),
    inspect: async () => await inspectLog(db, signer, anchors),
    outage: () => outages.current(),
    declareGap: async (facts) => {
      const { lines, ...gap } = await declareGap({ ...deps, anchors, db, chain }, facts);
      anchoring.add(lines);
      await anchoring.done();
      return gap;
    },
    prune: async (before) => {
      const pruned = await pruneLog({ chain, clock }, before);
      if (pruned === null) return null;
      anchoring.add(pruned.lines);
      await anchoring.done();
      return pruned;
    },
    verifierKey: signer.verifierKey,
    close: async () => {
      // What cannot be signed now is signed by the next process; `append` told why.
      if (hasAdded) await append([], true).catch(() => undefined);
      await anchoring.done();
      await reserve.close();
    },
  };
}

/** Nothing is kept beside the log: what cannot be written is refused. */
const noReserve: Reserve = {
  append: async () => {
    throw auditUnavailable(new Error('there is no reserve'));
  },
  waiting: async () => [],
  clear: async () => undefined,
  close: async () => undefined,
};

function takenOver({ id, at, entry, begunBy }: ReservedEntry): NewEntry {
  const told = { ...entry, facts: { ...entry.facts, keptInReserve: true } };
  const place = { at, entry: told, begun: null, takenFrom: `reserve:${id}` };
  return begunBy === null ? place : { ...place, begunFrom: `reserve:${begunBy}` };
}

interface Faults {
  readonly tell: (fault: AuditFault) => void;
  /** The state of one thing; told when it changed to a fault. */
  readonly about: (what: string, fault: AuditFault | null) => void;
}

function createFaults({ onFault = () => undefined }: AuditDeps): Faults {
  const last = new Map<string, string>();
  return {
    tell: onFault,
    about: (what, fault) => {
      if (fault !== null && last.get(what) !== fault.message) onFault(fault);
      if (fault === null) last.delete(what);
      else last.set(what, fault.message);
    },
  };
}

interface Cleaner {
  readonly entry: (entry: AuditEntry) => AuditEntry;
  readonly text: (text: string) => string;
  readonly facts: (facts: AuditEntry['facts']) => AuditEntry['facts'];
}

/** Secrets are taken out of every text, and a session is told apart from others but cannot be used. */
function createCleaner({ redact = (text) => text, sessionKey }: AuditDeps): Cleaner {
  const cleanValue = (value: unknown): unknown => {
    if (typeof value === 'string') return redact(value);
    if (Array.isArray(value)) return value.map(cleanValue);
    if (value === null || typeof value !== 'object' || value instanceof Date) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => [redact(name), cleanValue(member)]),
    );
  };
  const cleanText = (text: string | null | undefined): string | null =>
    text === null || text === undefined ? null : redact(text);
  const cleanFacts: Cleaner['facts'] = (facts) => cleanValue(facts) as AuditEntry['facts'];
  return {
    text: redact,
    facts: cleanFacts,
    entry: (entry) => {
      const actor: Record<string, unknown> = { ...entry.actor };
      for (const shown of ['session', 'token']) {
        const held = actor[shown];
        if (typeof held !== 'object' || held === null || !('id' in held)) continue;
        actor[shown] =
          sessionKey === undefined
            ? null
            : createHmac('sha256', sessionKey).update(String(held.id)).digest('hex').slice(0, 32);
      }
      return {
        event: redact(entry.event),
        outcome: entry.outcome,
        actor: cleanValue(actor) as AuditEntry['actor'],
        source: cleanText(entry.source),
        target: cleanText(entry.target),
        correlationId: redact(entry.correlationId),
        reason: cleanText(entry.reason),
        before: cleanText(entry.before),
        after: cleanText(entry.after),
        facts: cleanFacts(entry.facts),
      };
    },
  };
}

async function lastCheckpoint(
  db: Kysely<AuditTables>,
  verifier: NoteSigner,
): Promise<{ readonly size: number; readonly note: string } | null> {
  const row = await db
    .selectFrom('audit_checkpoints')
    .select(['size', 'note'])
    .where('kind', '=', 'checkpoint')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row === undefined || readStatement(verifier, row.note) === null ? null : row;
}

async function leaveIn(transaction: object, entry: Pick<NewEntry, 'at' | 'entry'>): Promise<void> {
  try {
    await enqueue(transaction as Kysely<AuditTables>, entry);
  } catch (cause) {
    throw auditUnavailable(cause);
  }
}

async function begunAt(db: Kysely<AuditTables>, seq: number): Promise<ChainedEntry> {
  const row = await readBody(db, seq);
  const entry = row === undefined ? null : entryFrom(row.body);
  if (entry?.outcome === 'begun') return entry;
  throw new AppError({
    kind: 'internal',
    code: 'audit_never_begun',
    message: `The audit has no entry ${seq} that could be finished.`,
    details: { seq },
  });
}

async function readBody(db: Kysely<AuditTables>, seq: number) {
  try {
    return await bodyAt(db, seq);
  } catch (cause) {
    throw auditUnavailable(cause);
  }
}

async function bodyAt(db: Kysely<AuditTables>, seq: number) {
  return await db
    .selectFrom('audit_entries')
    .select('body')
    .where('seq', '=', seq)
    .executeTakeFirst();
}
