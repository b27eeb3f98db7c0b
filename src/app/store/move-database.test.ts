import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.ts';
import type { MoveReport } from '../../operations/backups/contract.ts';
import type { Caller } from '../../operations/gate.ts';
import { openManager } from '../compose.ts';

let folder: string;
let external: TestDatabase;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cms-move-'));
  await writeFile(join(folder, 'config.json'), '{ "dataDir": "data", "logDir": "logs" }');
  external = await createTestDatabase();
});
afterEach(async () => {
  await external.drop();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

const caller: Caller = {
  door: 'cli',
  actor: { kind: 'command_line', name: 'jo', isOwner: true },
  clientId: 'local',
};

async function ask<T>(
  name: string,
  needs: 'nothing' | 'store',
  url: string | null,
  input: object,
): Promise<T> {
  const manager = await openManager({
    needs,
    operation: name,
    flags: { config: join(folder, 'config.json') },
    overrides: {},
    env: { PATH: process.env['PATH'], ...(url === null ? {} : { DATABASE_URL: url }) },
    folder,
    version: '0.0.0-test',
    isTerminal: false,
  });
  try {
    return (await manager.gate.execute(name, input, caller)) as T;
  } finally {
    await manager.close();
  }
}

test('everything moves from the embedded database to another server and back, row for row, and a database in use or with rows is refused', async () => {
  const notes = await ask<{ entries: { seq: number; event: string }[] }>(
    'audit.list',
    'store',
    null,
    {},
  );
  expect(notes.entries.length).toBeGreaterThan(0);
  const there = await ask<MoveReport>('backups.move', 'nothing', null, { to: external.url });
  expect(there).toMatchObject({ from: 'embedded', auditVerifies: true });
  expect(there.rows).toBeGreaterThan(5);
  const after = await ask<typeof notes>('audit.list', 'store', external.url, { limit: 1000 });
  expect(after.entries.map(({ event }) => event)).toContain('database.moved');
  expect(after.entries.map(({ seq }) => seq)).toEqual(
    expect.arrayContaining(notes.entries.map(({ seq }) => seq)),
  );

  await expect(
    ask('backups.move', 'nothing', external.url, { to: external.url }),
  ).rejects.toMatchObject({ code: 'move_same_database' });
  await expect(
    ask('backups.move', 'nothing', external.url, { to: 'embedded' }),
  ).rejects.toMatchObject({ code: 'move_not_empty' });

  // The old one is emptied by hand, as its owner would; then the way back.
  await rm(join(folder, 'data', 'postgres'), { recursive: true });
  const client = await external.pool.connect();
  await client.query("set application_name to 'somebody else'");
  await expect(
    ask('backups.move', 'nothing', external.url, { to: 'embedded' }),
  ).rejects.toMatchObject({ code: 'restore_in_use' });
  client.release(true);
  const back = await ask<MoveReport>('backups.move', 'nothing', external.url, { to: 'embedded' });
  expect(back).toMatchObject({ into: 'embedded', auditVerifies: true });
  expect(back.rows).toBeGreaterThan(there.rows);
  const names = await readdir(join(folder, 'data', 'backups'));
  expect(names.filter((name) => name.startsWith('moved-'))).toHaveLength(2);
  expect(names.filter((name) => name.startsWith('compare-'))).toEqual([]);
}, 420_000);
