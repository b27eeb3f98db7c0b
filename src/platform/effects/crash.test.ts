import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createScriptedEffectHost,
  type ScriptedEffectHost,
  type SendFault,
} from '../../../test/fakes/scripted-effect-host.ts';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.ts';
import { AppError } from '../../lib/app-error.ts';
import { systemClock } from '../../lib/clock.ts';
import { migrate } from '../database/migrate.ts';
import type { EffectTables } from './intent-rows.ts';
import { effectMigrations } from './migrations.ts';

const program = fileURLToPath(
  new URL('../../../test/support/effect-sender-program.ts', import.meta.url),
);
let database: TestDatabase;
let world: World;

beforeAll(async () => {
  database = await createTestDatabase();
  await migrate(database, effectMigrations);
  world = await createWorld();
});

/** Of each stopped process; ZOMBIE_INTENTS for more. */
const zombieIntents = Number(process.env['ZOMBIE_INTENTS'] ?? '8');

const children: ChildProcess[] = [];

afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  world.server.close();
  await database.drop();
});

describe('processes that die or freeze', () => {
  it('leave one thing each when killed at any point, and one successor ends their effects, whose leases would last ten minutes more', async () => {
    const cases: readonly (readonly [string, SendFault | null])[] = [
      ['effect.intended', null],
      ['effect.claimed', null],
      ['effect.sending', null],
      ['effect.sent', null],
      ['effect.stored', null],
      ['effect.looked', 'lost'],
      ['effect.looked', 'reset'],
    ];
    const intents = cases.map(([point, fault]) => `kill-${point}-${fault}`);
    const signals = cases.map(async ([point, fault], index) => {
      const intent = intents[index] ?? '';
      if (fault !== null) world.hostOf(intent).script(fault);
      const [, signal] = await once(
        sender([intent], { CMS_CRASH_AT: point, LEASE_MS: '600000' }),
        'exit',
      );
      return signal;
    });
    expect(await Promise.all(signals)).toEqual(cases.map(() => 'SIGKILL'));
    const [code] = await once(sender(intents), 'exit');
    expect(code).toBe(0);
    expect(madeOf(intents)).toEqual(intents.map((intent) => [intent, 1]));
    expect(await statesOf(intents)).toEqual(['done']);
  });

  it('make nothing twice when stopped longer than their lease beside four live ones', async () => {
    const points = ['effect.claimed', 'effect.sending', 'effect.sent'];
    const intents = points.flatMap((point) =>
      Array.from({ length: zombieIntents }, (_, index) => `stop-${point}-${index}`),
    );
    const zombies = points.map((point) =>
      sender(
        intents.filter((intent) => intent.startsWith(`stop-${point}-`)),
        { CMS_CRASH_AT: point, CMS_CRASH_SIGNAL: 'SIGSTOP' },
      ),
    );
    await Promise.all(zombies.map(stopped));
    const others = Array.from({ length: 4 }, () => sender(intents));
    const codes = await Promise.all(others.map(async (child) => (await once(child, 'exit'))[0]));
    for (const zombie of zombies) zombie.kill('SIGCONT');
    codes.push(
      ...(await Promise.all(zombies.map(async (child) => (await once(child, 'exit'))[0]))),
    );
    expect(codes).toEqual(Array.from({ length: 7 }, () => 0));
    expect(madeOf(intents)).toEqual(intents.map((intent) => [intent, 1]));
    expect(await statesOf(intents)).toEqual(['done']);
  });
});

function sender(
  intents: readonly string[],
  environment: Record<string, string> = {},
): ChildProcess {
  const child = spawn(process.execPath, [program], {
    stdio: ['pipe', 'inherit', 'inherit'],
    env: {
      ...process.env,
      DATABASE_URL: database.url,
      HOST_URL: world.url,
      LEASE_MS: '1500',
      ...environment,
    },
  });
  // More than a command line or an environment holds.
  child.stdin.end(intents.join(','));
  children.push(child);
  return child;
}

/** Waits until the kernel says that the process is stopped. */
async function stopped(child: ChildProcess): Promise<void> {
  const isStopped = async () => / T /u.test(await readFile(`/proc/${child.pid}/stat`, 'utf8'));
  while (!(await isStopped())) await systemClock.sleep(20);
}

function madeOf(intents: readonly string[]): readonly (readonly [string, number])[] {
  return intents.map((intent) => [intent, world.hostOf(intent).made.length]);
}

async function statesOf(intents: readonly string[]): Promise<readonly string[]> {
  const rows = database.kysely<EffectTables>().selectFrom('effect_intents').select('status');
  const states = await rows.where('id', 'in', intents).distinct().execute();
  return states.map(({ status }) => status);
}

interface World {
  readonly url: string;
  readonly server: Server;
  /** Each intent has a code host of its own, so that its faults are its own too. */
  hostOf(intent: string): ScriptedEffectHost;
}

/** Scripted hosts on loopback: a fault of the answer is a cut connection or a 502. */
async function createWorld(): Promise<World> {
  const hosts = new Map<string, ScriptedEffectHost>();
  const hostOf = (intent: string): ScriptedEffectHost => {
    const host = hosts.get(intent) ?? createScriptedEffectHost();
    hosts.set(intent, host);
    return host;
  };
  const server = createServer((incoming, answer) => {
    void answerOne(hostOf, incoming, answer);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, server, hostOf };
}

async function answerOne(
  hostOf: World['hostOf'],
  incoming: IncomingMessage,
  answer: ServerResponse,
): Promise<void> {
  const marker = await text(incoming);
  const host = hostOf(/cms:1:([^:]+):/u.exec(marker)?.[1] ?? '');
  const write = {
    kind: 'create_issue',
    repository: { host: 'github', name: 'acme/widgets' },
    payload: {},
    marker,
    since: new Date(0),
  };
  try {
    const result = incoming.url === '/send' ? await host.send(write) : await host.find(write);
    answer.end(JSON.stringify(result));
  } catch (error) {
    const cut = error instanceof AppError && ['lost', 'reset'].includes(error.code);
    if (cut) incoming.socket.destroy();
    else answer.writeHead(502).end();
  }
}
