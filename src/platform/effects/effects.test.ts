import { type Kysely, sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  createScriptedEffectHost,
  type ScriptedEffectHost,
} from '../../../test/fakes/scripted-effect-host.ts';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.ts';
import { AppError } from '../../lib/app-error.ts';
import { type Clock, systemClock } from '../../lib/clock.ts';
import { idOf } from '../../lib/hash.ts';
import { silentLog } from '../../lib/log.ts';
import { migrate } from '../database/migrate.ts';
import { createEffects, type EffectsOf } from './create-effects.ts';
import type { EffectDeps } from './effect-deps.ts';
import type { EffectRequestShape } from './intent.ts';
import { createMarkers } from './markers.ts';
import { effectMigrations } from './migrations.ts';

let database: TestDatabase;
let counter = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  await migrate(database, effectMigrations);
});

beforeEach(async () => {
  await sql`delete from effect_intents`.execute(database.kysely<unknown>());
});

afterAll(async () => {
  await database.drop();
});

const markerKey = Buffer.alloc(32, 7);
const options = { leaseMs: 30_000, lookDistanceMs: 30, pollMs: 10, maxSends: 5 };

type Deps = EffectDeps<Kysely<unknown>, EffectRequestShape>;

function effectsOn(
  host: ScriptedEffectHost,
  change: Partial<Deps> = {},
): EffectsOf<Kysely<unknown>, EffectRequestShape> {
  return createEffects<Kysely<unknown>, EffectRequestShape>({
    database,
    open: (transaction) => transaction,
    host: () => host,
    idOf: (request) => idOf(request.taskId, request.kind, String(request.ordinal)),
    keyOf: ({ host, name }) => `${host}:${name}`,
    markerKey,
    clock: systemClock,
    log: silentLog,
    allow: async () => ({ allowed: true }),
    audit: async () => {},
    options,
    ...change,
  });
}

function request(change: Partial<EffectRequestShape> = {}): EffectRequestShape {
  counter += 1;
  return {
    kind: 'create_issue',
    repository: { host: 'github', name: 'acme/widgets' },
    taskId: `task-${counter}`,
    attempt: 0,
    ordinal: 0,
    payload: { title: 'Close the file\u0000', labels: ['proposal'] },
    fingerprint: 'f00d',
    ...change,
  };
}

async function intended(
  effects: EffectsOf<Kysely<unknown>, EffectRequestShape>,
  given = request(),
): Promise<string> {
  const ids = await database
    .kysely<unknown>()
    .transaction()
    .execute(async (open) => await effects.intend(open, [given]));
  return ids[0] ?? '';
}

