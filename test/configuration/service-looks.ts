import { mkdir, mkdtemp, open, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { requireSound } from '../../src/app/configuration/require-sound.ts';
import { createServerOpener } from '../../src/app/doors/open-http.ts';
import { openLogger } from '../../src/app/watching/open-logger.ts';
import { AppError } from '../../src/lib/app-error.ts';
import { silentLog } from '../../src/lib/log.ts';
import { systemRandom } from '../../src/lib/random.ts';
import { catalogue } from '../../src/operations/catalogue.ts';
import type { Gate } from '../../src/operations/gate.ts';
import { loadConfig } from '../../src/platform/config/load-config.ts';
import {
  type BreakerTables,
  breakerStates,
  createBreakers,
} from '../../src/platform/resilience/breakers.ts';
import {
  createDependency,
  type DependencyPolicy,
} from '../../src/platform/resilience/dependency.ts';
import { createManualClock } from '../fakes/manual-clock.ts';
import type { Look } from './looks.ts';

/** Whether a service starts with the configuration, and what it refuses. */
export const starting: Look = async (config) => {
  const loaded = await loadConfig({ folder: '/srv', env: {} });
  return await requireSound({ ...loaded, config }).then(
    () => 'starts',
    (error: AppError) => error.message,
  );
};

/** What the server answers, and where. */
export const serving: Look = async (config, database) => {
  const callers: string[] = [];
  const gate: Gate = {
    execute: async (_name, _input, caller) => {
      callers.push(caller.clientId);
      return {};
    },
    secure: async () => {
      throw new Error('not asked');
    },
    mayStill: () => true,
    contracts: () => catalogue(),
  };
  const opener = createServerOpener(
    { config, version: '0', log: silentLog, env: {}, gate: () => gate, routes: () => [] },
    {
      database,
      audit: { record: async () => undefined },
      vault: {
        problem: () => null,
        check: async () => ({ entries: 0, place: '', damaged: [] }),
      },
    },
    () => ({ isBootstrapped: async () => true }) as never,
    () => ({ admitProbe: () => null }),
    () => ({ text: async () => '' }) as never,
  );
  const isLoopback = config.server.host.startsWith('127.');
  const server = await opener.open({ port: undefined, security: !isLoopback });
  const { hostname, port } = new URL(server.address);
  const ask = (path: string, options: object = {}, body = ''): Promise<number | string> =>
    new Promise((resolve) => {
      const asked = request({ hostname, port, path, ...options }, (answer) => {
        answer.resume().once('close', () => resolve(answer.statusCode ?? 0));
      });
      asked.once('error', () => resolve('refused'));
      asked.end(body);
    });
  try {
    const json = {
      'content-type': 'application/json',
      'x-claude-manager': '1',
      origin: server.address,
    };
    const named = await ask('/livez', { headers: { host: 'manager.internal' } });
    const forwarded = { headers: { 'x-forwarded-for': '198.51.100.5', 'x-claude-manager': '1' } };
    await ask('/api/v1/tasks', forwarded);
    const large = await ask(
      '/api/v1/issues',
      { method: 'POST', headers: json },
      JSON.stringify({ repository: 'a/b', title: 'x', body: 'y'.repeat(4000) }),
    );
    const idle = createConnection({ host: hostname, port: Number(port) });
    await new Promise((resolve) => idle.once('connect', resolve));
    const beside = await ask('/livez', { agent: false });
    idle.destroy();
    return {
      hostname,
      isConfigured: Number(port) === config.server.port,
      origin: opener.origin().replace(port, 'PORT'),
      named,
      caller: callers[0],
      large,
      beside,
    };
  } finally {
    await server.close();
  }
};

/** What is written where when a service logs five megabytes, over two hours, beside a file of five days ago. */
export const logging: Look = async (config) => {
  const where = await mkdtemp(join(tmpdir(), 'cms-looks-'));
  const said = { err: '', out: false };
  const relative = { ...config, logDir: join(where, config.logDir.split('/').at(-1) ?? '') };
  const stderr = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    const line = String(text);
    if (line.includes('a failure')) said.err = line.startsWith('{') ? 'json' : 'text';
    return true;
  });
  const out = await open(join(where, 'standard-output'), 'w');
  const stdout = vi.spyOn(process, 'stdout', 'get');
  stdout.mockReturnValue({ fd: out.fd } as typeof process.stdout);
  const old = join(relative.logDir, 'application.json.2020');
  await mkdir(relative.logDir);
  await writeFile(old, 'old');
  const fiveDaysAgo = new Date(Date.now() - 5 * 86_400_000);
  await utimes(old, fiveDaysAgo, fiveDaysAgo);
  vi.useFakeTimers({ toFake: ['Date'] });
  try {
    const logger = openLogger(
      () => relative,
      (line) => line,
      {},
      {
        isService: true,
        others: () => [],
      },
    );
    logger.debug('a detail', {});
    logger.info('a denial', { category: 'security' });
    logger.error('a failure', {});
    const long = 'x'.repeat(50_000);
    for (let line = 0; line < 100; line += 1) logger.info(long, {});
    await logger.flush();
    vi.setSystemTime(Date.now() + 2 * 3_600_000);
    logger.info('two hours later', {});
    await logger.close();
  } finally {
    vi.useRealTimers();
    stderr.mockRestore();
    stdout.mockRestore();
    await out.close();
  }
  said.out = (await readFile(join(where, 'standard-output'), 'utf8')).includes('a failure');
  const files = await readdir(where, { recursive: true });
  const text = await readFile(join(relative.logDir, 'application.json'), 'utf8').catch(() => '');
  const security = await readFile(join(relative.logDir, 'security.json'), 'utf8').catch(() => '');
  const all = await Promise.all(
    files.map((name) => readFile(join(where, name), 'utf8').catch(() => '')),
  );
  await rm(where, { recursive: true, force: true, maxRetries: 5 });
  return {
    said,
    place: files.filter((name) => !name.includes('.')).toSorted(),
    application: files.filter((name) => name.includes('application')).length,
    detail: all.some((content) => content.includes('a detail')),
    security: security.includes('a denial'),
    any: text !== '',
  };
};

