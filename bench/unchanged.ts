// What a service pays for a look at a local repository in which nothing changed: facts and head of the folder, how far it
// was scanned, its open issues, the note of the look: `node bench/unchanged.ts [ROUNDS]`, with DATABASE_URL or embedded.
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Markers } from '../src/domain/ports/code-host.ts';
import { createGit } from '../src/integrations/git/git.ts';
import { createMirrors } from '../src/integrations/git/mirrors.ts';
import { createGitPush } from '../src/integrations/git/push.ts';
import { createTreeReader } from '../src/integrations/git/tree-reader.ts';
import { createLocalHost } from '../src/integrations/local/local-host.ts';
import { localMigrations } from '../src/integrations/local/migrations.ts';
import { systemClock } from '../src/lib/clock.ts';
import { silentLog } from '../src/lib/log.ts';
import { systemRandom } from '../src/lib/random.ts';
import { createRepositoryScan } from '../src/pipeline/scan/scan-repository.ts';
import { createScanners } from '../src/pipeline/scan/scanner-list.ts';
import { openDatabase } from '../src/platform/database/database.ts';
import { migrate } from '../src/platform/database/migrate.ts';
import { createFindingStore } from '../src/storage/finding-store.ts';
import { storageMigrations } from '../src/storage/migrations.ts';
import { createRepositoryQueries } from '../src/storage/repository-queries.ts';
import { transact } from '../src/storage/transaction.ts';

const rounds = Number(process.argv[2] ?? 200);
const folder = await mkdtemp(join(tmpdir(), 'cms-bench-'));
const clock = systemClock;
const database = await openDatabase(
  { url: process.env['DATABASE_URL'], dataDir: join(folder, 'data') },
  { clock, random: systemRandom, log: silentLog },
);
const git = createGit({ environment: process.env });
const trees = createTreeReader({ git });
try {
  await migrate(database, [...storageMigrations, ...localMigrations]);
  const tree = join(folder, 'tree');
  execFileSync('git', ['init', '-q', '-b', 'main', tree]);
  await writeFile(join(tree, 'a.ts'), '// TODO: one\n');
  execFileSync('git', ['-C', tree, 'add', 'a.ts']);
  const author = ['-c', 'user.name=a', '-c', 'user.email=a@example.com'];
  execFileSync('git', ['-C', tree, ...author, 'commit', '-q', '-m', 'one']);
  const ref = { host: 'local', name: tree } as const;
  const host = createLocalHost({
    database,
    push: createGitPush({ git }),
    clock,
    // Nothing is written to the host.
    markers: {} as Markers,
    owner: 'ann',
  });
  const scan = createRepositoryScan({
    host: () => host,
    mirrors: createMirrors({ git, clock, root: join(folder, 'mirrors') }),
    findings: createFindingStore(database),
    scanners: createScanners({
      trees,
      clock,
      extraTags: () => [],
      settings: () => ({ staleAfterDays: 30, labels: ['bug'] }),
    }),
    transact: (work) => transact(database.kysely(), work),
    clock,
    newId: () => systemRandom.uuid(),
  });
  const looks = createRepositoryQueries(database);
  await scan.scan({ ref, branch: null });
  const times: { scan: number; whole: number }[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const start = clock.monotonicMs();
    const { unchanged } = await scan.scan({ ref, branch: null });
    const scanned = clock.monotonicMs();
    if (!unchanged) throw new Error('the repository changed');
    await looks.noteLook(ref, {
      commit: null,
      problem: null,
      at: clock.now(),
      requests: 0,
      durationMs: scanned - start,
    });
    times.push({ scan: scanned - start, whole: clock.monotonicMs() - start });
  }
  for (const what of ['scan', 'whole'] as const) {
    const sorted = times.map((time) => time[what]).toSorted((a, b) => a - b);
    const at = (part: number) => (sorted[Math.floor(sorted.length * part)] ?? 0).toFixed(1);
    process.stdout.write(`${what}: p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, best ${at(0)} ms\n`);
  }
} finally {
  trees.close();
  await database.close();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}
