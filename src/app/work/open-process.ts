import { hostname } from 'node:os';
import { runsAgents, type ServiceRole, turnsTheLoop } from '../../domain/service-role.ts';
import type { ServicePorts } from '../../operations/service/run-service.ts';
import {
  alwaysLeads,
  type Leadership,
  seekLeadership,
} from '../../platform/database/leadership.ts';
import { hearNotices } from '../../platform/database/notices.ts';
import { claimService } from '../../platform/database/service-claim.ts';
import type { WorkflowDriver } from '../../platform/durable/engine.ts';
import { type WorkNotice, workChannel } from '../../storage/dispatch-notices.ts';
import { reachWorkers } from './attach-service.ts';
import { type EngineParts, engineLogOf, openEngine } from './open-engine.ts';
import { type LoopParts, openLoop } from './open-loop.ts';

/** One process of the service: its claim, its part in the work, and how it hears of the others. */
export interface ServiceRooms {
  readonly service: ServicePorts;
  /** Whether it does now what only one process should do. */
  readonly leads: () => boolean;
  /** Tells whoever leads that a delivery waits. */
  readonly tell: () => void;
  readonly onDelivery: (call: () => void) => () => Promise<void>;
  /** Undefined in a process that does not hear the others. */
  readonly onHealthAsked: ((call: () => void) => () => Promise<void>) | undefined;
  /** Something happened of which people are told at once. */
  readonly onAlert: (call: () => void) => () => Promise<void>;
  close(): Promise<void>;
}

export interface ProcessParts extends LoopParts, EngineParts {
  readonly role: ServiceRole;
  /** False for a command that works beside the loop, such as `execute`. */
  readonly isService: boolean;
}

/** Claims its place, and opens as much as the role needs. */
export async function openProcess(parts: ProcessParts): Promise<ServiceRooms> {
  const { store, pipeline, role } = parts;
  const { database } = store;
  const deps = { clock: pipeline.clock, log: engineLogOf(pipeline) };
  // One that works beside the others takes no work of theirs, so nobody hands it any.
  const said = parts.isService || database.kind === 'embedded' ? role : 'execute';
  const { isUnsealedByConsent } = pipeline.sealing;
  const claim = await claimService(database, deps, said, isUnsealedByConsent);
  const closers: (() => Promise<void>)[] = [() => claim.release()];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).toReversed()) await closer();
  };
  try {
    const hands = await handsOf(parts);
    closers.push(() => hands.close());
    const lead = leadOf(parts, deps);
    closers.push(() => lead.resign());
    const listeners = hear(parts, deps);
    closers.push(() => listeners.close());
    listeners.on('work', () => hands.look());
    return {
      service: {
        ...openLoop(parts, hands.driver),
        role,
        leads: () => lead.leads(),
        onNews: (call) => listeners.on('dispatch', call),
        lost: hands.lost,
        drain: async (drainMs) => await hands.drain(drainMs),
      },
      leads: () => lead.leads(),
      tell: tellOthers(parts),
      onDelivery: (call) => listeners.on('delivery', call),
      onHealthAsked: listeners.hears ? (call) => listeners.on('health', call) : undefined,
      onAlert: (call) => listeners.on('alert', call),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

interface Hands {
  readonly driver: WorkflowDriver;
  readonly lost: AbortSignal;
  look(): void;
  drain(drainMs: number): Promise<void>;
  close(): Promise<void>;
}

/** Who does the work: the engine of this process, or the workers of this database. */
async function handsOf(parts: ProcessParts): Promise<Hands> {
  if (runsAgents(parts.role)) return await openEngine(parts);
  const client = await reachWorkers(parts.store.database, parts.pipeline, parts.random);
  return {
    driver: client,
    lost: new AbortController().signal,
    look: () => undefined,
    drain: async () => undefined,
    close: () => client.close(),
  };
}

function leadOf(
  { store: { database }, role, isService }: ProcessParts,
  deps: Parameters<typeof seekLeadership>[1],
): Leadership {
  if (!turnsTheLoop(role)) return { leads: () => false, resign: async () => undefined };
  if (!isService || database.kind === 'embedded') return alwaysLeads;
  const label = `cms-lead ${process.pid} ${hostname()}`;
  return seekLeadership({ database, name: 'loop', label }, deps);
}

/** One connection hears for all that want to know. Whoever neither turns the loop nor runs agents need not hear. */
function hear(
  { store: { database }, role, isService }: ProcessParts,
  deps: Parameters<typeof hearNotices>[1],
): {
  readonly hears: boolean;
  on(notice: WorkNotice, call: () => void): () => Promise<void>;
  close(): Promise<void>;
} {
  const calls = new Map<WorkNotice, Set<() => void>>();
  const onNotice = (text: string): void => {
    for (const [notice, all] of calls)
      if (text === '' || text === notice) for (const call of all) call();
  };
  const hears = isService && (turnsTheLoop(role) || runsAgents(role));
  const stop = hears
    ? hearNotices({ database, channel: workChannel, onNotice }, deps)
    : async () => undefined;
  return {
    hears,
    on: (notice, call) => {
      const all = calls.get(notice) ?? new Set();
      calls.set(notice, all.add(call));
      return async () => {
        all.delete(call);
      };
    },
    close: stop,
  };
}

/**
 * Not in the transaction of each delivery: notices are committed one after the other, and deliveries come by the
 * thousand. At most one is under way, and one more is said after it.
 */
function tellOthers({ store: { database }, pipeline: { log } }: ProcessParts): () => void {
  if (database.kind === 'embedded') return () => undefined;
  let wanted = false;
  let isUnderWay = false;
  const say = async (): Promise<void> => {
    while (wanted) {
      wanted = false;
      await database.pool.query('select pg_notify($1, $2)', [
        workChannel,
        'delivery' satisfies WorkNotice,
      ]);
    }
  };
  return () => {
    wanted = true;
    if (isUnderWay) return;
    isUnderWay = true;
    say()
      .catch((error: unknown) => {
        log.warn('the process that works through deliveries finds them by itself', { error });
      })
      .finally(() => {
        isUnderWay = false;
      });
  };
}
