import { type Generated, type Kysely, sql } from 'kysely';
import { messageOf } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import { idOf } from '../../lib/hash.ts';
import type { Log } from '../../lib/log.ts';
import { advisoryKey } from '../database/advisory-locks.ts';
import type { Database } from '../database/database.ts';
import type { Migration } from '../database/migrate.ts';
import type { AlertKind, Condition } from './rules.ts';

export type AlertState = 'pending' | 'firing' | 'resolved';

export interface Alert {
  readonly id: string;
  readonly kind: AlertKind;
  readonly subject: string;
  readonly severity: Condition['severity'];
  readonly state: AlertState;
  readonly text: string;
  readonly next: string;
  readonly since: Date;
  readonly resolved_at: Date | null;
  readonly resolved_by: string | null;
}

/** An alert with the silence over it that lasts longest, if any. */
export interface ListedAlert extends Alert {
  readonly silenced_until: Date | null;
  readonly silenced_by: string | null;
}

/** Tells nobody of what it names until then, whether that stands already or begins later. */
export interface Silence {
  readonly id: string;
  /** Null for alerts of every kind. */
  readonly kind: AlertKind | null;
  /** Null for every subject of the kind. */
  readonly subject: string | null;
  readonly since: Date;
  readonly until: Date;
  readonly made_by: string;
  readonly reason: string | null;
}

interface AlertTables {
  readonly alerts: Alert & {
    /** What people were told of it last; null: nothing. */
    readonly told: 'firing' | 'resolved' | null;
  };
  readonly alert_silences: Silence;
  readonly alert_deliveries: {
    readonly id: string;
    readonly alert_id: string;
    readonly sink: string;
    readonly body: string;
    readonly attempts: number;
    readonly due_at: Date;
    readonly problem: string | null;
    /** In the order in which they were written. */
    readonly place: Generated<number>;
  };
}

/** What was told and to whom it is still to be told. */
export const alertMigrations: readonly Migration[] = [
  {
    id: 'alerts-0001-tables',
    up: async (db) => {
      await sql`create table alerts (
        id text primary key,
        kind text not null,
        subject text not null,
        severity text not null,
        state text not null check (state in ('pending', 'firing', 'resolved')),
        text text not null,
        next text not null,
        since timestamptz(3) not null,
        resolved_at timestamptz(3),
        resolved_by text,
        silenced_until timestamptz(3),
        silenced_by text
      )`.execute(db);
      await sql`create table alert_deliveries (
        id text primary key,
        alert_id text not null references alerts on delete cascade,
        sink text not null,
        body text not null,
        attempts integer not null default 0,
        due_at timestamptz(3) not null,
        problem text
      )`.execute(db);
    },
  },
  {
    id: 'alerts-0002-order',
    up: async (db) => {
      await sql`alter table alert_deliveries add column place bigint generated always as identity`.execute(
        db,
      );
    },
  },
  {
    id: 'alerts-0003-silences',
    up: async (db) => {
      await sql`create table alert_silences (
        id text primary key,
        kind text,
        subject text,
        since timestamptz(3) not null,
        until timestamptz(3) not null,
        made_by text not null,
        reason text
      )`.execute(db);
      await sql`insert into alert_silences (id, kind, subject, since, until, made_by)
        select distinct on (kind, subject) id, kind, subject, since, silenced_until,
          coalesce(silenced_by, 'unknown')
        from alerts where silenced_until > now()
        order by kind, subject, silenced_until desc`.execute(db);
      await sql`alter table alerts add column told text check (told in ('firing', 'resolved'))`.execute(
        db,
      );
      await sql`update alerts set told = state where state <> 'pending'`.execute(db);
      await sql`alter table alerts drop column silenced_until, drop column silenced_by`.execute(db);
    },
  },
];

/** What is told: the alert, and whether it began or ended. */
export interface Told
  extends Pick<Alert, 'id' | 'kind' | 'subject' | 'severity' | 'text' | 'next'> {
  readonly event: 'firing' | 'resolved';
}

/** Where alerts are told; `send` throws when the message did not arrive. */
export interface Sink {
  readonly name: string;
  /** `body` is what `write` made; it may come more than once. */
  send(body: string): Promise<void>;
  /** What waits in the database until it arrived. */
  write(told: Told): string;
}

export interface Alerts {
  /**
   * Takes over what is not well now, in one process at a time; tells what began and what ended, each once. False when
   * another process was at it, and nothing was taken over.
   */
  observe(conditions: readonly Condition[]): Promise<boolean>;
  /** Sends what is due; what does not arrive is tried again, later and later. Answers how many arrived. */
  deliver(): Promise<number>;
  /** The newest first; with `all` also those that ended within 30 days. */
  list(all: boolean): Promise<readonly ListedAlert[]>;
  /** Tells nobody of what it names until then; what still fires then is told, and what ended meanwhile as well. */
  silence(silence: Omit<Silence, 'id' | 'since'>): Promise<Silence>;
  /** Those that last, the newest first. */
  silences(): Promise<readonly Silence[]>;
  /** Ends a silence now; null when there is none of this id that lasts. */
  endSilence(id: string): Promise<Silence | null>;
  /** A person says that it is over; it comes back as new when it is not. */
  resolve(id: string, by: string): Promise<Alert | null>;
}

