import { type ChildProcessByStdio, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestAudit, type TestAudit } from '../../../test/support/test-audit.ts';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.ts';
import { systemRandom } from '../../lib/random.ts';
import { migrate } from '../database/migrate.ts';
import { auditMigrations } from './audit.ts';
import { bodyOf, entryFrom, hashOf, type PlacedEntry } from './audit-entry.ts';
import { createNoteSigner } from './signed-note.ts';
import { readStatement, statementText } from './statement.ts';

/** Places a kind of tampering is tried at; AUDIT_TAMPER_PLACES=100 tries as many as the figure asks for. */
const places = Number(process.env['AUDIT_TAMPER_PLACES'] ?? 10);
/** The same for the verifier that is not ours. */
const placesElsewhere = Number(process.env['AUDIT_TAMPER_PLACES'] ?? 2);
const count = 260;
/** Logs that nobody tampered with; AUDIT_CLEAN_LOGS=1000 tries as many as the figure asks for. */
const cleanLogs = Number(process.env['AUDIT_CLEAN_LOGS'] ?? 10);

interface Row {
  seq: number;
  body: string;
  hash: string;
}

interface State {
  rows: Row[];
  notes: string[];
}

let database: TestDatabase;
let log: TestAudit;
let clean: State;
/** As it was when 120 entries were written. */
let old: State;

beforeAll(async () => {
  database = await createTestDatabase();
  await migrate(database, auditMigrations);
  log = await createTestAudit(database);
  for (let n = 0; n < count; ) {
    const batch = Array.from({ length: 20 }, async (_, i) => {
      await log.audit.record(null, {
        event: `something.done${(n + i) % 7}`,
        outcome: 'ok',
        actor: { kind: 'user', name: 'maria' },
        target: `task-${n + i}`,
        correlationId: 'k',
        facts: { n: n + i, text: 'é "quoted" \n line', float: 0.1, big: 1e21 },
      });
    });
    await Promise.all(batch);
    n += 20;
    if (n === 120) {
      await log.audit.checkpoint();
      old = await read();
    }
  }
  await log.audit.checkpoint();
  clean = await read();
});

afterAll(async () => {
  await log.remove();
  await database.drop();
});

/** What somebody with all rights on the database does at entry `k`; answers the first entry that is bad then. */
type Attack = (state: State, k: number) => number;

