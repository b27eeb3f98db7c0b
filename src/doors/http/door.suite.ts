import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { Actor } from '../../domain/actor.ts';
import { AppError } from '../../lib/app-error.ts';
import { systemClock } from '../../lib/clock.ts';
import { silentLog } from '../../lib/log.ts';
import { systemRandom } from '../../lib/random.ts';
import type { Gate } from '../../operations/gate.ts';
import { createGate, serve } from '../../operations/gate.ts';
import { operation } from '../../operations/operation.ts';
import type { FirstAnswers } from './first-answers.ts';
import type { HttpDoor } from './server.ts';
import { openHttpDoor } from './server.ts';
import type { HttpSettings } from './settings.ts';
import type { Patience } from './slow-senders.ts';

const base = {
  kind: 'call',
  needs: 'store',
  deadlineMs: 10_000,
  doors: ['http'],
  permission: 'tasks:write',
} as const;

/** Operations of every shape that a door has to carry. */
export const samples = {
  list: operation({
    ...base,
    name: 'samples.list',
    summary: 'List samples',
    permission: 'tasks:read',
    effect: 'read',
    input: z.object({
      state: z.array(z.enum(['new', 'old'])).optional(),
      live: z.boolean().optional(),
      limit: z.number().int().min(1).max(100).default(10),
    }),
    output: z.object({ given: z.unknown() }),
  }),
  create: operation({
    ...base,
    name: 'samples.create',
    summary: 'Make a sample',
    effect: 'write',
    input: z.object({
      title: z.string().min(1).max(100),
      tags: z.array(z.string()).max(5).default([]),
      place: z.object({ line: z.number() }).optional(),
    }),
    output: z.object({ id: z.number(), title: z.string() }),
  }),
  rename: operation({
    ...base,
    name: 'samples.rename',
    summary: 'Rename a sample',
    effect: 'write',
    input: z.object({ id: z.string().max(50), title: z.string().min(1).max(100) }),
    output: z.object({ id: z.string(), title: z.string() }),
  }),
  slow: operation({
    ...base,
    name: 'samples.slow',
    summary: 'Take a while and tell of it',
    effect: 'write',
    input: z.object({ ms: z.number() }),
    output: z.object({ done: z.boolean() }),
  }),
  token: operation({
    ...base,
    name: 'samples.token',
    summary: 'Make a secret',
    shows: ['secret'],
    effect: 'write',
    input: z.object({}),
    output: z.object({ secret: z.string() }),
  }),
  fail: operation({
    ...base,
    name: 'samples.fail',
    summary: 'Fail as asked',
    effect: 'write',
    input: z.object({ how: z.enum(['conflict', 'defect', 'limit']) }),
    output: z.unknown(),
  }),
  enter: operation({
    ...base,
    name: 'samples.enter',
    summary: 'Sign in as the sample user',
    shows: ['session'],
    permission: 'public',
    effect: 'write',
    input: z.object({}),
    output: z.object({
      user: z.string(),
      session: z.object({ secret: z.string(), expiresAt: z.string() }),
    }),
  }),
  watch: operation({
    ...base,
    name: 'samples.watch',
    summary: 'Count from where one was',
    permission: 'tasks:read',
    effect: 'read',
    kind: 'stream',
    deadlineMs: null,
    input: z.object({ after: z.string().optional() }),
    output: z.object({ cursor: z.string() }),
  }),
};

/** A door on a free port over the samples, with one user, one token and what it did. */
export interface SampleDoor {
  readonly door: HttpDoor;
  readonly address: string;
  /** How often a handler began, by operation. */
  readonly begun: ReadonlyMap<string, number>;
  readonly gate: Gate;
  /** Takes the rights of the user and of the token. */
  revoke(): void;
  close(): Promise<void>;
}

export const goodToken = 'cms_good';
export const goodSession = 'session-of-ann';

