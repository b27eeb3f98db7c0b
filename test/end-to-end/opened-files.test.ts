import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { routeOf } from '../../src/operations/api-client/route.ts';
import { catalogue } from '../../src/operations/catalogue.ts';
import { inputSchemaOf } from '../../src/operations/unknown-fields.ts';
import { initRepositoryWith } from '../support/git-work.ts';
import { type RunningService, startService } from '../support/running-service.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';

const run = promisify(execFile);
const hasStrace = await run('strace', ['-qq', '-e', 'trace=none', 'true']).then(
  () => true,
  () => false,
);

/** Ways to say a path that leads out of where it is read, from a folder that lies so deep. */
const ups: readonly ((depth: number) => string)[] = [
  (depth) => '../'.repeat(depth),
  (depth) => '..%2f'.repeat(depth),
  (depth) => '%2e%2e/'.repeat(depth),
  (depth) => '%2e%2e%2f'.repeat(depth),
  (depth) => '..%252f'.repeat(depth),
  (depth) => '%252e%252e%252f'.repeat(depth),
  (depth) => '....//'.repeat(depth),
  (depth) => '..\\'.repeat(depth),
  (depth) => '..%5c'.repeat(depth),
  (depth) => '..%c0%af'.repeat(depth),
  (depth) => './/../'.repeat(depth),
  (depth) => 'assets/../'.repeat(depth) + '../'.repeat(depth),
];

describe.runIf(hasStrace)('paths that lead out (needs strace)', () => {
  let root = '';
  let database: TestDatabase;
  let service: RunningService;
  /** Nobody has a reason to open what is in it; the names say in which way it was asked for. */
  let outside = '';
  const trace = (): string => join(root, 'trace');

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'cms-opened-'));
    outside = join(root, 'outside');
    database = await createTestDatabase();
    await mkdir(join(outside, 'folder'), { recursive: true });
    const todo = '// TODO: say where this stands\n';
    await writeFile(join(outside, 'canary.js'), todo);
    await writeFile(join(outside, 'folder', 'canary.js'), todo);
    const folder = join(root, 'service');
    await mkdir(folder);
    await mkdir(join(root, 'code'));
    await symlink(join(outside, 'canary.js'), join(root, 'code', 'link.js'));
    await symlink('../outside/canary.js', join(root, 'code', 'relative.js'));
    await symlink(join(outside, 'folder'), join(root, 'code', 'linked'));
    initRepositoryWith(join(root, 'code'), { 'a.js': '// TODO: close the file\n' });
    const config = { dataDir: 'data', logDir: 'logs', repositories: [{ match: '../code' }] };
    await writeFile(join(folder, 'config.json'), JSON.stringify(config));
    const quiet = ['-f', '-D', '-y', '--seccomp-bpf', '-qq', '-s', '4000', '-o', trace()];
    service = await startService(
      { folder, env: { DATABASE_URL: database.url } },
      {
        words: ['--no-security'],
        under: ['strace', ...quiet, '-e', 'trace=open,openat,openat2,readlink,readlinkat'],
      },
    );
  }, 420_000);
  afterAll(async () => {
    await service.stop();
    await database.drop();
    await rm(root, { recursive: true, force: true, maxRetries: 5 });
  }, 420_000);

  /** As it is, for clients set paths in order before they send them. */
  const asked = (method: string, path: string, body: string | null): Promise<number> =>
    new Promise((resolve, reject) => {
      const { hostname, port } = new URL(service.address);
      const headers = {
        origin: service.address,
        'x-claude-manager': '1',
        ...(body === null ? {} : { 'content-type': 'application/json' }),
      };
      request({ hostname, port, method, path, headers, agent: false }, (answer) => {
        answer.resume().once('end', () => resolve(answer.statusCode ?? 0));
      })
        .once('error', reject)
        .end(body);
    });

  test('open nothing outside, in whichever place of an address, a question or a body, and as a link in a repository', async () => {
    await vi.waitFor(
      async () => {
        const { rows } = await database.pool.query<{ path: string }>('select path from findings');
        expect(rows.map(({ path }) => path)).toEqual(['a.js']);
      },
      { timeout: 180_000, interval: 500 },
    );
    const target = `${outside}/canary.js`.slice(1);
    const paths = ups.flatMap((up) => [3, 6, 12].map((depth) => up(depth) + target));
    paths.push(`/${target}`, `//${target}`, `file:///${target}`, `${target}%00.js`);
    paths.push(`/${target}/.`, `~/../../${target}`, `%2f${target}`, `\\\\?\\/${target}`);
    expect(paths.length).toBeGreaterThanOrEqual(44);
    const operations = catalogue()
      .filter(({ doors, kind, effect }) => {
        return doors.includes('http') && kind === 'call' && effect === 'read';
      })
      .map((contract) => ({ ...routeOf(contract), contract }));
    const statuses = new Map<number, number>();
    const ask = async (...given: Parameters<typeof asked>): Promise<void> => {
      const status = await asked(...given);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    };
    for (const path of paths) {
      const plain = path.replaceAll(/[\\ ]/gu, encodeURIComponent);
      for (const before of ['/', '/assets/', '/api/v1/', '/docs/'])
        await ask('GET', before + plain, null);
      await Promise.all(
        operations.map(async ({ method, path: route, contract }) => {
          const members = Object.keys(inputSchemaOf(contract).properties ?? {});
          const input = Object.fromEntries(members.map((member) => [member, path]));
          const at = route.replaceAll(/\{\w+\}/gu, encodeURIComponent(path));
          if (method === 'GET')
            await ask(method, `${at}?${new URLSearchParams(input).toString()}`, null);
          else await ask(method, at, JSON.stringify(input));
        }),
      );
    }
    expect([...statuses.keys()].filter((status) => status >= 500)).toEqual([]);
    const opened = (await readFile(trace(), 'latin1')).split('\n');
    // What it does open is seen: the repository that it was told to read, and its own log.
    expect(opened.some((line) => line.includes(`${root}/code`))).toBe(true);
    expect(opened.some((line) => line.includes(`${root}/service/logs`))).toBe(true);
    // With -y the answer names the file that was really opened, through whatever links.
    const isOpen = (line: string): boolean => / = \d+</u.test(line);
    expect(opened.filter((line) => line.includes('canary') && isOpen(line))).toEqual([]);
    expect(opened.filter((line) => line.includes(outside) && isOpen(line))).toEqual([]);
  }, 420_000);
});