describe('an effect', () => {
  it('is made once with a genuine marker and settles the same way ever after', async () => {
    const host = createScriptedEffectHost();
    const effects = effectsOn(host);
    const id = await intended(effects);
    const first = await effects.settle(id);
    expect(first).toMatchObject({ number: 1, adopted: false });
    expect(await effects.settle(id)).toEqual(first);
    expect(host.made).toHaveLength(1);
    expect(createMarkers(markerKey).read(host.made[0] ?? '', 'github:acme/widgets')).toEqual({
      intentId: id,
      fingerprint: 'f00d',
    });
    expect(host.looks).toEqual([]);
  });

  it('is one intent however often it is decided; the first payload stands', async () => {
    const effects = effectsOn(createScriptedEffectHost());
    const given = request();
    const first = await intended(effects, given);
    const second = await intended(effects, { ...given, payload: { title: 'other' } });
    expect(second).toBe(first);
    expect((await effects.get(first))?.request.payload['title']).toBe('Close the file\uFFFD');
  });

  it('is not there when its transaction is rolled back', async () => {
    const effects = effectsOn(createScriptedEffectHost());
    let id = '';
    const work = database
      .kysely<unknown>()
      .transaction()
      .execute(async (open) => {
        [id = ''] = await effects.intend(open, [request()]);
        throw new Error('rolled back');
      });
    await expect(work).rejects.toThrow('rolled back');
    await expect(effects.settle(id)).rejects.toMatchObject({ code: 'effect_not_found' });
  });

  it.each(['lost', 'late_5xx', 'garbage'] as const)(
    'that was made though the answer was %s is adopted',
    async (fault) => {
      const host = createScriptedEffectHost();
      host.script(fault);
      const effects = effectsOn(host);
      const result = await effects.settle(await intended(effects));
      expect(result).toMatchObject({ number: 1, adopted: true });
      expect(host.made).toHaveLength(1);
    },
  );

  it.each(['reset', 'early_5xx'] as const)(
    'that met %s is sent again only after two looks in vain',
    async (fault) => {
      const host = createScriptedEffectHost();
      host.script(fault);
      const effects = effectsOn(host);
      const result = await effects.settle(await intended(effects));
      expect(result).toMatchObject({ number: 1, adopted: false });
      expect(host.made).toHaveLength(1);
      expect(host.looks).toHaveLength(2);
    },
  );

  it('of many is made once each, whatever becomes of the answers (CREATES=1000 for as many)', async () => {
    const host = createScriptedEffectHost();
    const count = Number(process.env['CREATES'] ?? 60);
    const faults = ['lost', 'late_5xx', 'garbage', 'slow', 'reset', 'early_5xx'] as const;
    for (let n = 0; n < count; n += 1) host.script(faults[n % faults.length] ?? 'lost');
    const effects = effectsOn(host, { options: { ...options, maxSends: 50 } });
    const numbers: unknown[] = [];
    const left = Array.from({ length: count }, () => request());
    const sender = async (): Promise<void> => {
      for (let one = left.pop(); one !== undefined; one = left.pop())
        numbers.push((await effects.settle(await intended(effects, one)))['number']);
    };
    await Promise.all(Array.from({ length: 8 }, sender));
    expect(host.made).toHaveLength(count);
    expect(new Set(numbers).size).toBe(count);
  });

  it('waits the whole distance between its two looks', async () => {
    const host = createScriptedEffectHost();
    host.script('reset');
    const slept: number[] = [];
    const clock: Clock = {
      ...systemClock,
      sleep: async (ms, signal) => {
        if (signal === undefined) slept.push(ms);
        await systemClock.sleep(signal === undefined ? Math.min(ms, 5) : ms, signal);
      },
    };
    const effects = effectsOn(host, { clock, options: { ...options, lookDistanceMs: 300 } });
    await effects.settle(await intended(effects));
    expect(slept[0]).toBe(300);
    expect(slept.length).toBeGreaterThan(1);
    expect(host.looks).toHaveLength(2);
  });

  it('that a host has once by its nature is asked for again after 2, 4, 8 seconds, and is looked for each time', async () => {
    const host = createScriptedEffectHost();
    host.script('reset', 'reset', 'early_5xx');
    const slept: number[] = [];
    const clock: Clock = {
      ...systemClock,
      sleep: async (ms, signal) => {
        if (signal === undefined) slept.push(ms);
        await systemClock.sleep(signal === undefined ? 5 : ms, signal);
      },
    };
    const times = { ...options, lookDistanceMs: 60_000, repeatDistanceMs: 20 };
    const effects = effectsOn(host, { clock, options: times, isRepeatable: () => true });
    await effects.settle(await intended(effects));
    expect(slept.filter((ms) => Number.isInteger(ms))).toEqual([20, 40, 80]);
    expect(host.looks).toHaveLength(6);
    expect(host.made).toHaveLength(1);
  });

  it('that is refused fails for good and keeps the error', async () => {
    const host = createScriptedEffectHost();
    host.script('refused');
    const effects = effectsOn(host);
    const id = await intended(effects);
    await expect(effects.settle(id)).rejects.toMatchObject({ kind: 'conflict', code: 'refused' });
    await expect(effects.settle(id)).rejects.toMatchObject({ kind: 'conflict', code: 'refused' });
    expect(host.made).toEqual([]);
    expect(await effects.requeue(id)).toBe(true);
    expect(await effects.settle(id)).toMatchObject({ number: 1 });
  });

  it('that is rate limited stays pending and is sent later without a look', async () => {
    const host = createScriptedEffectHost();
    host.script('rate_limited');
    const effects = effectsOn(host);
    const id = await intended(effects);
    await expect(effects.settle(id)).rejects.toMatchObject({ kind: 'rate_limited' });
    expect((await effects.get(id))?.status).toBe('pending');
    await effects.settle(id);
    expect(host.looks).toEqual([]);
  });

  it('stays open when the host cannot be looked through', async () => {
    const host = createScriptedEffectHost();
    host.script('lost');
    host.failLooks(1);
    const effects = effectsOn(host);
    const id = await intended(effects);
    await expect(effects.settle(id)).rejects.toMatchObject({ code: 'list_failed' });
    expect(await effects.settle(id)).toMatchObject({ adopted: true });
    expect(host.made).toHaveLength(1);
  });

  it('that never arrives fails after so many sends', async () => {
    const host = createScriptedEffectHost();
    host.script('reset', 'early_5xx', 'reset', 'reset', 'reset', 'reset');
    const effects = effectsOn(host, { options: { ...options, maxSends: 3, lookDistanceMs: 5 } });
    const id = await intended(effects);
    await expect(effects.settle(id)).rejects.toMatchObject({ code: 'effect_gave_up' });
    expect((await effects.get(id))?.sends).toBe(3);
  });

  it('that a person removed is not made again', async () => {
    const host = createScriptedEffectHost();
    const effects = effectsOn(host);
    const given = request();
    const id = await intended(effects, given);
    const result = await effects.settle(id);
    host.forget(host.made[0] ?? '');
    const made = { taskId: given.taskId, kind: given.kind };
    expect([await effects.noteRemoved(made), await effects.noteRemoved(made)]).toEqual([1, 0]);
    expect(await effects.settle(await intended(effects, given))).toEqual(result);
    await effects.settleAll();
    expect((await effects.get(id))?.status).toBe('removed_by_human');
    expect(host.made).toHaveLength(1);
  });
});

