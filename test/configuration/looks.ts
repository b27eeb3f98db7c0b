import { createServer } from 'node:http';
import { checkToken } from '../../src/app/code-host/token-check.ts';
import { openGuard } from '../../src/app/doors/open-guard.ts';
import { openIdentity } from '../../src/app/doors/open-identity.ts';
import { agentEntries } from '../../src/app/work/open-agents.ts';
import { createSettings, watched } from '../../src/app/work/settings.ts';
import type { RepositoryRef } from '../../src/domain/repository.ts';
import { createAgents } from '../../src/integrations/agents/create-agents.ts';
import { createTerragon } from '../../src/integrations/delegates/terragon.ts';
import { AppError } from '../../src/lib/app-error.ts';
import { silentLog } from '../../src/lib/log.ts';
import { systemRandom } from '../../src/lib/random.ts';
import type { GuardedCall, InputFlag } from '../../src/operations/gate.ts';
import { holdOf } from '../../src/pipeline/dispatch.ts';
import { propose } from '../../src/pipeline/propose/propose.ts';
import type { Config } from '../../src/platform/config/schema.ts';
import { createPasswords } from '../../src/platform/identity/passwords.ts';
import { createManualClock } from '../fakes/manual-clock.ts';
import { createPipelineWorld } from '../fakes/pipeline-world.ts';
import type { TestDatabase } from '../support/test-database.ts';

/** Everything that the program does with a configuration in one of its rooms, as plain values. */
export type Look = (
  config: Config,
  database: TestDatabase,
  flows: TestDatabase,
) => Promise<unknown>;

/** What a look needs is not on this machine; its keys are skipped, with the reason. */
export class NotHere extends Error {}

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
  const ports = {
    ...world.ports,
    settings: { ...settings, managerOf: () => world.manager, findManager: () => world.manager },
  };
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
    audit: { record: async () => undefined },
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
  const rooms = openIdentity({
    database,
    audit: { record: async () => undefined },
    vault: {
      seal: async (plain: string) => plain,
      open: async (sealed: string) => Buffer.from(sealed),
    },
    config: () => config,
    origin: () => 'http://localhost',
    clock,
    random: systemRandom,
    log: { info: () => undefined, warn: () => undefined },
    passwords,
  });
  const { identity } = rooms;
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
    (await rooms.authenticateSession(secret)) !== null;
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