const attacks: Readonly<Record<string, Attack>> = {
  'a flipped byte': ({ rows }, k) => {
    const row = at(rows, k);
    const place = 5 + ((k * 7919) % (row.body.length - 10));
    const flipped = String.fromCharCode(row.body.charCodeAt(place) ^ 1);
    row.body = `${row.body.slice(0, place)}${flipped}${row.body.slice(place + 1)}`;
    return k;
  },
  'an edited field with its own hash made new': ({ rows }, k) => {
    edit(at(rows, k), { target: 'another' });
    return k;
  },
  'a removed entry': ({ rows }, k) => {
    rows.splice(k - 1, 1);
    return k;
  },
  'an inserted entry': ({ rows }, k) => {
    const { hash, ...like } = entryFrom(at(rows, k).body);
    expect(hash).toHaveLength(64);
    const body = bodyOf({ ...like, event: 'forged' });
    rows.splice(k - 1, 0, { seq: k, body, hash: hashOf(body) });
    renumber(rows);
    return k;
  },
  'two swapped': ({ rows }, k) => {
    [rows[k - 1], rows[k]] = [at(rows, k + 1), at(rows, k)];
    renumber(rows);
    return k;
  },
  'one doubled': ({ rows }, k) => {
    rows.splice(k, 0, { ...at(rows, k) });
    renumber(rows);
    return k + 1;
  },
  'the end cut off': (state, k) => {
    state.rows = state.rows.slice(0, k);
    return k + 1;
  },
  'the end cut off at a checkpoint, with its notes': (state, k) => {
    const size = sizes(state).findLast((one) => one <= k) ?? at([...sizes(state)], 1);
    state.rows = state.rows.slice(0, size);
    state.notes = state.notes.filter((note) => sizeOf(note) <= size);
    return size + 1;
  },
  'a whole segment dropped': (state, k) => {
    const all = [0, ...sizes(state)];
    const to = all.find((size) => size >= k) ?? count;
    const from = all.findLast((size) => size < to) ?? 0;
    state.rows = state.rows.filter(({ seq }) => seq <= from || seq > to);
    state.notes = state.notes.filter((note) => sizeOf(note) !== to);
    return from + 1;
  },
  'an old copy put back, and gone on with': (state, k) => {
    state.rows = old.rows.map((row) => ({ ...row }));
    state.notes = [...old.notes];
    for (let n = 0; n < k % 60; n += 1) append(state.rows);
    return 121;
  },
  'all made anew from an entry on, without the key': (state, k) => {
    edit(at(state.rows, k), { event: 'rebuilt' });
    relink(state.rows, k);
    state.notes = state.notes.filter((note) => sizeOf(note) < k);
    return k;
  },
  'another time': ({ rows }, k) => {
    const row = at(rows, k);
    row.body = row.body.replace(/"at":"\d{4}/u, '"at":"1999');
    row.hash = hashOf(row.body);
    return k;
  },
  'all made anew and signed with another key': (state, k) => {
    const stranger = createNoteSigner(systemRandom.bytes(32));
    edit(at(state.rows, k), { event: 'rebuilt' });
    relink(state.rows, k);
    state.notes = state.notes.map((note) => {
      const said = readStatement(log.deps.signer, note);
      return said === null ? note : stranger.sign(statementText(stranger.origin, said));
    });
    return k;
  },
};

describe('tampering with the database is found at the entry where it begins', () => {
  it.each(Object.entries(attacks))(
    '%s',
    async (_, attack) => {
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 2, max: count - 2 }), async (k) => {
          const state = copyOf(clean);
          const expected = attack(state, k);
          await write(state);
          const found = await log.audit.verify();
          expect({ k, ok: found.ok, firstBad: found.firstBad }).toEqual({
            k,
            ok: false,
            firstBad: expected,
          });
        }),
        { numRuns: places },
      );
    },
    600_000,
  );

  it('and a clean log is found clean', async () => {
    await write(clean);
    expect(await log.audit.verify()).toMatchObject({ ok: true, entries: count, firstBad: null });
  });

  it('columns that say something else than the entry', async () => {
    for (const change of [
      "event = 'x'",
      "outcome = 'failed'",
      "actor_name = 'x'",
      'begun = 1',
      'target = null',
      "correlation_id = 'x'",
      "at = at + interval '1 ms'",
    ]) {
      await write(clean);
      await tamper(`update audit_entries set ${change} where seq = 77`);
      expect(await log.audit.verify(), change).toMatchObject({ ok: false, firstBad: 77 });
    }
  });
});

/** What happens to a log in its life. */
const happenings = fc.oneof(
  fc.constantFrom('entry', 'act', 'queued', 'crowd', 'checkpoint', 'restart', 'later'),
  fc.constantFrom('entry', 'act'),
);

describe('a log that nobody tampered with', () => {
  it(`raises no alarm, whatever happened to it (${cleanLogs} logs)`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(happenings, { maxLength: 40 }), async (life) => {
        await tamper('truncate audit_entries', 'truncate audit_checkpoints');
        let now = Date.UTC(2026, 0, 1);
        const own = await createTestAudit(database, { now: () => new Date((now += 7)) });
        let { audit } = own;
        const entry = { event: 'e', actor: { kind: 'user', name: 'maria' }, target: null } as const;
        const told = { ...entry, correlationId: 'k', facts: { now } };
        for (const happening of life)
          switch (happening) {
            case 'entry':
              await audit.record(null, { ...told, outcome: 'ok' });
              break;
            case 'act':
              await audit.finish(await audit.begin(told), 'refused', { code: 'no' });
              break;
            case 'queued':
              await database
                .kysely<unknown>()
                .transaction()
                .execute((open) => audit.record(open, { ...told, outcome: 'ok' }));
              break;
            case 'crowd':
              await Promise.all(Array.from({ length: 70 }, () => audit.begin(told)));
              break;
            case 'checkpoint':
              await audit.checkpoint();
              break;
            case 'restart':
              await audit.close();
              audit = own.again();
              break;
            case 'later':
              now += 86_400_000;
              await audit.prune(new Date(now - 3_600_000));
          }
        const found = await audit.verify();
        await own.remove();
        expect(found).toMatchObject({ ok: true, firstBad: null, why: null });
      }),
      { numRuns: cleanLogs },
    );
  }, 600_000);
});