describe('an effect that nobody answers', () => {
  it('holds up no effect of another task, however often it is taken up again', async () => {
    const host = createScriptedEffectHost();
    const release = Promise.withResolvers<void>();
    const poison = request();
    const held = new Set<string>();
    const effects = effectsOn(host, {
      allow: async ({ request: { taskId } }) => {
        if (taskId !== poison.taskId) return { allowed: true };
        held.add(taskId);
        await release.promise;
        return { allowed: false, reason: 'poison' };
      },
    });
    const stuck = await intended(effects, poison);
    const others: string[] = [];
    for (let count = 0; count < 20; count += 1) others.push(await intended(effects));
    const pass = effects.settleAll({ concurrency: 2 });
    await vi.waitFor(async () => {
      const states = await Promise.all(others.map((id) => effects.get(id)));
      expect(states.every((one) => one?.status === 'done')).toBe(true);
    }, 120_000);
    expect([held.size, (await effects.get(stuck))?.status]).toEqual([1, 'pending']);
    release.resolve();
    expect(await pass).toMatchObject({ settled: 20, waiting: 1 });
  });
});

describe('restrictions', () => {
  it('hold an effect back as long as they stand', async () => {
    const host = createScriptedEffectHost();
    let paused = true;
    const effects = effectsOn(host, {
      allow: async () =>
        paused ? { allowed: false, reason: 'paused by maria' } : { allowed: true },
    });
    const id = await intended(effects);
    await expect(effects.settle(id)).rejects.toMatchObject({
      code: 'effect_held',
      details: { reason: 'paused by maria' },
    });
    expect(host.made).toEqual([]);
    paused = false;
    await effects.settle(id);
    expect(host.made).toHaveLength(1);
  });

  it('let nothing out that the audit cannot take', async () => {
    const host = createScriptedEffectHost();
    const effects = effectsOn(host, {
      audit: async () => {
        throw new AppError({ kind: 'unavailable', code: 'audit_unavailable', message: 'full' });
      },
    });
    const id = await intended(effects);
    await expect(effects.settle(id)).rejects.toMatchObject({ code: 'audit_unavailable' });
    expect(host.made).toEqual([]);
    expect((await effects.get(id))?.status).toBe('pending');
  });

  it('of thousands left over are begun for so long, and the rest by the next pass', async () => {
    const host = createScriptedEffectHost();
    const effects = effectsOn(host);
    for (const taskId of ['left-1', 'left-2', 'left-3'])
      await intended(effects, { ...request(), taskId });
    const short = await effects.settleAll({ concurrency: 1, maxMs: 0 });
    expect(short.settled).toBeLessThan(short.waiting + short.settled);
    expect(host.made.length).toBeLessThan(3);
    await effects.settleAll();
    expect(host.made).toHaveLength(3);
  });

  it('tell the audit of every turn', async () => {
    const host = createScriptedEffectHost();
    host.script('lost');
    const events: string[] = [];
    const effects = effectsOn(host, {
      audit: async ({ event }) => {
        events.push(event);
      },
    });
    await effects.settle(await intended(effects));
    expect(events).toEqual(['effect.sending', 'effect.unknown', 'effect.adopted']);
  });
});

