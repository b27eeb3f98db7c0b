import type { Kysely } from 'kysely';
import type { AppError } from '../../lib/app-error.ts';
import { noCheckpoint } from '../../lib/checkpoint.ts';
import type { EffectDeps } from './effect-deps.ts';
import type { EffectRequestShape, EffectResultShape, Intent } from './intent.ts';
import {
  type EffectTables,
  insertIntent,
  intentsOfTask,
  moveIntent,
  readIntent,
  removedIntents,
  withdrawIntents,
} from './intent-rows.ts';
import { createMarkers } from './markers.ts';
import { createSenderProcesses } from './sender-process.ts';
import { settle, settleNow } from './settle.ts';
import type { StepParts } from './step.ts';
import { type Sweep, sweep } from './sweep.ts';

export interface EffectsOf<Handle, Request extends EffectRequestShape> {
  /** Writes the intents in the caller's transaction; answers their ids, in order. */
  intend(handle: Handle, requests: readonly Request[]): Promise<readonly string[]>;
  /**
   * Makes the thing once, or finds it made; resolves when it is final. Throws the host's AppError when it refused for good,
   * and `effect_held`, `effect_reconcile_only`, `rate_limited` or what a look met when the intent stays open for later.
   */
  settle(intentId: string): Promise<EffectResultShape>;
  /** The same as far as it goes without waiting; null when it stays open for its second look or is in other hands. */
  settleNow(intentId: string): Promise<EffectResultShape | null>;
  /**
   * One pass over everything that is open, as after a crash; never waits. Call it at the start and every so often. With
   * `maxMs` it begins with none after that time; the rest is left to the next pass.
   */
  settleAll(options?: { readonly concurrency?: number; readonly maxMs?: number }): Promise<Sweep>;
  /** Gives up what an attempt still wanted to write and nobody is sending; answers how many. For good: it is never sent. */
  withdraw(attempt: { readonly taskId: string; readonly attempt: number }): Promise<number>;
  get(intentId: string): Promise<Intent<Request> | null>;
  /** Every intent of a task, oldest first, with the error that ended it. */
  ofTask(
    taskId: string,
  ): Promise<readonly { readonly intent: Intent<Request>; readonly error: AppError | null }[]>;
  /** A person removed what the task had made by this kind of write: it is never made again. Answers how many. */
  noteRemoved(made: { readonly taskId: string; readonly kind: Request['kind'] }): Promise<number>;
  /** Lets a failed intent be tried once more: it is looked for first, as it may have been made after all. */
  requeue(intentId: string): Promise<boolean>;
}

/** Writes to the outside world that happen once, even when an answer is lost or a process dies (design, section 7). */
export function createEffects<Handle, Request extends EffectRequestShape>(
  deps: EffectDeps<Handle, Request>,
): EffectsOf<Handle, Request> {
  const db = deps.database.kysely<EffectTables>();
  const parts = partsOf(deps, db);
  return {
    intend: async (handle, requests) => {
      const transaction = deps.open(handle) as unknown as Kysely<EffectTables>;
      const ids = requests.map((request) => deps.idOf(request));
      for (const [index, request] of requests.entries()) {
        await insertIntent(transaction, ids[index] ?? deps.idOf(request), request);
      }
      await parts.checkpoint('effect.intended');
      return ids;
    },
    settle: async (id) => await settle(parts, id),
    settleNow: async (id) => await settleNow(parts, id),
    settleAll: async (options = {}) => await sweep(parts, options),
    withdraw: async (attempt) => await withdrawIntents(db, attempt),
    get: async (id) => (await readIntent<Request>(db, id))?.intent ?? null,
    ofTask: async (taskId) => await intentsOfTask<Request>(db, taskId),
    noteRemoved: async (made) => await removedIntents(db, made),
    requeue: async (id) => await moveIntent(db, id, 'failed', 'unknown'),
  };
}

function partsOf<Handle, Request extends EffectRequestShape>(
  deps: EffectDeps<Handle, Request>,
  db: Kysely<EffectTables>,
): StepParts<Request> {
  const { host, keyOf, clock, log, allow, audit, options = {} } = deps;
  return {
    db,
    host,
    keyOf,
    clock,
    log,
    allow,
    audit,
    markers: createMarkers(deps.markerKey),
    mode: deps.mode ?? (() => 'normal'),
    lookFirst: deps.lookFirst ?? (() => false),
    isRepeatable: deps.isRepeatable ?? (() => false),
    processes: deps.processes ?? createSenderProcesses(),
    checkpoint: deps.checkpoint ?? noCheckpoint,
    options: {
      leaseMs: 15_000,
      lookDistanceMs: 60_000,
      repeatDistanceMs: 2000,
      pollMs: 250,
      maxSends: 5,
      ...options,
    },
  };
}
