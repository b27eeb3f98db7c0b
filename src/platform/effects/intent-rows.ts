import type { Generated, Kysely, RawBuilder, Selectable } from 'kysely';
import { sql } from 'kysely';
import { AppError, type ErrorKind } from '../../lib/app-error.ts';
import { storedJson } from '../../lib/stored-text.ts';
import type { EffectRequestShape, EffectResultShape, Intent, IntentStatus } from './intent.ts';

/** The table of intents as Kysely sees it. */
export interface EffectTables {
  effect_intents: IntentRow;
}

interface IntentRow {
  id: string;
  seq: Generated<number>;
  task_id: string;
  request: unknown;
  status: IntentStatus;
  lease_token: number;
  lease_until: Date | null;
  /** Who took the lease, as the kernel names it; null where nobody can tell. */
  lease_process: string | null;
  sends: number;
  first_empty_look_at: Date | null;
  result: unknown;
  error: unknown;
  created_at: Generated<Date>;
  updated_at: Generated<Date>;
}

/** An intent that this process may work on while the token is the newest. */
export interface ClaimedIntent<Request extends EffectRequestShape> extends Intent<Request> {
  readonly token: number;
  /** Whether it was looked for in vain since the last send, and how long ago. */
  readonly emptyLook: { readonly agoMs: number } | null;
}

const open = sql`status in ('pending', 'sending', 'unknown')`;

/** Writes the intent unless it is there; the first payload stands. */
export async function insertIntent(
  db: Kysely<EffectTables>,
  id: string,
  request: EffectRequestShape,
): Promise<void> {
  await sql`insert into effect_intents (id, task_id, request)
    values (${id}, ${request.taskId}, ${storedJson(request)}::jsonb)
    on conflict (id) do nothing`.execute(db);
}

interface Claim {
  readonly id: string;
  /** Judged, like the time of a look, by the clock of the database. */
  readonly leaseMs: number;
  /** Who takes it. */
  readonly process: string | null;
  /** A process that is known to have ended: what it held is free. */
  readonly from?: string;
}

/** Takes the lease when the intent is open and nobody holds it. */
export async function claimIntent<Request extends EffectRequestShape>(
  db: Kysely<EffectTables>,
  { id, leaseMs, process, from }: Claim,
): Promise<ClaimedIntent<Request> | null> {
  const ofTheDead = from === undefined ? sql`` : sql`or lease_process = ${from}`;
  const { rows } = await sql<Selectable<IntentRow> & { look_ago_ms: number | null }>`
    update effect_intents set
      lease_token = lease_token + 1,
      lease_until = clock_timestamp() + ${interval(leaseMs)},
      lease_process = ${process}
    where id = ${id} and ${open}
      and (lease_until is null or lease_until < clock_timestamp() ${ofTheDead})
    returning *, extract(epoch from clock_timestamp() - first_empty_look_at)::float8 * 1000
      as look_ago_ms`.execute(db);
  const row = rows[0];
  if (row === undefined) return null;
  const emptyLook = row.look_ago_ms === null ? null : { agoMs: row.look_ago_ms };
  return { ...intentOf<Request>(row), token: row.lease_token, emptyLook };
}

/** The process that holds an open intent; null when nobody does or nobody can tell. */
export async function holderOf(db: Kysely<EffectTables>, id: string): Promise<string | null> {
  const { rows } = await sql<{ lease_process: string | null }>`select lease_process
    from effect_intents where id = ${id} and ${open} and lease_until is not null`.execute(db);
  return rows[0]?.lease_process ?? null;
}

/** Extends the lease; false when it is not ours any more. */
export async function renewLease(
  db: Kysely<EffectTables>,
  id: string,
  token: number,
  leaseMs: number,
): Promise<boolean> {
  return await changed(
    db,
    sql`lease_until = clock_timestamp() + ${interval(leaseMs)}`,
    sql`id = ${id} and lease_token = ${token} and lease_until > clock_timestamp()`,
  );
}

/** The last check before the write, by the clock of the database; false when the lease is gone. */
export async function markSending(
  db: Kysely<EffectTables>,
  id: string,
  token: number,
): Promise<boolean> {
  return await changed(
    db,
    sql`status = 'sending', sends = sends + 1, first_empty_look_at = null`,
    sql`id = ${id} and lease_token = ${token} and lease_until > clock_timestamp() and ${open}`,
  );
}

/** Gives the lease back with what was learned: not sent, or perhaps made. */
export async function leaveAs(
  db: Kysely<EffectTables>,
  id: string,
  token: number,
  status: 'pending' | 'unknown',
): Promise<void> {
  const where = sql`id = ${id} and lease_token = ${token} and ${open}`;
  await changed(db, sql`status = ${status}, lease_until = null`, where);
}

/** It is certain that nothing was sent: waiting, however often, does not count as a send. */
export async function leaveUnsent(
  db: Kysely<EffectTables>,
  id: string,
  token: number,
): Promise<void> {
  const where = sql`id = ${id} and lease_token = ${token} and ${open}`;
  const change = sql`status = 'pending', sends = greatest(sends - 1, 0), lease_until = null`;
  await changed(db, change, where);
}

/** Gives the lease back and remembers when it was first looked for in vain. */
export async function leaveAfterEmptyLook(
  db: Kysely<EffectTables>,
  id: string,
  token: number,
): Promise<void> {
  await changed(
    db,
    sql`status = 'unknown', lease_until = null,
      first_empty_look_at = coalesce(first_empty_look_at, clock_timestamp())`,
    sql`id = ${id} and lease_token = ${token} and ${open}`,
  );
}