describe('a refusal of the credential', () => {
  it('keeps the effect open however often it comes, and it is sent with a new one', async () => {
    const scripted = createScriptedEffectHost();
    let isRefused = true;
    const refused = new AppError({
      kind: 'unauthenticated',
      code: 'github_authentication',
      message: '',
    });
    const host = {
      ...scripted,
      send: async (write: Parameters<typeof scripted.send>[0]) => {
        if (isRefused) throw refused;
        return scripted.send(write);
      },
    };
    const effects = effectsOn(host, { options: { ...options, maxSends: 2 } });
    const id = await intended(effects);
    for (let tried = 0; tried < 4; tried += 1)
      await expect(effects.settle(id)).rejects.toBe(refused);
    expect((await effects.get(id))?.status).toBe('pending');
    isRefused = false;
    expect(await effects.settle(id)).toMatchObject({ number: 1 });
  });
});

describe('after a lost database', () => {
  it('what was made before is adopted, and nothing is sent while reconciling', async () => {
    const host = createScriptedEffectHost();
    let mode: 'normal' | 'reconcile_only' = 'reconcile_only';
    const effects = effectsOn(host, { mode: () => mode });
    const known = request();
    const id = await intended(effects, known);
    const marker = createMarkers(markerKey).make({
      intentId: id,
      fingerprint: 'f00d',
      repositoryKey: 'github:acme/widgets',
    });
    host.remember(marker);
    expect(await effects.settle(id)).toMatchObject({ number: 1, adopted: true });
    expect(host.looks[0]?.getTime()).toBe(0);
    const fresh = await intended(effects);
    await expect(effects.settle(fresh)).rejects.toMatchObject({ code: 'effect_reconcile_only' });
    expect(host.made).toEqual([]);
    mode = 'normal';
    await effects.settle(fresh);
    expect(host.made).toHaveLength(1);
  });

  it('looking first finds what is there and sends what is not', async () => {
    const host = createScriptedEffectHost();
    const effects = effectsOn(host, { lookFirst: () => true });
    expect(await effects.settle(await intended(effects))).toMatchObject({ adopted: false });
    expect(host.looks).toHaveLength(1);
  });
});

