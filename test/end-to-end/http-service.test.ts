import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { type AddressInfo, createServer as createSocketServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ApiError, createClient } from '../../src/operations/api-client/client.ts';
import { routeOf } from '../../src/operations/api-client/route.ts';
import { listAudit } from '../../src/operations/audit/contract.ts';
import { catalogue } from '../../src/operations/catalogue.ts';
import { watchChanges } from '../../src/operations/changes/contract.ts';
import {
  listMessages,
  sendAgain,
  TaskMessage,
} from '../../src/operations/notifications/contract.ts';
import { scanRepositories } from '../../src/operations/scans/contract.ts';
import { serviceStatus } from '../../src/operations/service/contract.ts';
import { signOut } from '../../src/operations/sessions/contract.ts';
import { listTasks, rejectTask } from '../../src/operations/tasks/contract.ts';
import { createToken } from '../../src/operations/tokens/contract.ts';
import { inputSchemaOf } from '../../src/operations/unknown-fields.ts';
import { bootstrapUsers } from '../../src/operations/users/contract.ts';
import { browserFetch } from '../support/browser-fetch.ts';
import { program, programEnv } from '../support/program.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';

const run = promisify(execFile);
const password = 'six green boats at 4 in the fog';

let folder = '';
let database: TestDatabase;

/** Another program, which is down at first. */
let isReceiverUp = false;
const received: { headers: IncomingHttpHeaders; body: string }[] = [];
const receiver = createServer((request, response) => {
  void receive(request, response);
});

async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
  received.push({ headers: request.headers, body: await readAll(request) });
  response.writeHead(isReceiverUp ? 204 : 503).end();
}

async function listenForMessages(): Promise<string> {
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  return `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/backlog`;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cms-http-'));
  database = await createTestDatabase();
  await mkdir(join(folder, 'r'));
  await writeFile(
    join(folder, 'r', 'a.js'),
    '// TODO: close the file\n// FIXME: and the other one\n',
  );
  const git = ['-c', 'user.name=a', '-c', 'user.email=a@example.com'];
  for (const words of [
    ['init', '-q'],
    ['add', '.'],
    [...git, 'commit', '-qm', 'first'],
  ])
    await run('git', words, { cwd: join(folder, 'r') });
  const url = await listenForMessages();
  const config = {
    repositories: [{ match: './r' }],
    executor: { sandbox: 'none', allowUnsandboxed: true },
    dataDir: 'data',
    logDir: 'logs',
    notifications: {
      webhooks: [
        { name: 'backlog', url, events: ['task.rejected', 'ping'], secret: 'BACKLOG_SECRET' },
        { name: 'done-only', url, events: ['task.done'], secret: 'BACKLOG_SECRET' },
      ],
      allowedHosts: ['127.0.0.1'],
    },
  };
  await writeFile(join(folder, 'config.json'), JSON.stringify(config));
});
afterAll(async () => {
  receiver.close();
  await database.drop();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

function start(...words: readonly string[]) {
  const child = spawn(process.execPath, [program, '--verbose', 'start', ...words], {
    cwd: folder,
    env: programEnv(folder, {
      DATABASE_URL: database.url,
      BACKLOG_SECRET: 'river',
    }),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const said = { text: '' };
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    said.text += part;
  });
  const find = async (pattern: RegExp): Promise<string> => {
    for (;;) {
      const found = pattern.exec(said.text)?.[1];
      if (found !== undefined) return found;
      if (child.exitCode !== null) throw new Error(said.text);
      await Promise.race([once(child.stderr, 'data'), once(child, 'exit')]);
    }
  };
  return { child, said, find };
}

/** Every line of a document that asks a service with curl. */
async function curlExamples(): Promise<readonly string[]> {
  const root = new URL('../../', import.meta.url);
  const guides = (await readdir(new URL('docs/guides/', root))).map(
    (name) => `docs/guides/${name}`,
  );
  const documents = ['README.md', 'SECURITY.md', 'PERFORMANCE_MONITORING.md', 'docs/API.md'];
  const texts = await Promise.all(
    [...documents, ...guides].map((name) => readFile(new URL(name, root), 'utf8')),
  );
  const lines = texts.flatMap((text) => text.split('\n')).map((line) => line.trim());
  const examples = lines.filter((line) => line.startsWith('curl '));
  expect(examples.length).toBeGreaterThan(1);
  return examples;
}

async function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null) await once(child, 'exit');
  return child.exitCode;
}