const run = promisify(execFile);
const python = await run('python3', ['-c', 'print(1)']).then(
  () => true,
  () => false,
);
const program = new URL('../../../test/independent/verify_audit.py', import.meta.url).pathname;
const often = new URL('../../../test/independent/verify_many.py', import.meta.url).pathname;

interface Answer {
  readonly ok: boolean;
  readonly firstBad: number | null;
}

describe.runIf(python)('a verifier that is not ours', () => {
  let asked: ChildProcessByStdio<Writable, Readable, null>;
  let answers: AsyncIterator<string>;

  beforeAll(() => {
    asked = spawn('python3', [often], { stdio: ['pipe', 'pipe', 'inherit'] });
    answers = createInterface({ input: asked.stdout })[Symbol.asyncIterator]();
  });

  afterAll(async () => {
    asked.stdin.end();
    await once(asked, 'exit');
  });

  /** What the verifier is given of a state of the log. */
  const handOut = async (
    state: State,
  ): Promise<{ bundle: string; key: string; anchors: string[] }> => {
    await write(state);
    const bundle = join(log.folder, 'bundle.jsonl');
    const lines: string[] = [];
    for await (const line of log.audit.bundle()) lines.push(line);
    await writeFile(bundle, lines.join(''));
    return { bundle, key: log.audit.verifierKey, anchors: [log.anchorPath] };
  };

  const check = async (state: State): Promise<Answer> => {
    asked.stdin.write(`${JSON.stringify(await handOut(state))}\n`);
    return JSON.parse((await answers.next()).value ?? '') as Answer;
  };

  it('finds a clean log clean, and ends with 1 when it is not', async () => {
    for (const [state, code, answer] of [
      [clean, 0, { ok: true, entries: count }],
      [{ ...clean, rows: clean.rows.toSpliced(40, 1) }, 1, { ok: false, firstBad: 41 }],
    ] as const) {
      const { bundle, key, anchors } = await handOut(state);
      const words = [program, bundle, '--key', key, '--anchors', ...anchors];
      const ended = await run('python3', words).then(
        ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
        (error: unknown) => error as { code: number; stdout: string; stderr: string },
      );
      expect(ended).toMatchObject({ code, stderr: '' });
      expect(JSON.parse(ended.stdout)).toMatchObject(answer);
    }
  });

  it.each(Object.entries(attacks))(
    'finds %s',
    async (_, attack) => {
      for (let n = 0; n < placesElsewhere; n += 1) {
        const k = 2 + Math.floor(systemRandom.fraction() * (count - 4));
        const state = copyOf(clean);
        const expected = attack(state, k);
        expect({ k, ...(await check(state)) }).toMatchObject({ k, ok: false, firstBad: expected });
      }
    },
    600_000,
  );

  it('is at most 150 lines long', async () => {
    expect((await readFile(program, 'utf8')).trimEnd().split('\n').length).toBeLessThanOrEqual(150);
  });
});

describe('tampering with the anchors', () => {
  it('is found when a line is changed, and when it is forged', async () => {
    await write(clean);
    const kept = join(log.folder, 'kept.jsonl');
    await copyFile(log.anchorPath, kept);
    const lines = (await readFile(kept, 'utf8')).trimEnd().split('\n');
    const broken = lines.map((line, n) => (n === 1 ? line.replace('time 2', 'time 3') : line));
    await writeFile(log.anchorPath, `${broken.join('\n')}\n`);
    const changed = await log.audit.verify();
    await writeFile(log.anchorPath, `${lines.with(0, '{}').join('\n')}\n`);
    const forged = await log.audit.verify();
    await copyFile(kept, log.anchorPath);
    expect([changed.ok, forged.ok, (await log.audit.verify()).ok]).toEqual([false, false, true]);
  });

  it('a line that a crash cut off is no tampering', async () => {
    await write(clean);
    const kept = await readFile(log.anchorPath, 'utf8');
    await writeFile(log.anchorPath, kept.slice(0, -30));
    const found = await log.audit.verify();
    await writeFile(log.anchorPath, kept);
    expect(found).toMatchObject({ ok: true });
  });
});