const keptMs = 30 * 86_400_000;
const longestWaitMs = 3_600_000;

export function createAlerts(
  database: Pick<Database, 'kysely'>,
  deps: {
    readonly clock: Pick<Clock, 'now'>;
    readonly log: Log;
    readonly sinks: () => readonly Sink[];
  },
): Alerts {
  const db = database.kysely<AlertTables>();
  const { clock } = deps;
  const change = async (id: string, values: Partial<Alert>): Promise<Alert | null> =>
    (await db
      .updateTable('alerts')
      .set(values)
      .where('id', '=', id)
      .where('state', '<>', 'resolved')
      .returningAll()
      .executeTakeFirst()) ?? null;
  return {
    observe: async (conditions) =>
      await db.transaction().execute(async (open) => {
        const lock = await sql<{ got: boolean }>`
          select pg_try_advisory_xact_lock(${advisoryKey('alerts')}) as got`.execute(open);
        if (lock.rows[0]?.got !== true) return false;
        await takeOver(open, conditions, clock.now(), deps);
        return true;
      }),
    deliver: async () => await deliverDue(db, clock.now(), deps),
    list: async (all) => {
      let rows = db.selectFrom('alerts').selectAll();
      if (!all) rows = rows.where('state', '<>', 'resolved');
      const found = await rows.orderBy('since', 'desc').limit(500).execute();
      const lasting = await lastingSilences(db, clock.now());
      return found.map(({ told: _told, ...alert }) => {
        const over = silenceOver(alert, lasting);
        return {
          ...alert,
          silenced_until: over?.until ?? null,
          silenced_by: over?.made_by ?? null,
        };
      });
    },
    silence: async (asked) => {
      const since = clock.now();
      const named = [asked.kind ?? '', asked.subject ?? '', asked.made_by];
      const id = idOf('silence', ...named, since.toISOString()).slice(0, 12);
      const silence = { ...asked, id, since };
      await db
        .insertInto('alert_silences')
        .values(silence)
        .onConflict((conflict) => conflict.column('id').doUpdateSet({ until: asked.until }))
        .execute();
      return silence;
    },
    silences: async () => await lastingSilences(db, clock.now()),
    endSilence: async (id) =>
      (await db
        .updateTable('alert_silences')
        .set({ until: clock.now() })
        .where('id', '=', id)
        .where('until', '>', clock.now())
        .returningAll()
        .executeTakeFirst()) ?? null,
    resolve: async (id, by) =>
      await change(id, { state: 'resolved', resolved_at: clock.now(), resolved_by: by }),
  };
}

async function takeOver(
  open: Kysely<AlertTables>,
  conditions: readonly Condition[],
  now: Date,
  deps: { readonly log: Log; readonly sinks: () => readonly Sink[] },
): Promise<void> {
  const standing = await open
    .selectFrom('alerts')
    .selectAll()
    .where('state', '<>', 'resolved')
    .execute();
  const known = new Map(standing.map((alert) => [keyOf(alert), alert]));
  const seen = new Set<string>();
  for (const one of conditions) {
    if (seen.has(keyOf(one))) continue;
    seen.add(keyOf(one));
    const { kind, subject, severity, text, next } = one;
    const before = known.get(keyOf(one));
    const since = before?.since ?? now;
    const lasts = now.getTime() - since.getTime() >= one.forMs;
    const state = before?.state === 'firing' || lasts ? 'firing' : 'pending';
    const id = before?.id ?? idOf('alert', kind, subject, now.toISOString()).slice(0, 12);
    const row = { kind, subject, severity, text, next, state, since } as const;
    await (before === undefined
      ? open
          .insertInto('alerts')
          .values({ id, ...row, resolved_at: null, resolved_by: null, told: null })
          .execute()
      : open.updateTable('alerts').set(row).where('id', '=', id).execute());
    if (state === 'firing' && before?.state !== 'firing') note({ id, ...row }, 'firing', deps.log);
  }
  for (const alert of standing) {
    if (seen.has(keyOf(alert))) continue;
    const ended = { state: 'resolved', resolved_at: now } as const;
    await open.updateTable('alerts').set(ended).where('id', '=', alert.id).execute();
    if (alert.state === 'firing') note(alert, 'resolved', deps.log);
  }
  await tellAll(open, now, deps.sinks());
  const old = new Date(now.getTime() - keptMs);
  await open.deleteFrom('alerts').where('resolved_at', '<', old).execute();
  await open.deleteFrom('alert_silences').where('until', '<', old).execute();
}

async function lastingSilences(db: Kysely<AlertTables>, now: Date): Promise<readonly Silence[]> {
  return await db
    .selectFrom('alert_silences')
    .selectAll()
    .where('until', '>', now)
    .orderBy('since', 'desc')
    .limit(500)
    .execute();
}