describe('a service', () => {
  test('is reached by its first administrator, by their token and by nobody else, and ends in order', async () => {
    const began = new Date().toISOString();
    const { child, find } = start('--port', '0');
    try {
      const address = await find(/listening on (http:\S+)/u);
      const link = new URL(await find(/(http:\S+#token=\S+)/u));
      expect(link.port).toBe(new URL(address).port);
      const ask = browserFetch(address);
      const person = createClient({ baseUrl: address, fetch: ask });
      await expect(person.call(listTasks, {})).rejects.toMatchObject({
        status: 503,
        code: 'not_bootstrapped',
      });
      const token = link.hash.replace('#token=', '');
      const made = await person.call(bootstrapUsers, { token, name: 'ann', password });
      expect(JSON.stringify(made)).not.toContain('secret');
      await expect(createClient({ baseUrl: address }).call(listTasks, {})).rejects.toMatchObject({
        status: 401,
      });

      // Of this every page of the dashboard tells.
      const { sandbox, processes } = await person.call(serviceStatus, {});
      expect(sandbox).toEqual({ name: 'none', missing: null });
      expect(processes).toContainEqual(
        expect.objectContaining({ pid: child.pid, isUnsealed: true }),
      );
      const { entries } = await person.call(listAudit, { event: 'agent.unsealed', limit: 10 });
      // The other tests start services on the same database.
      const own = entries.filter(({ at }) => at >= began);
      expect(own.map(({ facts }) => facts)).toEqual([
        { sandbox: 'none', consent: 'executor.allowUnsandboxed', wanted: 'none' },
      ]);

      const stop = new AbortController();
      const changes = person.stream(watchChanges, {}, { signal: stop.signal });
      await changes.next();
      const proposed = async () => {
        for (;;) {
          const { items } = await person.call(listTasks, { state: ['proposed'], limit: 1 });
          if (items[0] !== undefined) return items[0];
          await changes.next();
        }
      };
      const { id } = await proposed();
      const options = { idempotencyKey: 'once' };
      const rejected = await person.call(rejectTask, { id, reason: 'no' }, options);
      expect(rejected).toMatchObject({ id, state: 'rejected' });
      expect(await person.call(rejectTask, { id, reason: 'no' }, options)).toMatchObject({
        version: rejected.version,
      });
      for (let seen = false; !seen; ) {
        const { value } = await changes.next();
        seen = value?.changes.some(
          (change: { id: string; state: string | null }) =>
            change.id === id && change.state === 'rejected',
        );
      }
      stop.abort();

      const told = async (state: 'waiting' | 'delivered') => {
        for (let waitedMs = 0; ; waitedMs += 100) {
          const [message] = (await person.call(listMessages, { state, limit: 1 })).items;
          if (message !== undefined && message.status !== null) return message;
          if (waitedMs > 40_000)
            throw new Error(JSON.stringify(await person.call(listMessages, { limit: 5 })));
          await setTimeout(100);
        }
      };
      const refused = await told('waiting');
      expect(refused).toMatchObject({ receiver: 'backlog', type: 'task.rejected', status: 503 });
      isReceiverUp = true;
      await person.call(sendAgain, { id: refused.id });
      expect(await told('delivered')).toMatchObject({ id: refused.id, status: 204 });
      const last = received.at(-1);
      const ids = new Set(received.map(({ headers }) => headers['webhook-id']));
      expect([...ids]).toEqual([refused.id]);
      const { 'webhook-timestamp': seconds, 'webhook-signature': signature } = last?.headers ?? {};
      const mac = createHmac('sha256', 'river').update([refused.id, seconds, last?.body].join('.'));
      expect(signature).toBe(`v1,${mac.digest('base64')}`);
      expect(TaskMessage.parse(JSON.parse(last?.body ?? ''))).toMatchObject({
        type: 'task.rejected',
        data: { task: { id, state: 'rejected', from: 'proposed' } },
      });
      const { secret } = await person.call(createToken, {
        name: 'robot',
        scopes: ['tasks:read'],
      });
      const robot = createClient({ baseUrl: address, token: secret });
      expect((await robot.call(listTasks, {})).items.length).toBeGreaterThan(0);
      const direct = await fetch(`${address}/api/v1/tasks`, {
        headers: { authorization: `Bearer ${secret}` },
      });
      expect(direct.headers.get('ratelimit-limit')).toBe('60');
      expect(direct.headers.get('ratelimit-remaining')).toBe('58');
      // The examples of the documents, typed as they stand there.
      for (const line of await curlExamples()) {
        const here = line.replaceAll(/http:\/\/[^/\s']+/gu, address).replace('cms_…', secret);
        const { stdout } = await run('sh', ['-c', here], {
          env: { PATH: process.env['PATH'], TOKEN: secret },
        });
        expect([line, JSON.parse(stdout)]).toEqual([
          line,
          {
            items: expect.arrayContaining([expect.objectContaining({ state: 'proposed' })]),
            next: null,
          },
        ]);
      }
      const refusal = await robot.call(serviceStatus, {}).catch((error: unknown) => error);
      expect(refusal).toBeInstanceOf(ApiError);
      expect(refusal).toMatchObject({ status: 403, code: 'permission_missing' });

      await person.call(signOut, {});
      expect(ask.cookie()).toBe('claude-manager=');
      expect((await fetch(`${address}/readyz`)).status).toBe(200);
      child.kill('SIGTERM');
      expect(await ended(child)).toBe(0);
      await expect(fetch(`${address}/livez`)).rejects.toThrow('fetch failed');
    } finally {
      child.kill('SIGKILL');
    }
  }, 420_000);

  test('answers whatever is asked of any of its addresses without a fault of its own, and each operation of its door stands in the audit log', async () => {
    const { child, find } = start('--port', '0', '--no-security');
    try {
      const address = await find(/listening on (http:\S+)/u);
      const { rows: before } = await database.pool.query<{ last: number }>(
        'select coalesce(max(seq), 0) as last from audit_entries',
      );
      const headers = {
        origin: address,
        'x-claude-manager': '1',
        'content-type': 'application/json',
      };
      const odd = ['', '\u0001', '%00', '1-1', '-1', '1e308', "'; drop table tasks;--", '../../x'];
      const routes = catalogue()
        .filter(({ doors, kind }) => doors.includes('http') && kind !== 'stream')
        .map((contract) => ({ ...routeOf(contract), contract }))
        .filter(({ contract }) => contract.name !== scanRepositories.name);
      const faults: string[] = [];
      for (const { method, path, parameters, contract } of routes) {
        // What stands in the address as well would be refused before anybody looks at it.
        const members = Object.keys(inputSchemaOf(contract).properties ?? {}).filter(
          (member) => !parameters.includes(member),
        );
        for (const value of odd) {
          const at = path.replaceAll(/\{\w+\}/gu, encodeURIComponent(value) || 'x');
          const input = Object.fromEntries(members.map((member) => [member, value]));
          const query = method === 'GET' ? `?${new URLSearchParams(input).toString()}` : '';
          const body = method === 'GET' ? null : JSON.stringify(input);
          const answer = await fetch(`${address}${at}${query}`, { method, headers, body });
          const text = await answer.text();
          const isTalkative = answer.status >= 400 && /\.ts:|node_modules|select /u.test(text);
          if (answer.status >= 500 || isTalkative)
            faults.push(`${contract.name} ${JSON.stringify(value)}: ${answer.status} ${text}`);
        }
      }
      expect(routes.length).toBeGreaterThan(40);
      expect(faults).toEqual([]);

      // The two that last: a scan, and what is watched until its caller goes away.
      const owner = createClient({ baseUrl: address, fetch: browserFetch(address) });
      await owner.call(scanRepositories, { dryRun: true });
      const stop = new AbortController();
      await owner.stream(watchChanges, {}, { signal: stop.signal }).next();
      stop.abort();
      const { rows: written } = await database.pool.query<{ event: string }>(
        'select distinct event from audit_entries where seq > $1',
        [before[0]?.last],
      );
      const events = new Set(written.map(({ event }) => event));
      const served = catalogue().filter(({ doors }) => doors.includes('http'));
      expect(served.map(({ name }) => name).filter((name) => !events.has(name))).toEqual([]);
    } finally {
      child.kill('SIGKILL');
    }
  }, 420_000);

  test('whose port is taken says so and ends with 4; without sessions it stays on this machine, and serves nothing in production', async () => {
    const other = createSocketServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const taken = start('--port', String(port));
    expect(await ended(taken.child)).toBe(4);
    expect(taken.said.text).toContain(`Port ${port} on 127.0.0.1 is in use`);
    other.close();
    const env = { CLAUDE_MANAGER_SERVER_HOST: '0.0.0.0' };
    const open = spawn(process.execPath, [program, 'start', '--port', '0', '--no-security'], {
      cwd: folder,
      env: programEnv(folder, { DATABASE_URL: database.url, ...env }),
    });
    expect(await ended(open)).toBe(2);
    const live = spawn(
      process.execPath,
      [program, '--no-validate-config', 'start', '--port', '0', '--no-security'],
      {
        cwd: folder,
        env: programEnv(folder, {
          DATABASE_URL: database.url,
          CLAUDE_MANAGER_ENVIRONMENT: 'production',
        }),
      },
    );
    let refusal = '';
    live.stderr.setEncoding('utf8').on('data', (part: string) => (refusal += part));
    expect(await ended(live)).toBe(2);
    expect(refusal).toContain('Without sessions and rate limits nothing is served in production.');
  }, 420_000);
});
