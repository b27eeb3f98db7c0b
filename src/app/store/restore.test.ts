import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { zstdDecompressSync } from 'node:zlib';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.ts';
import { systemClock } from '../../lib/clock.ts';
import { silentLog } from '../../lib/log.ts';
import { systemRandom } from '../../lib/random.ts';
import type { BackupFacts, RestoreReport } from '../../operations/backups/contract.ts';
import type { Caller } from '../../operations/gate.ts';
import { backupFormat, sealBytes } from '../../platform/backup/container.ts';
import { openBackup } from '../../platform/backup/open-backup.ts';
import { thenClosed } from '../../platform/backup/sealed-file.ts';
import { makeEngineSchema } from '../../platform/durable/engine-schema.ts';
import { loadOrCreateKey } from '../../platform/effects/key-file.ts';
import { openManager } from '../compose.ts';
import type { Manager, OpenOptions } from '../open-options.ts';
import { backupKeyFile } from './open-backup.ts';

/** Megabytes that the database holds beside what the test makes; with any, the times are printed. */
const megabytes = Number(process.env['BACKUP_MB'] ?? 0);

let folder: string;
let source: TestDatabase;
let target: TestDatabase;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cms-restore-'));
  await writeFile(join(folder, 'config.json'), '{ "dataDir": "data", "logDir": "logs" }');
  source = await createTestDatabase();
  target = await createTestDatabase();
});