/** Of the silences that name the alert the one that lasts longest. */
function silenceOver(
  { kind, subject }: Pick<Alert, 'kind' | 'subject'>,
  silences: readonly Silence[],
): Silence | undefined {
  return silences
    .filter(
      (one) =>
        (one.kind === null || one.kind === kind) &&
        (one.subject === null || one.subject === subject),
    )
    .toSorted((one, other) => other.until.getTime() - one.until.getTime())[0];
}

function keyOf({ kind, subject }: Pick<Alert, 'kind' | 'subject'>): string {
  return `${kind} ${subject}`;
}

/** The log hears of every alert when it begins and ends, whoever is told. */
function note(
  { id, kind, subject, severity, text, next }: Omit<Told, 'event'>,
  event: Told['event'],
  log: Log,
): void {
  const facts = { alert: id, kind, subject, severity, event, category: 'security', text, next };
  if (event === 'firing') log.error(facts, 'an alert began');
  else log.warn(facts, 'an alert ended');
}

/**
 * Queues what people have not been told yet, with the change itself, so that a kill between the two loses nothing. Under a
 * silence it waits: what fires when the silence ends is told then, what came and went under it never.
 */
async function tellAll(
  open: Kysely<AlertTables>,
  now: Date,
  sinks: readonly Sink[],
): Promise<void> {
  const news = await open
    .selectFrom('alerts')
    .selectAll()
    .where((row) =>
      row.or([
        row.and([row('state', '=', 'firing'), row('told', 'is', null)]),
        row.and([row('state', '=', 'resolved'), row('told', '=', 'firing')]),
      ]),
    )
    .orderBy('since')
    .execute();
  if (news.length === 0) return;
  const lasting = await lastingSilences(open, now);
  for (const alert of news) {
    if (silenceOver(alert, lasting) !== undefined) continue;
    const event = alert.state === 'firing' ? 'firing' : 'resolved';
    await tell(open, { ...alert, event }, now, sinks);
    await open.updateTable('alerts').set({ told: event }).where('id', '=', alert.id).execute();
  }
}

async function tell(
  open: Kysely<AlertTables>,
  { id, kind, subject, severity, text, next, event }: Told,
  now: Date,
  sinks: readonly Sink[],
): Promise<void> {
  const told = { id, kind, subject, severity, text, next, event };
  for (const sink of sinks)
    await open
      .insertInto('alert_deliveries')
      .values({
        id: idOf('delivery', id, event, sink.name),
        alert_id: id,
        sink: sink.name,
        body: sink.write(told),
        attempts: 0,
        due_at: now,
        problem: null,
      })
      .onConflict((conflict) => conflict.column('id').doNothing())
      .execute();
}

/** The body that Slack's incoming webhooks take (docs.slack.dev, "Sending messages using incoming webhooks"). */
export function slackMessage({ kind, subject, severity, text, next, id, event }: Told): string {
  const title = `${event === 'firing' ? severity.toUpperCase() : 'RESOLVED'}: ${kind} (${subject})`;
  const plain = (words: string) => ({ type: 'plain_text', text: words.slice(0, 2900) });
  return JSON.stringify({
    text: `${title} ${text}`,
    blocks: [
      { type: 'header', text: plain(title.slice(0, 150)) },
      { type: 'section', text: plain(event === 'firing' ? `${text}\n${next}` : text) },
      { type: 'context', elements: [plain(`alert ${id}`)] },
    ],
  });
}

async function deliverDue(
  db: Kysely<AlertTables>,
  now: Date,
  { log, sinks }: { readonly log: Log; readonly sinks: () => readonly Sink[] },
): Promise<number> {
  const due = await db
    .selectFrom('alert_deliveries')
    .selectAll()
    .where('due_at', '<=', now)
    // That it ended is never told before that it began.
    .where((row) =>
      row.not(
        row.exists(
          row
            .selectFrom('alert_deliveries as earlier')
            .select('earlier.id')
            .whereRef('earlier.alert_id', '=', 'alert_deliveries.alert_id')
            .whereRef('earlier.sink', '=', 'alert_deliveries.sink')
            .whereRef('earlier.place', '<', 'alert_deliveries.place'),
        ),
      ),
    )
    .orderBy('place')
    .limit(50)
    .execute();
  let arrived = 0;
  for (const { id, sink, body, attempts } of due) {
    const target = sinks().find(({ name }) => name === sink);
    try {
      await target?.send(body);
      await db.deleteFrom('alert_deliveries').where('id', '=', id).execute();
      arrived += 1;
    } catch (error) {
      const waitMs = Math.min(longestWaitMs, 30_000 * 2 ** attempts);
      const later = { attempts: attempts + 1, due_at: new Date(now.getTime() + waitMs) };
      const problem = messageOf(error).slice(0, 500);
      await db
        .updateTable('alert_deliveries')
        .set({ ...later, problem })
        .where('id', '=', id)
        .execute();
      log.warn({ sink, problem, attempts: attempts + 1 }, 'an alert could not be sent yet');
    }
  }
  return arrived;
}
