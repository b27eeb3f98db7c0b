import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { isOffered } from '../src/doors/mcp/tools.ts';
import { createClient } from '../src/operations/api-client/client.ts';
import { catalogue } from '../src/operations/catalogue.ts';
import { listRuns } from '../src/operations/runs/contract.ts';
import { approveTask, listTasks, showTask } from '../src/operations/tasks/contract.ts';
import { createToken } from '../src/operations/tokens/contract.ts';
import { bootstrapUsers } from '../src/operations/users/contract.ts';
import { browserFetch } from './support/browser-fetch.ts';
import { startDashboardService } from './support/dashboard-service.ts';
import { program, programEnv } from './support/program.ts';
import { startService } from './support/running-service.ts';
import { createServiceProcess, type ServiceProcess } from './support/service-process.ts';
import { createTestDatabase, type TestDatabase } from './support/test-database.ts';

let folder: string;
let database: TestDatabase;
let service: ServiceProcess;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cms-mcp-'));
  database = await createTestDatabase();
  const config = {
    executor: { default: 'demo', agents: { demo: { kind: 'command', command: ['true'] } } },
  };
  const env = { DATABASE_URL: database.url ?? '' };
  service = await createServiceProcess({ folder, config, env });
});

afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

const wanted = ['tasks_list', 'tasks_show', 'findings_list', 'runs_list', 'issues_create'];

