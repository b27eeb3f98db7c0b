import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isOffered } from '../src/doors/mcp/tools.ts';
import { catalogue } from '../src/operations/catalogue.ts';
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
});

function textOf(result: object): string {
  const { content } = result as { content: readonly { text: string }[] };
  return content[0]?.text ?? '';
}