export async function openSampleDoor(parts: {
  readonly answers: FirstAnswers;
  readonly settings?: Partial<HttpSettings>;
  readonly owner?: Actor;
  readonly askStore?: () => Promise<unknown>;
  readonly admitProbe?: (clientId: string) => AppError | null;
  readonly dashboard?: string;
  readonly patience?: Patience;
}): Promise<SampleDoor> {
  const begun = new Map<string, number>();
  let isRevoked = false;
  const note = (name: string): number => {
    const count = (begun.get(name) ?? 0) + 1;
    begun.set(name, count);
    return count;
  };
  const gate = createGate({
    served: [
      serve(samples.list, async (given) => ({ given })),
      serve(samples.create, async ({ title }) => ({ title, id: note('create') })),
      serve(samples.rename, async ({ id, title }) => {
        note('rename');
        return { id, title };
      }),
      serve(samples.slow, async ({ ms }, { progress }) => {
        note('slow');
        progress('half way');
        await delay(ms);
        return { done: true };
      }),
      serve(samples.token, async () => ({ secret: `s${note('token')}` })),
      serve(samples.fail, async ({ how }) => {
        note('fail');
        throw failureOf(how);
      }),
      serve(samples.enter, async () => {
        note('enter');
        const expiresAt = new Date(Date.now() + 60_000).toISOString();
        return { user: 'ann', session: { secret: goodSession, expiresAt } };
      }),
      serve(
        { ...samples.watch, output: z.never() },
        async ({ after }, { signal }) => counting(Number(after ?? '0'), signal) as never,
      ),
    ],
    audit: { begin: async () => '', finish: async () => undefined },
    clock: systemClock,
    newCorrelationId: () => systemRandom.uuid(),
    within: (_context, body) => body(),
    log: { info: () => undefined, warn: () => undefined },
  });
  const door = await openHttpDoor({
    gate,
    authenticator: {
      authenticateSession: async (secret) =>
        secret === goodSession && !isRevoked
          ? { kind: 'user', name: 'ann', roles: ['admin'], session: { id: '1', provenAtMs: 0 } }
          : null,
      authenticateToken: async (secret) =>
        secret === goodToken && !isRevoked
          ? { kind: 'token', name: 'robot', scopes: ['tasks:read', 'tasks:write'] }
          : null,
    },
    metrics: { contentType: 'text/plain', text: async () => 'claude_manager_info 1\n' },
    isBootstrapped: async () => true,
    owner: parts.owner ?? null,
    answers: parts.answers,
    admitProbe: parts.admitProbe ?? (() => null),
    askStore: parts.askStore ?? (async () => undefined),
    settings: {
      host: '127.0.0.1',
      port: 0,
      inheritedSocket: null,
      publicUrl: null,
      allowedHosts: [],
      trustedProxies: [],
      bodyLimitBytes: 64 * 1024,
      maxConnections: 100,
      maxConnectionsPerAddress: 100,
      ...parts.settings,
    },
    dashboard: parts.dashboard ?? '/nowhere/',
    ...(parts.patience === undefined ? {} : { patience: parts.patience }),
    version: 'test',
    clock: systemClock,
    newCorrelationId: () => systemRandom.uuid(),
    log: silentLog,
  });
  return {
    door,
    address: door.address,
    begun,
    gate,
    revoke: () => {
      isRevoked = true;
    },
    close: () => door.close(),
  };
}

function failureOf(how: 'conflict' | 'defect' | 'limit'): Error {
  if (how === 'defect') return new TypeError('select * from secrets at /etc/passwd');
  return new AppError({
    kind: how === 'limit' ? 'rate_limited' : 'conflict',
    code: how === 'limit' ? 'rate_limited' : 'sample_conflict',
    message: 'Not now.',
    details: { limit: 60, remaining: 0, resetSeconds: 30, retryAfterSeconds: 12 },
  });
}

async function* counting(from: number, signal: AbortSignal): AsyncGenerator<{ cursor: string }> {
  for (let count = from + 1; !signal.aborted; count += 1) {
    yield { cursor: String(count) };
    await delay(count < from + 3 ? 1 : 60_000, undefined, { signal }).catch(() => undefined);
  }
}