describe('MCP', { timeout: 180_000 }, () => {
  test('offers nothing that approves, administers or cannot be taken back', () => {
    const offered = catalogue().filter(isOffered);
    expect(offered.length).toBeGreaterThan(5);
    for (const { name, permission, effect, dangerous } of offered) {
      expect([name, permission]).not.toEqual([name, 'tasks:approve']);
      expect([name, dangerous ?? false]).toEqual([name, false]);
      expect([name, effect === 'read' || permission === 'issues:write']).toEqual([name, true]);
    }
    expect(catalogue().filter((one) => one.permission === 'tasks:approve').length).toBeGreaterThan(
      0,
    );
    for (const one of catalogue())
      expect(isOffered({ ...one, doors: ['mcp'], permission: 'tasks:approve' })).toBe(false);
  });

  test('has a door of its own only where a contract says so, and no contract says so without it', () => {
    const claimed = catalogue().filter(({ doors }) => doors.includes('mcp'));
    expect(claimed.filter((one) => !isOffered(one)).map(({ name }) => name)).toEqual([]);
  });

  test('serves an editor that starts the program, through the gate and its log', async () => {
    const client = new Client({ name: 'editor', version: '1' });
    await client.connect(
      new StdioClientTransport({
        command: process.execPath,
        args: [program, '--config', join(folder, 'config.json'), 'mcp'],
        cwd: folder,
        env: programEnv(folder, service.env),
        stderr: 'ignore',
      }),
    );
    const { tools } = await client.listTools();
    const names = tools.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(wanted));
    expect(names.filter((name) => /approve|users|credentials|stop/u.test(name))).toEqual([]);
    const listed = await client.callTool({ name: 'tasks_list', arguments: {} });
    expect(JSON.parse(textOf(listed))).toMatchObject({ items: [] });
    const refused = await client.callTool({ name: 'tasks_list', arguments: { misspelt: 1 } });
    expect(refused.isError).toBe(true);
    expect(textOf(refused)).toContain('field_unknown');
    // Each tool answers, or says what is wrong with what it was given.
    const given: Readonly<Record<string, unknown>> = {
      id: '0123456789abcdef01234567',
      repository: 'acme/widgets',
      title: 'Look at it',
      body: 'It is slow.',
      name: 'acme/widgets',
    };
    for (const { name, inputSchema } of tools) {
      const needed = inputSchema.required ?? [];
      const answer = await client.callTool({
        name,
        arguments: Object.fromEntries(needed.map((member) => [member, given[member] ?? 'x'])),
      });
      expect([name, textOf(answer)]).not.toEqual([name, expect.stringContaining('internal')]);
      expect([name, answer.isError === true]).toEqual([name, needed.length > 0]);
    }
    const approving = await client.callTool({ name: 'tasks_approve', arguments: { id: 'x' } });
    expect(approving.isError).toBe(true);
    await client.close();
    const log = await service.run(['audit', 'list', '--limit', '50']);
    expect(log.stdout).toContain('tasks.list');
  });

  test('serves a token over HTTP with the rights of that token, and nobody without one', async () => {
    const made = await service.run(
      ['users', 'create', 'ada', '--role', 'viewer', '--password-stdin'],
      {
        input: 'correct horse battery staple 7\n',
      },
    );
    expect(made.stderr).toBe('');
    const words = ['tokens', 'create', 'editor', '--user', 'ada', '--scope', 'tasks:read'];
    const { secret } = (await service.run(words)).json as { secret: string };
    const running = await startService(service);
    try {
      const address = new URL('/mcp', running.address);
      const strangers = await fetch(address, { method: 'POST' });
      expect(strangers.status).toBe(401);
      const client = new Client({ name: 'agent', version: '1' });
      const requestInit = { headers: { authorization: `Bearer ${secret}` } };
      await client.connect(new StreamableHTTPClientTransport(address, { requestInit }));
      const { tools } = await client.listTools();
      const names = tools.map(({ name }) => name);
      expect(names).toContain('tasks_list');
      expect(names).not.toContain('issues_create');
      const listed = await client.callTool({ name: 'tasks_list', arguments: {} });
      expect(JSON.parse(textOf(listed))).toMatchObject({ items: [] });
      await client.close();
    } finally {
      await running.stop();
    }
  });

  test('each tool answers over HTTP what the REST API answers, and none of them approves, whatever the token may', async () => {
    // Each answer is asked for three times, more often than a program may in a minute by itself.
    const often = { max_requests_per_minute: 5000, max_requests_per_minute_per_address: 5000 };
    const running = await startDashboardService(() => ({ security: { rate_limiting: often } }));
    try {
      const { origin, link } = running;
      const person = createClient({ baseUrl: origin, fetch: browserFetch(origin) });
      await person.call(bootstrapUsers, {
        token: new URL(link).hash.replace('#token=', ''),
        name: 'ann',
        password: 'six green boats at 4 in the fog',
      });
      const permissions = new Set<string>(catalogue().map(({ permission }) => permission));
      permissions.delete('public');
      const scopes = [...permissions];
      const { secret } = await person.call(createToken, { name: 'editor', scopes });
      const rest = createClient({ baseUrl: origin, token: secret });
      const proposals = async () =>
        (await rest.call(listTasks, { state: ['proposed'], limit: 100 })).items;
      await expect.poll(async () => (await proposals()).length, { timeout: 180_000 }).toBe(5);
      const [first, second] = await proposals();
      const done = first?.id ?? '';
      await rest.call(approveTask, { id: done, contentHash: first?.contentHash ?? undefined });
      await expect
        .poll(async () => (await rest.call(showTask, { id: done })).state, { timeout: 180_000 })
        .toBe('in_review');
      const run = (await rest.call(listRuns, { task: done })).items[0]?.id ?? '';

      const client = new Client({ name: 'agent', version: '1' });
      const requestInit = { headers: { authorization: `Bearer ${secret}` } };
      await client.connect(
        new StreamableHTTPClientTransport(new URL('/mcp', origin), { requestInit }),
      );
      const byTool = async (name: string, input: object): Promise<unknown> => {
        const answer = await client.callTool({
          name: name.replaceAll('.', '_'),
          arguments: { ...input },
        });
        expect([name, answer.isError ?? false, textOf(answer)]).toEqual([
          name,
          false,
          textOf(answer),
        ]);
        return JSON.parse(textOf(answer));
      };
      const { items: findings } = (await byTool('findings.list', {})) as {
        items: readonly { id: string }[];
      };
      const inputs: Readonly<Record<string, object>> = {
        // Each question is an entry of its own; what was written is as it was.
        'audit.list': { beforeSeq: 20 },
        'findings.show': { id: findings[0]?.id },
        'issues.create': {
          repository: first?.target,
          title: 'Look at the speed of it',
          body: 'It is slow.',
        },
        'repositories.show': { repo: first?.target },
        'runs.events': { id: run },
        'runs.show': { id: run },
        ...Object.fromEntries(
          ['audit', 'diff', 'explain', 'show', 'timeline'].map((verb) => [
            `tasks.${verb}`,
            { id: done },
          ]),
        ),
      };
      const offered = catalogue().filter(isOffered);
      const { tools } = await client.listTools();
      expect(tools.map(({ name }) => name).sort()).toEqual(
        offered.map(({ name }) => name.replaceAll('.', '_')).sort(),
      );
      for (const contract of offered) {
        const input = inputs[contract.name] ?? {};
        // Only what the REST API says twice in the same words can be expected of the tool between.
        await vi.waitFor(
          async () => {
            const before: unknown = await rest.call(contract, input);
            const said = await byTool(contract.name, input);
            const after: unknown = await rest.call(contract, input);
            const moving = new Set(differences(before, after));
            expect([
              contract.name,
              differences(before, said).filter((path) => !moving.has(path)),
            ]).toEqual([contract.name, []]);
            expect(moving.size).toBeLessThan(10);
          },
          { timeout: 120_000, interval: 500 },
        );
      }

      const approving = catalogue().filter(({ permission }) => permission === 'tasks:approve');
      for (const { name } of approving) {
        const refused = await client.callTool({
          name: name.replaceAll('.', '_'),
          arguments: { id: second?.id, contentHash: second?.contentHash },
        });
        expect([name, refused.isError]).toEqual([name, true]);
      }
      expect(await rest.call(showTask, { id: second?.id ?? '' })).toMatchObject({
        state: 'proposed',
        approvals: [],
      });
      await client.close();
    } finally {
      await running.close();
    }
  });
});

/** The places where two documents are not alike. */
function differences(a: unknown, b: unknown, at = '$'): readonly string[] {
  if (typeof a !== 'object' || a === null || typeof b !== 'object' || b === null)
    return Object.is(a, b) ? [] : [at];
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].flatMap((name) =>
    differences(
      (a as Record<string, unknown>)[name],
      (b as Record<string, unknown>)[name],
      `${at}.${name}`,
    ),
  );
}

function textOf(result: object): string {
  const { content } = result as { content: readonly { text: string }[] };
  return content[0]?.text ?? '';
}