/** Gives the lease back; nothing was learned. */
export async function releaseLease(
  db: Kysely<EffectTables>,
  id: string,
  token: number,
): Promise<void> {
  await changed(db, sql`lease_until = null`, sql`id = ${id} and lease_token = ${token}`);
}

/** Notes what was made. The proof counts whoever holds the lease, and takes it from them. */
export async function finishIntent(
  db: Kysely<EffectTables>,
  id: string,
  result: EffectResultShape,
): Promise<void> {
  await changed(
    db,
    sql`status = 'done', result = ${storedJson(result)}::jsonb,
      lease_token = lease_token + 1, lease_until = null`,
    sql`id = ${id} and ${open}`,
  );
}

/** Notes that the host refused for good. */
export async function failIntent(
  db: Kysely<EffectTables>,
  id: string,
  token: number,
  error: AppError,
): Promise<void> {
  const { kind, code, message, next, details } = error;
  await changed(
    db,
    sql`status = 'failed', error = ${storedJson({ kind, code, message, next, details })}::jsonb, lease_until = null`,
    sql`id = ${id} and lease_token = ${token} and ${open}`,
  );
}

/** Ends the open intents of an attempt that no sender holds. */
export async function withdrawIntents(
  db: Kysely<EffectTables>,
  { taskId, attempt }: { readonly taskId: string; readonly attempt: number },
): Promise<number> {
  const error = {
    kind: 'conflict',
    code: 'effect_withdrawn',
    message: 'What was to be written was lost with the machine that had it; the work began again.',
    details: {},
  };
  const result = await sql`update effect_intents set status = 'failed', lease_until = null,
      lease_token = lease_token + 1, error = ${storedJson(error)}::jsonb, updated_at = clock_timestamp()
    where task_id = ${taskId} and (request->>'attempt')::int = ${attempt} and ${open}
      and (lease_until is null or lease_until < clock_timestamp())`.execute(db);
  return Number(result.numAffectedRows ?? 0n);
}

/** Notes that a person removed what the task had made by one kind of write. */
export async function removedIntents(
  db: Kysely<EffectTables>,
  { taskId, kind }: { readonly taskId: string; readonly kind: string },
): Promise<number> {
  const result = await sql`update effect_intents
    set status = 'removed_by_human', updated_at = clock_timestamp()
    where task_id = ${taskId} and request->>'kind' = ${kind} and status = 'done'`.execute(db);
  return Number(result.numAffectedRows ?? 0n);
}

/** Moves an intent between final states, or back to the start; false when it was in another state. */
export async function moveIntent(
  db: Kysely<EffectTables>,
  id: string,
  from: IntentStatus,
  to: IntentStatus,
): Promise<boolean> {
  const where = sql`id = ${id} and status = ${from}`;
  return await changed(db, sql`status = ${to}, sends = 0, first_empty_look_at = null`, where);
}

/** The intent as it stands, with the error that ended it. */
export async function readIntent<Request extends EffectRequestShape>(
  db: Kysely<EffectTables>,
  id: string,
): Promise<{ readonly intent: Intent<Request>; readonly error: AppError | null } | null> {
  const row = await db
    .selectFrom('effect_intents')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst();
  if (row === undefined) return null;
  return { intent: intentOf(row), error: row.error === null ? null : errorOf(row.error, row) };
}

/** Open intents in the order in which they were decided, also those in the hands of a sender: what follows waits for them. */
export async function openIntents(
  db: Kysely<EffectTables>,
): Promise<readonly { readonly id: string; readonly task_id: string }[]> {
  const { rows } = await sql<{ id: string; task_id: string }>`
    select id, task_id from effect_intents
    where ${open} order by seq`.execute(db);
  return rows;
}

/** Every intent of a task in the order in which they were decided, with the error of a failed one. */
export async function intentsOfTask<Request extends EffectRequestShape>(
  db: Kysely<EffectTables>,
  taskId: string,
): Promise<readonly { readonly intent: Intent<Request>; readonly error: AppError | null }[]> {
  const rows = await db
    .selectFrom('effect_intents')
    .selectAll()
    .where('task_id', '=', taskId)
    .orderBy('seq')
    .execute();
  return rows.map((row) => ({
    intent: intentOf(row),
    error: row.error === null ? null : errorOf(row.error, row),
  }));
}

async function changed(
  db: Kysely<EffectTables>,
  set: RawBuilder<unknown>,
  where: RawBuilder<unknown>,
): Promise<boolean> {
  const result =
    await sql`update effect_intents set ${set}, updated_at = clock_timestamp() where ${where}`.execute(
      db,
    );
  return (result.numAffectedRows ?? 0n) > 0n;
}

function interval(ms: number): RawBuilder<unknown> {
  return sql`make_interval(secs => ${ms}::float8 / 1000)`;
}

function intentOf<Request extends EffectRequestShape>(row: Selectable<IntentRow>): Intent<Request> {
  return {
    id: row.id,
    request: row.request as Request,
    status: row.status,
    sends: row.sends,
    result: row.result as EffectResultShape | null,
    createdAt: row.created_at,
  };
}

function errorOf(stored: unknown, row: Selectable<IntentRow>): AppError {
  const { kind, code, message, next, details } = stored as {
    kind: ErrorKind;
    code: string;
    message: string;
    next?: string;
    details: Record<string, unknown>;
  };
  return new AppError({ kind, code, message, next, details: { ...details, intentId: row.id } });
}