afterEach(async () => {
  await source.drop();
  await target.drop();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

const caller: Caller = {
  door: 'cli',
  actor: { kind: 'command_line', name: 'jo', isOwner: true },
  clientId: 'local',
};

function open(operation: string, needs: OpenOptions['needs'], url: string): Promise<Manager> {
  return openManager({
    needs,
    operation,
    flags: { config: join(folder, 'config.json') },
    overrides: {},
    env: { PATH: process.env['PATH'], DATABASE_URL: url },
    folder,
    version: '0.0.0-test',
    isTerminal: false,
  });
}

async function ask<T>(
  name: string,
  needs: OpenOptions['needs'],
  url: string,
  input: object,
): Promise<T> {
  const manager = await open(name, needs, url);
  try {
    return (await manager.gate.execute(name, input, caller)) as T;
  } finally {
    await manager.close();
  }
}

/** Two entries of the audit log for each call; ten callers, each about ten times a second, until told to stop. */
async function calling(manager: Manager, stop: AbortSignal): Promise<void> {
  const one = async (): Promise<void> => {
    while (!stop.aborted) {
      await manager.gate.execute('audit.list', { limit: 1 }, caller);
      await delay(90);
    }
  };
  await Promise.all(Array.from({ length: 10 }, one));
}

async function timed<T>(what: string, body: () => Promise<T>): Promise<T> {
  const started = performance.now();
  const answer = await body();
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  if (megabytes > 0) process.stdout.write(`${what} of ${megabytes} MB: ${seconds} s\n`);
  return answer;
}

async function count(database: TestDatabase, table: string): Promise<number> {
  const { rows } = await database.pool.query<{ n: number }>(
    `select count(*)::int as n from ${table}`,
  );
  return rows[0]?.n ?? -1;
}

it(
  'a backup under load comes back whole, the audit log verifies, and no secret is in it',
  async () => {
    const planted = `planted-${systemRandom.bytes(16).toString('hex')}`;
    const manager = await open('audit.list', 'store', source.url);
    const stop = new AbortController();
    let facts: BackupFacts;
    try {
      await makeEngineSchema(source, { clock: systemClock, random: systemRandom, log: silentLog });
      await manager.gate.execute('credentials.set', { name: 'PLANTED', value: planted }, caller);
      await manager.gate.execute('repositories.pause', {}, caller);
      await source.pool.query('insert into reconciliations values (now())');
      await source.pool.query(
        `insert into github_etags (key, etag, body) select 'k' || n, 'e', repeat(md5(n::text), 8192) ||
         (select string_agg(md5((n * m)::text), '') from generate_series(1, 24576) m)
       from generate_series(1, $1::int) n`,
        [megabytes],
      );
      const load = calling(manager, stop.signal);
      const before = await count(source, 'audit_entries');
      while ((await count(source, 'audit_entries')) < before + 50) await delay(20);
      facts = await timed(
        'backup',
        async () => (await manager.gate.execute('backups.create', {}, caller)) as BackupFacts,
      );
      const seen = await count(source, 'audit_entries');
      while ((await count(source, 'audit_entries')) < seen + 50) await delay(20);
      stop.abort();
      await load;
    } finally {
      stop.abort();
      await manager.close();
    }
    const key = await loadOrCreateKey(backupKeyFile(join(folder, 'data')), systemRandom);
    const backup = await openBackup(facts.file, key);
    const manifest = await thenClosed(backup, backup.verify());
    const bytes = await readFile(facts.file);
    const plain = zstdDecompressSync(
      bytes.subarray(backupFormat.magic.length, bytes.length - sealBytes),
    );
    expect(plain.includes('PLANTED')).toBe(true);
    const kept = ['audit.key', 'marker.key', 'backup.key', 'vault.key'].map((name) =>
      readFile(join(folder, 'data', 'keys', name), 'utf8').catch(() => null),
    );
    for (const secret of [planted, ...(await Promise.all(kept))]) {
      if (secret === null) continue;
      expect(plain.includes(secret.trim())).toBe(false);
      expect(plain.includes(Buffer.from(secret.trim()).toString('base64').slice(2, -4))).toBe(
        false,
      );
    }
    expect(manifest.tables.some(({ area }) => area === 'engine')).toBe(true);

    const refused = ask('backups.restore', 'nothing', source.url, { file: facts.file });
    await expect(refused).rejects.toMatchObject({ code: 'restore_not_empty' });

    const report = await timed('restore', () =>
      ask<RestoreReport>('backups.restore', 'nothing', source.url, {
        file: facts.file,
        to: target.url,
      }),
    );
    expect(report).toMatchObject({ safety: null, auditVerifies: true, rows: facts.rows });
    const rowsOf = (table: string): number =>
      manifest.tables.find(({ name }) => name === table)?.rows ?? -1;
    expect(report.lost?.from).toBeLessThanOrEqual(rowsOf('audit_entries') + 1);
    expect(report.lost?.until).toBeGreaterThan(rowsOf('audit_entries'));
    const changing = /^audit_|^cms_migrations$|^reconciliations$|^identity_sessions$/u;
    for (const { area, name, rows } of manifest.tables)
      if (!changing.test(name))
        expect([name, await count(target, area === 'engine' ? `dbos.${name}` : name)]).toEqual([
          name,
          rows,
        ]);
    expect(await count(target, 'audit_entries')).toBe(rowsOf('audit_entries') + 1);
    expect(rowsOf('reconciliations')).toBe(1);
    expect(await count(target, 'reconciliations')).toBe(0);
    expect(await count(target, 'pauses')).toBe(1);
    const verified = await ask('security.verify', 'store', target.url, {});
    expect(verified).toMatchObject({ ok: true });

    // On a machine that never saw the log there is nothing that knows of later entries.
    await rm(join(folder, 'data', 'audit'), { recursive: true });
    const elsewhere = await createTestDatabase();
    try {
      const again = { file: facts.file, to: elsewhere.url };
      expect(
        await ask<RestoreReport>('backups.restore', 'nothing', source.url, again),
      ).toMatchObject({ lost: null, auditVerifies: true, rows: facts.rows });
      const { rows } = await elsewhere.pool.query<{ event: string }>(
        'select event from audit_entries order by seq desc limit 1',
      );
      expect(rows).toEqual([{ event: 'backup.restored' }]);
    } finally {
      await elsewhere.drop();
    }
  },
  120_000 + megabytes * 1500,
);