type Section = 'github' | 'git' | 'agents' | 'notifications';

/** What surrounds the calls of a dependency: tries, waits, deadline, places, and when it is left alone. */
export const calling =
  (section: Section): Look =>
  async (config, database) => {
    const given = config.resilience[section] as unknown as Partial<{
      timeoutMs: number;
      inFlight: number;
      waiting: number;
      retry: { attempts: number; baseMs: number; capMs: number };
    }> & { breaker: DependencyPolicy['breaker'] };
    await database.pool.query('delete from breakers');
    const clock = createManualClock();
    const breakers = createBreakers({ db: database.kysely<BreakerTables>(), clock });
    const { timeoutMs, inFlight, waiting = 100, retry, breaker } = given;
    const waits: number[] = [];
    const counting = { ...clock, sleep: async (ms: number) => void waits.push(ms) };
    const dependency = (name: string) =>
      createDependency(
        name,
        {
          breaker,
          ...(retry === undefined ? {} : { retry }),
          ...(inFlight === undefined ? {} : { bulkhead: { inFlight, waiting } }),
        },
        { breakers, clock: counting, random: { ...systemRandom, fraction: () => 0.999 } },
      );
    const away = (): Promise<never> =>
      Promise.reject(new AppError({ kind: 'unavailable', code: 'away', message: 'away' }));
    let tries = 0;
    await dependency('tries')
      .run(
        () => {
          tries += 1;
          return away();
        },
        { mayRepeat: true },
      )
      .catch(() => undefined);
    const held = Promise.withResolvers<void>();
    let begun = 0;
    const busy = dependency('busy');
    const crowd = Array.from({ length: 20 }, () =>
      busy.run(async () => {
        begun += 1;
        await held.promise;
      }),
    );
    const results = Promise.allSettled(crowd);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const atOnce = begun;
    held.resolve();
    const refused = (await results).filter(({ status }) => status === 'rejected').length;
    let sent = 0;
    const breaking = dependency('breaking');
    for (let call = 0; call < 40; call += 1) {
      // Three of four fail, one every second.
      await breaking
        .run(() => {
          sent += 1;
          return call % 4 === 0 ? Promise.resolve() : away();
        })
        .catch(() => undefined);
      clock.advance(1000);
    }
    const states = await breakerStates(database.kysely<BreakerTables>(), clock.now());
    return {
      timeoutMs,
      tries,
      longest: Math.round(Math.max(0, ...waits)),
      first: Math.round(waits[0] ?? 0),
      atOnce,
      refused,
      sent,
      open: states.map(({ since, until }) => (until?.getTime() ?? 0) - since.getTime()),
    };
  };
