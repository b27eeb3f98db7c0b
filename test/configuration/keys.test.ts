import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { migrations } from '../../src/app/store/open-store.ts';
import { createConfigSource, type ReloadReport } from '../../src/platform/config/config-source.ts';
import { describeKeys } from '../../src/platform/config/describe-keys.ts';
import { readKey } from '../../src/platform/config/edit-config.ts';
import { type LoadedConfig, loadConfig } from '../../src/platform/config/load-config.ts';
import { lay } from '../../src/platform/config/overlays.ts';
import type { Config } from '../../src/platform/config/schema.ts';
import { migrate } from '../../src/platform/database/migrate.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';
import type { KeyRow } from './key-row.ts';
import { type Look, NotHere } from './looks.ts';
import { productRows } from './product-rows.ts';
import { serviceRows } from './service-rows.ts';

const root = new URL('../../', import.meta.url);
let database: TestDatabase;
/** For flows of the pipeline, which empty their tables. */
let flows: TestDatabase;
let folder = '';
beforeAll(async () => {
  database = await createTestDatabase();
  await migrate(database, migrations);
  flows = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), 'cms-keys-'));
});
afterAll(async () => {
  await database.drop();
  await flows.drop();
  await rm(folder, { recursive: true });
});

/** One row for each key of the schema; a key without one fails the table. */
const keyRows: Readonly<Record<string, KeyRow>> = { ...productRows, ...serviceRows };
const rows = Object.entries(keyRows).map(([key, row]) => ({ key, ...row }));

/** `repositories[].base` is that of the first entry, `agents.<name>` the only one of the base. */
function placeOf(key: string, base: KeyRow['base'] = {}): string {
  const table = /^(.*)\.<name>/u.exec(key)?.[1];
  const [name = ''] = table === undefined ? [] : Object.keys((base[table] as object) ?? {});
  return key.replaceAll('[]', '.0').replace('<name>', name);
}

/** What stands in the file, as text; with `other` the key has its other value. */
function textOf(
  { key, base = {}, other }: KeyRow & { readonly key: string },
  isOther: boolean,
): string {
  const tree: Record<string, unknown> = {};
  for (const [path, value] of Object.entries(base))
    lay(tree, { path: path.split('.'), value: structuredClone(value) });
  if (isOther) set(tree, placeOf(key, base).split('.'), other);
  return JSON.stringify(tree);
}

function set(tree: Record<string, unknown>, path: readonly string[], value: unknown): void {
  let place: Record<string, unknown> = tree;
  for (const part of path.slice(0, -1)) {
    place[part] ??= {};
    place = place[part] as Record<string, unknown>;
  }
  place[path.at(-1) ?? ''] = value;
}

/** What a look sees; where this machine lacks what it needs, the test is skipped. */
async function see(look: Look, config: Config, skip: (reason: string) => never): Promise<unknown> {
  try {
    return await look(config, database, flows);
  } catch (error) {
    return error instanceof NotHere ? skip(error.message) : Promise.reject(error);
  }
}

const load = (text: string): Promise<LoadedConfig> =>
  loadConfig({ folder: '/srv', file: 'config.json', env: {}, readFile: async () => text });

test('every key of the schema has a row that says how its effect is seen, and no row is left over', () => {
  const keys = describeKeys().map(({ path }) => path);
  expect(Object.keys(keyRows).toSorted()).toEqual(keys.toSorted());
});

test('the tests that rows name instead of a look are there, give what the key gives, and the key gets to that place', async () => {
  const textOfFile = (file: string) => readFile(new URL(file, root), 'utf8').catch(() => '');
  const missing: string[] = [];
  for (const { key, look, seenIn, wiredIn } of rows) {
    if (look !== undefined) continue;
    const [file, title, gives] = seenIn ?? ['', '', ''];
    const [, body = ''] = (await textOfFile(file)).split(`'${title}', async () => {`);
    const [own = ''] = body.split(/\n\s*(?:test|it|describe)\(/u);
    if (!own.includes(gives)) missing.push(`${key}: ${file} "${title}" with ${gives}`);
    const [place, text] = wiredIn ?? ['', ''];
    if (!(await textOfFile(place)).includes(text)) missing.push(`${key}: ${place} "${text}"`);
  }
  expect(missing).toEqual([]);
});

test('a running process takes each changed key from the file, or names it as one that waits for a restart', async () => {
  const file = join(folder, 'config.json');
  await writeFile(file, '{}');
  const reports: ReloadReport[] = [];
  const read = () => loadConfig({ folder, file, env: {} });
  const source = createConfigSource({
    initial: await read(),
    load: read,
    onReload: (report) => reports.push(report),
    pollMs: 3_600_000,
  });
  const wrong: string[] = [];
  try {
    for (const { path, restart } of describeKeys()) {
      if (/[[<]/u.test(path)) continue;
      const row = keyRows[path] ?? expect.unreachable();
      await writeFile(file, textOf({ key: path, ...row }, false));
      await source.reload();
      const before = readKey(source.current(), path);
      await writeFile(file, textOf({ key: path, ...row }, true));
      await source.reload();
      const after = readKey(source.current(), path);
      const last = reports.at(-1);
      const holds = JSON.stringify(after) !== JSON.stringify(before);
      const isNamed = (restart ? last?.needRestart : last?.changed)?.includes(path) === true;
      if (last?.error !== null || !isNamed || holds === restart)
        wrong.push(
          `${path}: ${JSON.stringify({ before, after, ...last, before_: undefined })}`.slice(
            0,
            300,
          ),
        );
    }
  } finally {
    source.close();
  }
  expect(wrong).toEqual([]);
}, 420_000);

describe('changed, the key is seen to change what the program does', () => {
  const looked = rows.flatMap(({ look, ...row }) => (look === undefined ? [] : [{ ...row, look }]));
  for (const { look, ...row } of looked) {
    test(row.key, async ({ skip }) => {
      const before = await see(look, (await load(textOf(row, false))).config, skip);
      const after = await see(look, (await load(textOf(row, true))).config, skip);
      expect(after).not.toEqual(before);
    });
  }

  // Else a look that never sees the same twice would see every key.
  const first = new Map(looked.toReversed().map((row) => [row.look, row]));
  for (const { look, ...row } of first.values()) {
    test(`and unchanged it is not: what ${row.key} is seen by sees the same twice`, {
      // Some count by the minute, and a minute may end between the two.
      retry: 2,
    }, async ({ skip }) => {
      const { config } = await load(textOf(row, true));
      expect(await see(look, config, skip)).toEqual(await see(look, config, skip));
    });
  }
});
