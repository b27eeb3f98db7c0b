import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.ts';
import { systemRandom } from '../../lib/random.ts';
import { auditMigrations } from '../audit/audit.ts';
import { migrate } from '../database/migrate.ts';
import { openEnvelope, sealEnvelope } from './envelope.ts';
import { decrypt, encrypt, type FernetKey, parseFernetKey } from './fernet.ts';
import { createKeySource } from './key-source.ts';
import { vaultMigrations } from './vault.ts';

const count = 10_000;
/** `VAULT_KILLS=100` for the whole figure; a few in the suite. */
const kills = Number(process.env['VAULT_KILLS'] ?? 10);
const program = new URL('../../../test/support/vault-rekey-program.ts', import.meta.url).pathname;
/**
 * A change of the key passes 2 points, then one for each of about 52 batches, then 2. What was killed is gone on with, past the
 * first two points again: so far that all kills together come through it, from its beginning to its end.
 */
const reach = 2 + Math.ceil((2 * 52) / Math.max(kills, 1));
let database: TestDatabase;
let folder: string;

beforeAll(async () => {
  database = await createTestDatabase();
  await migrate(database, [...auditMigrations, ...vaultMigrations]);
  folder = await mkdtemp(join(tmpdir(), 'cms-rekey-'));
});
afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

const keyFile = (): string => join(folder, 'keys', 'vault.key');

async function keysInFile(): Promise<readonly FernetKey[]> {
  const lines = (await readFile(keyFile(), 'utf8')).split('\n').filter((line) => line !== '');
  return lines.map((line) => parseFernetKey(line) ?? expect.fail('the file holds half a key'));
}

/** Entry n was encrypted n seconds after 1970 and holds `value n`; each tenth has a value before as well. */
async function fill(): Promise<void> {
  const { keys } = await createKeySource({
    env: {},
    file: keyFile(),
    ownFolder: true,
    random: systemRandom,
    userId: process.getuid?.(),
  }).create();
  const [key] = keys;
  if (key === undefined) throw new Error('no key was made');
  const token = (index: number, version: number): string =>
    encrypt(
      key,
      sealEnvelope({ name: `N${index}`, version, expiresAt: null }, Buffer.from(`value ${index}`)),
      { seconds: index, iv: systemRandom.bytes(16) },
    );
  const rows = Array.from({ length: count }, (_, index) => ({
    name: `N${index}`,
    token: token(index, 2),
    previous: index % 10 === 0 ? token(index, 1) : null,
  }));
  await database.pool.query(
    `insert into vault_entries (name, kind, version, token, key_id, previous_token, previous_key_id, created_at, changed_at)
     select name, 'credential', 2, token, $2, previous, case when previous is null then null else $2 end, now(), now()
     from jsonb_to_recordset($1::jsonb) as r(name text, token text, previous text)`,
    [JSON.stringify(rows), key.id],
  );
  await database.pool.query('update vault_state set key_id = $1', [key.id]);
}

/** How many of the tokens open with these keys alone, to the right value and with the time they had. */
async function readable(keys: readonly FernetKey[]): Promise<number> {
  const { rows } = await database.pool.query<{
    name: string;
    token: string;
    previous_token: string | null;
  }>('select name, token, previous_token from vault_entries');
  let good = 0;
  for (const { name, token, previous_token: previous } of rows) {
    for (const one of previous === null ? [token] : [token, previous]) {
      if (opens(keys, one, Number(name.slice(1)))) good += 1;
    }
  }
  return good;
}

function opens(keys: readonly FernetKey[], token: string, index: number): boolean {
  try {
    const { plain, seconds } = decrypt(keys, token);
    return seconds === index && openEnvelope(plain)?.value.toString() === `value ${index}`;
  } catch {
    return false;
  }
}

/** Answers the points that were passed; with `killAfter` the child is killed that many points in, plus a moment. */
async function rekeyInChild(killAfter?: number, thenMs = 0): Promise<readonly string[]> {
  const child = spawn(process.execPath, [program], {
    env: {
      PATH: process.env['PATH'],
      DATABASE_URL: database.url,
      KEY_FILE: keyFile(),
      // Most of a round would be the reading of modules.
      NODE_COMPILE_CACHE: join(folder, 'compiled'),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  const points: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    points.push(line);
    if (points.length !== killAfter) continue;
    await delay(thenMs);
    child.kill('SIGKILL');
  }
  const [code] = await closed;
  // Null: our signal ended it, perhaps after it was done.
  expect(code === 0 ? points.at(-1) : code).toBe(code === 0 ? 'done' : null);
  return points;
}

describe('10,000 entries', () => {
  test('stay readable whenever the change of the key is killed, and end under the new key alone', {
    timeout: 300_000 + kills * 30_000,
  }, async () => {
    await fill();
    const all = count + count / 10;
    const first = await keysInFile();
    expect(await readable(first)).toBe(all);
    let [done, moved] = [0, 0];
    for (let round = 0; round < kills; round += 1) {
      const points = await rekeyInChild(
        1 + Math.floor(systemRandom.fraction() * reach),
        systemRandom.fraction() * 15,
      );
      if (points.at(-1) === 'done') done += 1;
      moved += points.filter((point) => point === 'vault.batch.moved').length;
      expect(await readable(await keysInFile())).toBe(all);
    }
    const before = await keysInFile();
    const points = await rekeyInChild();
    expect(points.at(-1)).toBe('done');
    const [newest, ...others] = await keysInFile();
    if (newest === undefined) throw new Error('the file is empty');
    expect(others).toEqual([]);
    expect(await readable([newest])).toBe(all);
    const old = [...first, ...before].filter(({ id }) => id !== newest.id);
    expect(await readable(old)).toBe(0);
    // Else nothing was killed, or always at the beginning.
    expect(done).toBeLessThan(Math.max(kills, 1));
    if (kills > 0) expect(moved).toBeGreaterThan(10);
  });
});
