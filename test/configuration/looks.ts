import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { agentEntries } from '../../src/app/open-agents.ts';
import { openGuard } from '../../src/app/open-guard.ts';
import { createServerOpener } from '../../src/app/open-http.ts';
import { openIdentity } from '../../src/app/open-identity.ts';
import { openLogger } from '../../src/app/open-logger.ts';
import { createSettings, watched } from '../../src/app/settings.ts';
import { checkToken } from '../../src/app/token-check.ts';
import type { RepositoryRef } from '../../src/domain/repository.ts';
import { createAgents } from '../../src/integrations/agents/create-agents.ts';
import { createTerragon } from '../../src/integrations/delegates/terragon.ts';
import { AppError } from '../../src/lib/app-error.ts';
import { silentLog } from '../../src/lib/log.ts';
import { systemRandom } from '../../src/lib/random.ts';
import { catalogue } from '../../src/operations/catalogue.ts';
import type { Gate, GuardedCall, InputFlag } from '../../src/operations/gate.ts';
import { holdOf } from '../../src/pipeline/dispatch.ts';
import { propose } from '../../src/pipeline/propose/propose.ts';
import type { Config } from '../../src/platform/config/schema.ts';
import { createPasswords } from '../../src/platform/identity/passwords.ts';
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
import { createPipelineWorld } from '../fakes/pipeline-world.ts';
import type { TestDatabase } from '../support/test-database.ts';

/** Everything that the program does with a configuration in one of its rooms, as plain values. */
export type Look = (
  config: Config,
  database: TestDatabase,
  flows: TestDatabase,
) => Promise<unknown>;

const folder = '/srv/config';
const widgets: RepositoryRef = { host: 'github', name: 'acme/widgets' };

/** What the pipeline reads before each of its acts; a run is bounded, judged and reserved by exactly this. */
export const policy: Look = async (config) => {
  const settings = createSettings(() => config, folder);
  return {
    policy: settings.policyOf(widgets),
    limits: settings.limits(),
    rounds: settings.maxRounds(),
  };
};

/** Which repositories are watched, and who takes their proposals. */
export const watching: Look = async (config) => ({
  watched: watched(config, folder),
  manager: createSettings(() => config, folder).managerOf(widgets),
  policyOfOld: createSettings(() => config, folder).policyOf({ host: 'github', name: 'acme/old' }),
});

/** Four findings are proposed, and one task is asked why it does not start, on a Monday at noon in UTC. */
export const proposing: Look = async (config, _database, flows) => {
  const world = await createPipelineWorld(flows);
  const settings = createSettings(() => config, folder);
  const ports = { ...world.ports, settings: { ...settings, managerOf: () => world.manager } };
  for (const id of ['a', 'b', 'c', 'd'])
    await world.find(id, { path: `${id}.ts`, text: `do ${id}` });
  const { proposed, held } = await propose(ports, world.target);
  const [task] = proposed;
  const issues = [...world.host.state(world.manager).issues.values()];
  world.clock.advance(Date.parse('2035-01-01T12:00:00Z') - world.clock.now().getTime());
  return {
    proposed: proposed.length,
    held,
    agent: task?.agent,
    branch: task?.baseBranch,
    labels: issues[0]?.labels,
    body: issues[0]?.body.replaceAll(/<!--.*?-->/gsu, ''),
    byLabel: settings.agentByLabel(['claude-flow-task', 'mine-task']),
    hold: task === undefined ? null : ((await holdOf(ports, task))?.code ?? null),
    prompt: await settings.promptTemplate('todo'),
  };
};

/** Programs that could be run, and how each is described; the comment that a delegate gets. */
export const agents: Look = async (config) => ({
  entries: createAgents(agentEntries(config), { path: '/bin', baseDir: folder }).map(
    ({ name, cost }) => ({ name, cost }),
  ),
  described: JSON.stringify(agentEntries(config)),
  comment: createTerragon({ username: config.executor.terragonUsername }).request({
    issue: { repository: 'acme/manager', number: 1 },
    target: 'acme/widgets',
    title: 'x',
  } as never),
});

const anonymous: GuardedCall = {
  operation: 'tasks.list',
  effect: 'read',
  actor: { kind: 'anonymous', name: 'anonymous' },
  door: 'http',
  clientId: '203.0.113.9',
  correlationId: 'c',
};
const user = (name: string, session: boolean): GuardedCall['actor'] => ({
  kind: 'user',
  name,
  roles: ['viewer'],
  ...(session ? { session: { id: name, provenAtMs: 0 } } : {}),
});