function at<T>(list: readonly T[], place: number): T {
  const found = list[place - 1];
  if (found === undefined) throw new Error(`nothing at ${place}`);
  return found;
}

function copyOf({ rows, notes }: State): State {
  return { rows: rows.map((row) => ({ ...row })), notes: [...notes] };
}

function edit(row: Row, change: Partial<PlacedEntry>): void {
  row.body = bodyOf({ ...entryFrom(row.body), ...change });
  row.hash = hashOf(row.body);
}

function renumber(rows: Row[]): void {
  for (const [index, row] of rows.entries()) row.seq = index + 1;
}

function relink(rows: Row[], from: number): void {
  for (let seq = from + 1; seq <= rows.length; seq += 1)
    edit(at(rows, seq), { previousHash: at(rows, seq - 1).hash });
}

function append(rows: Row[]): void {
  const last = at(rows, rows.length);
  const row = { ...last, seq: last.seq + 1 };
  edit(row, { seq: row.seq, previousHash: last.hash, event: 'gone.on' });
  rows.push(row);
}

function sizeOf(note: string): number {
  return readStatement(log.deps.signer, note)?.size ?? 0;
}

function sizes({ notes }: State): readonly number[] {
  return notes.map(sizeOf);
}

async function read(): Promise<State> {
  const db = database.kysely<unknown>();
  const { rows } = await sql<Row>`select seq, body, hash from audit_entries order by seq`.execute(
    db,
  );
  const notes = await sql<{ note: string }>`select note from audit_checkpoints order by id`.execute(
    db,
  );
  return { rows: [...rows], notes: notes.rows.map(({ note }) => note) };
}

/** Puts other rows in place of those that are there, with columns that fit. */
async function write({ rows, notes }: State): Promise<void> {
  await tamper('truncate audit_entries', 'truncate audit_checkpoints');
  const told = rows.map(({ seq, body, hash }) => {
    const entry = safely(body) ?? safely(at(clean.rows, Math.min(seq, count)).body);
    return { seq, body, hash, entry };
  });
  const text = JSON.stringify(told);
  await sql`insert into audit_entries (seq, at, event, outcome, actor_name, target, correlation_id, begun, body, hash)
    select r.seq, (r.entry->>'at')::timestamptz, r.entry->>'event', r.entry->>'outcome', coalesce(r.entry->'actor'->>'name', ''),
      r.entry->>'target', coalesce(r.entry->>'correlationId', ''), (r.entry->>'begun')::bigint, r.body, r.hash
    from jsonb_to_recordset(${text}::jsonb) as r(seq bigint, body text, hash text, entry jsonb)`.execute(
    database.kysely<unknown>(),
  );
  for (const note of notes)
    await sql`insert into audit_checkpoints (kind, size, at, note, frontier) values ('checkpoint', 1, now(), ${note}, '')`.execute(
      database.kysely<unknown>(),
    );
}

function safely(body: string): unknown {
  try {
    const told = JSON.parse(body) as Record<string, unknown>;
    return typeof told['event'] === 'string' &&
      !Number.isNaN(Date.parse(String(told['at']))) &&
      ['begun', 'ok', 'refused', 'failed'].includes(String(told['outcome']))
      ? told
      : undefined;
  } catch {
    return undefined;
  }
}

async function tamper(...statements: readonly string[]): Promise<void> {
  const db = database.kysely<unknown>();
  for (const table of ['audit_entries', 'audit_checkpoints'])
    await sql.raw(`alter table ${table} disable trigger all`).execute(db);
  for (const statement of statements) await sql.raw(statement).execute(db);
  for (const table of ['audit_entries', 'audit_checkpoints'])
    await sql.raw(`alter table ${table} enable trigger all`).execute(db);
}