describe('several senders', () => {
  it('of one effect make one thing, and all get its result', async () => {
    const host = createScriptedEffectHost();
    const senders = [effectsOn(host), effectsOn(host), effectsOn(host), effectsOn(host)] as const;
    const ids = await Promise.all(Array.from({ length: 10 }, () => intended(senders[0])));
    const all = ids.flatMap((id) => senders.map(async (effects) => await effects.settle(id)));
    const results = await Promise.all(all);
    expect(new Set(results.map(({ number }) => number)).size).toBe(10);
    expect(host.made).toHaveLength(10);
  });

  it('take over at once from one whose process has ended, and from no other before its lease is over', async () => {
    const host = createScriptedEffectHost();
    const claimed = Promise.withResolvers<void>();
    const gone = new Set<string>();
    const at = (self: string): Partial<Deps> => ({
      processes: { self: async () => self, isGone: async (name) => gone.has(name) },
    });
    const dying = effectsOn(host, {
      ...at('first'),
      checkpoint: async (point) => {
        if (point !== 'effect.claimed') return;
        claimed.resolve();
        await new Promise<never>(() => {});
      },
    });
    const id = await intended(dying);
    void dying.settle(id);
    await claimed.promise;
    const next = effectsOn(host, at('second'));
    expect(await next.settleNow(id)).toBeNull();
    expect(host.made).toEqual([]);
    gone.add('first');
    expect(await next.settleNow(id)).toMatchObject({ number: 1, adopted: false });
    expect(host.made).toHaveLength(1);
  });

  it('that were paused longer than their lease do not send', async () => {
    const host = createScriptedEffectHost();
    let asleep = false;
    const clock: Clock = {
      ...systemClock,
      monotonicMs: () => systemClock.monotonicMs() + (asleep ? 60_000 : 0),
      sleep: async (ms, signal) => await systemClock.sleep(ms, signal),
    };
    const zombie = effectsOn(host, {
      clock,
      checkpoint: async (point) => {
        if (point === 'effect.sending') asleep = true;
      },
      audit: async ({ intent }) => {
        if (intent.sends > 0) throw new Error('enough');
      },
    });
    const id = await intended(zombie);
    await expect(zombie.settle(id)).rejects.toThrow('enough');
    expect(host.made).toEqual([]);
    await effectsOn(host).settle(id);
    expect(host.made).toHaveLength(1);
  });
});

describe('a sweep', () => {
  it('settles what a dead process left, in the order of each task, and leaves what must wait', async () => {
    const host = createScriptedEffectHost();
    const effects = effectsOn(host, { options: { ...options, lookDistanceMs: 60_000 } });
    const taskId = `task-of-sweep-${counter}`;
    const first = await intended(effects, request({ taskId, kind: 'push_branch' }));
    const second = await intended(effects, request({ taskId, kind: 'open_pull_request' }));
    host.script('reset');
    expect(await effects.settleAll({ concurrency: 1 })).toEqual({
      settled: 0,
      waiting: 2,
      timed: 1,
    });
    expect((await effects.get(first))?.status).toBe('unknown');
    expect((await effects.get(second))?.status).toBe('pending');
    const later = effectsOn(host, { options: { ...options, lookDistanceMs: 0 } });
    expect(await later.settleAll()).toEqual({ settled: 2, waiting: 0, timed: 0 });
    const markers = createMarkers(markerKey);
    expect(
      host.made.map((marker) => markers.read(marker, 'github:acme/widgets')?.intentId),
    ).toEqual([first, second]);
  });

  it('sends nothing of a task while an earlier write of it is in the hands of a sender', async () => {
    const host = createScriptedEffectHost();
    const taskId = `task-of-lease-${counter}`;
    const [claimed, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const slow = effectsOn(host, {
      checkpoint: async (point) => {
        if (point !== 'effect.claimed') return;
        claimed.resolve();
        await goOn.promise;
      },
    });
    const first = await intended(slow, request({ taskId, kind: 'push_branch' }));
    await intended(slow, request({ taskId, kind: 'open_pull_request' }));
    const sending = slow.settle(first);
    await claimed.promise;
    const other = effectsOn(host);
    expect(await other.settleAll()).toEqual({ settled: 0, waiting: 2, timed: 1 });
    expect(host.made).toEqual([]);
    goOn.resolve();
    await sending;
    expect(await other.settleAll()).toEqual({ settled: 1, waiting: 0, timed: 0 });
  });

  it('survives an effect that errs', async () => {
    const host = createScriptedEffectHost();
    const effects = effectsOn(host);
    await intended(effects);
    await intended(effects);
    host.script('rate_limited');
    expect(await effects.settleAll({ concurrency: 1 })).toEqual({
      settled: 1,
      waiting: 1,
      timed: 0,
    });
  });
});