/** Who is let through how often, and who is blocked for how long. */
export const limits: Look = async (config, database) => {
  await database.pool.query('delete from client_blocks');
  const { guard, blocks } = openGuard({
    database,
    audit: { record: async () => undefined } as never,
    config: () => config,
    log: silentLog,
  });
  const through = async (times: number, who: (turn: number) => Partial<GuardedCall>) => {
    let count = 0;
    for (let turn = 0; turn < times; turn += 1)
      count += (await guard.admit({ ...anonymous, ...who(turn) })) === null ? 1 : 0;
    return count;
  };
  const crowd = await through(20, (turn) => ({
    actor: user(`crowd-${turn}`, false),
    clientId: '203.0.113.77',
    effect: 'write',
  }));
  const dashboard = await through(10, () => ({
    actor: user('reader', true),
    clientId: '203.0.113.78',
  }));
  let probes = 0;
  for (let turn = 0; turn < 10; turn += 1)
    probes += guard.admitProbe('203.0.113.79') === null ? 1 : 0;
  const flag = (digest: string): InputFlag => ({
    field: 'repo',
    kinds: ['xss'],
    digest,
    isFreeText: false,
  });
  for (const digest of ['a', 'b'])
    guard.suspect({ ...anonymous, clientId: '203.0.113.80', flags: [flag(digest)] });
  const client = await through(62, () => ({}));
  // Blocks are kept a moment after they were decided.
  for (let look = 0; look < 20; look += 1) await blocks.list();
  const standing = (await blocks.list()).map(({ subject, reason, since, until }) => ({
    subject,
    reason,
    minutes: Math.round((until.getTime() - since.getTime()) / 60_000),
  }));
  return { crowd, dashboard, probes, client, standing };
};

/** A sign-in: how hard a password has to be, how often one may be wrong, how long a session lives. */
export const signingIn: Look = async (config, database) => {
  for (const table of ['identity_sessions', 'identity_attempts', 'identity_users'])
    await database.pool.query(`delete from ${table}`).catch(() => undefined);
  const clock = createManualClock();
  const passwords = createPasswords({
    random: systemRandom,
    parameters: { log2n: 4, r: 8, p: 1 },
  });
  const { identity, authenticateSession } = openIdentity({
    database,
    audit: { record: async () => undefined } as never,
    vault: {
      seal: async (plain: string) => plain,
      open: async (sealed: string) => Buffer.from(sealed),
    } as never,
    config: () => config,
    origin: () => 'http://localhost',
    clock,
    random: systemRandom,
    log: { info: () => undefined, warn: () => undefined },
    passwords,
  });
  const name = `ann${systemRandom.bytes(4).toString('hex')}`;
  const password = 'quiet river orange lamp';
  await identity.people.create({
    name,
    grants: [{ role: 'viewer', repositories: null }],
    password: await passwords.hash(password),
    mustChangePassword: false,
    createdBy: 'test',
  });
  const enter = (given: string, client: string) =>
    identity.signIn.byPassword({ name, password: given, client });
  const isAlive = async (secret: string): Promise<boolean> =>
    (await authenticateSession(secret)) !== null;
  const signed = await enter(password, '198.51.100.1');
  const { secret } = signed.session;
  clock.advance(90 * 60_000);
  const afterIdling = await isAlive(secret);
  clock.advance(20 * 60_000);
  const afterLong = await isAlive(secret);
  let tries = 0;
  for (let code = ''; code !== 'sign_in_locked' && tries < 12; tries += 1)
    code = await enter('wrong', `198.51.100.${tries + 10}`).then(
      () => 'in',
      (error: AppError) => error.code,
    );
  const weak = await identity.rules.require('gr33n b0ats 4!', name).then(
    () => 'taken',
    (error: AppError) => error.code,
  );
  return { factor: signed.enrollmentNeeded, afterIdling, afterLong, tries, weak };
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
    { config, version: '0', log: silentLog, gate: () => gate, routes: () => [] },
    { database, audit: { record: async () => undefined } as never },
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

/** What is written where when a service logs five megabytes. */
export const logging: Look = async (config) => {
  const where = await mkdtemp(join(tmpdir(), 'cms-looks-'));
  const { write } = process.stderr;
  const said = { err: '' };
  const relative = { ...config, logDir: join(where, config.logDir.split('/').at(-1) ?? '') };
  process.stderr.write = ((text: string) => {
    if (text.includes('a failure')) said.err = text.startsWith('{') ? 'json' : 'text';
    return true;
  }) as never;
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
    await logger.close();
  } finally {
    process.stderr.write = write;
  }
  const files = await readdir(where, { recursive: true });
  const text = await readFile(join(relative.logDir, 'application.json'), 'utf8').catch(() => '');
  const security = await readFile(join(relative.logDir, 'security.json'), 'utf8').catch(() => '');
  const all = await Promise.all(
    files.map((name) => readFile(join(where, name), 'utf8').catch(() => '')),
  );
  await rm(where, { recursive: true, force: true });
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
        { breakers, clock: counting as never, random: { ...systemRandom, fraction: () => 0.999 } },
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

/** What people are told of a token that belongs to the login `svc-bot`. */
export const owning: Look = async (config) => {
  const github = createServer((_asked, answer) => {
    answer.setHeader('content-type', 'application/json');
    answer.end('{ "login": "svc-bot" }');
  });
  await new Promise<void>((resolve) => github.listen(0, '127.0.0.1', resolve));
  const { port } = github.address() as { port: number };
  try {
    const env = { GITHUB_API_URL: `http://127.0.0.1:${port}` };
    return await checkToken(env, 'token', [], config.github.username);
  } finally {
    github.close();
  }
};
