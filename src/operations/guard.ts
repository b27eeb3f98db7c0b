import type { Actor } from '../domain/actor.ts';
import { AppError, messageOf } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import type { Block, Blocks } from '../platform/ratelimit/blocks.ts';
import {
  type AddressList,
  addressGroup,
  isLoopback,
} from '../platform/ratelimit/client-address.ts';
import {
  createSlidingWindow,
  type SlidingWindow,
  type WindowState,
} from '../platform/ratelimit/sliding-window.ts';
import { createTally } from '../platform/ratelimit/tally.ts';
import type { Guard, GuardedCall, Refusal } from './gate-ports.ts';

/** What the configuration says of limits; 0 turns the one it stands for off. */
export interface GuardLimits {
  /** Operations of one API client in any 60 s. */
  readonly perMinute: number;
  /** Of all clients behind one address together. */
  readonly perMinuteOfAddress: number;
  /** What the dashboard of one signed-in person reads. */
  readonly dashboardPerMinute: number;
  /** Probes and `/metrics`, for one address. */
  readonly probesPerMinute: number;
  /** Refused calls within ten minutes until a client is blocked. */
  readonly violations: number;
  /** Different hostile values in fields with a grammar, within ten minutes, until a client is blocked. */
  readonly probes: number;
  readonly blockMinutes: number;
}

export interface GuardDeps {
  readonly limits: () => GuardLimits;
  /** Addresses that are never blocked; they are limited like any other. */
  readonly neverBlocked: () => AddressList;
  readonly blocks: Blocks;
  readonly clock: Pick<Clock, 'now' | 'monotonicMs'>;
  readonly log: { warn(message: string, facts: object): void };
  /** Writes a new block into the audit log. */
  readonly record: (block: Block) => Promise<void>;
  /** Without limits and blocks, for a service on loopback that was started so. */
  readonly isOff?: () => boolean;
}

export interface CreatedGuard extends Guard {
  /** For what is no operation (probes, `/metrics`): the refusal, or null. */
  admitProbe(clientId: string): Refusal | null;
  /** Who has input on record that looks like an attack, and how many different ones in the last ten minutes. */
  suspects(): ReadonlyMap<string, number>;
}

const minuteMs = 60_000;
const spanMs = 10 * minuteMs;
/** Beyond so many clients at once the quietest is forgotten; keeps a crowd of addresses below 50 MB. */
const maxKeys = 100_000;

/**
 * Counts calls by principal, and by address for whoever has not said who they are; blocks who keeps breaking the limit
 * or keeps probing. Windows are kept in this process, blocks in the database: several processes on one database allow
 * each of them the limit, and one block holds in all. Never limited: the system's own work and the command line.
 * Never blocked: a person's dashboard for asking too often, this machine's own address, addresses on the allow-list.
 */
export function createGuard(deps: GuardDeps): CreatedGuard {
  const { clock, limits, blocks } = deps;
  const window = (limit: () => number): SlidingWindow =>
    createSlidingWindow({ limit, windowMs: minuteMs, maxKeys });
  const clients = window(() => limits().perMinute);
  const addresses = window(() => limits().perMinuteOfAddress);
  const dashboards = window(() => limits().dashboardPerMinute);
  const probes = window(() => limits().probesPerMinute);
  const violations = createTally({ spanMs, maxKeys, most: 64 });
  const probing = createTally({ spanMs, maxKeys, most: 64 });
  const told = createTally({ spanMs: minuteMs, maxKeys, most: 1 });
  let violation = 0;

  const tellOnce = (subject: string, message: string, facts: object): boolean => {
    const now = clock.monotonicMs();
    if (told.counts(now).has(subject)) return false;
    told.note(subject, 'told', now);
    deps.log.warn(message, { subject, ...facts, category: 'security' });
    return true;
  };
  const block = async (
    subject: string,
    reason: Block['reason'],
    evidence: Block['evidence'],
  ): Promise<void> => {
    violations.clear(subject);
    probing.clear(subject);
    const since = clock.now();
    const until = new Date(since.getTime() + limits().blockMinutes * minuteMs);
    deps.log.warn('client blocked', { subject, reason, until, evidence, category: 'security' });
    try {
      await deps.record(await blocks.add({ subject, reason, evidence, since, until }));
    } catch (error) {
      const facts = { subject, error: messageOf(error), category: 'security' };
      deps.log.warn('a block is not kept over a restart', facts);
    }
  };
  const violated = async (
    call: GuardedCall,
    subject: string,
    state: WindowState,
  ): Promise<Refusal> => {
    const error = tooFast(subject, state);
    const most = limits().violations;
    violation += 1;
    const count = violations.note(subject, String(violation), clock.monotonicMs());
    const mayBlock = most > 0 && isBlockable(call, subject, deps.neverBlocked());
    if (mayBlock && count >= most) {
      await block(subject, 'rate_limit', { limit: state.limit, violations: count });
    }
    const isAudited = count <= Math.max(1, most);
    if (!isAudited) tellOnce(subject, 'client goes on asking too often', { limit: state.limit });
    return { error, isAudited };
  };
  const admit = (call: GuardedCall): Promise<Refusal | null> | Refusal | null => {
    const now = clock.monotonicMs();
    const principal = principalOf(call.actor);
    const address = addressOf(call.clientId);
    if (principal !== null && isDashboard(call) && call.effect === 'read') {
      return overflow(dashboards.take(principal, now), principal);
    }
    const own = principal ?? address;
    const state = clients.look(own, now);
    if (!state.isAllowed) return violated(call, own, clients.take(own, now));
    if (principal !== null) {
      const shared = addresses.take(address, now);
      if (!shared.isAllowed) return violated(call, address, shared);
    }
    clients.take(own, now);
    return null;
  };
  const overflow = (state: WindowState, subject: string): Refusal | null => {
    if (state.isAllowed) return null;
    const isAudited = tellOnce(subject, 'asked too often', { limit: state.limit });
    return { error: tooFast(subject, state), isAudited };
  };
  const turnAway = (block: Block): Refusal => {
    const left = Math.ceil((block.until.getTime() - clock.now().getTime()) / 1000);
    tellOnce(block.subject, 'blocked client turned away', { until: block.until });
    return { error: isBlocked(block, Math.max(1, left)), isAudited: false };
  };
  return {
    admit: (call) => {
      if (isExempt(call) || deps.isOff?.() === true) return null;
      const standing = blocks.standing(subjectsOf(call, deps.neverBlocked()));
      if (standing === null) return admit(call);
      if ('until' in standing) return turnAway(standing);
      return standing.then((found) => (found === null ? admit(call) : turnAway(found)));
    },
    suspect: (call) => {
      if (isExempt(call) || deps.isOff?.() === true) return;
      const subject = principalOf(call.actor) ?? addressOf(call.clientId);
      let count = 0;
      for (const { field, digest, isFreeText } of call.flags ?? []) {
        if (!isFreeText) count = probing.note(subject, `${field} ${digest}`, clock.monotonicMs());
      }
      const most = limits().probes;
      if (most === 0 || count < most || !isBlockable(call, subject, deps.neverBlocked(), true))
        return;
      void block(subject, 'probing', { fields: count, operation: call.operation });
    },
    left: (call) => {
      if (isExempt(call) || deps.isOff?.() === true) return null;
      const now = clock.monotonicMs();
      const principal = principalOf(call.actor);
      const isReading = principal !== null && isDashboard(call) && call.effect === 'read';
      const { limit, remaining, resetMs } = isReading
        ? dashboards.look(principal, now)
        : clients.look(principal ?? addressOf(call.clientId), now);
      return limit === 0 ? null : { limit, remaining, resetSeconds: Math.ceil(resetMs / 1000) };
    },
    admitProbe: (clientId) =>
      overflow(probes.take(addressOf(clientId), clock.monotonicMs()), addressOf(clientId)),
    suspects: () => probing.counts(clock.monotonicMs()),
  };
}

/** The system's own work, a host's signed deliveries included, and whoever sits at this machine's command line. */
function isExempt({ actor, door }: GuardedCall): boolean {
  return actor.kind === 'system' || (actor.kind === 'command_line' && door === 'cli');
}

function isDashboard({ actor, door }: GuardedCall): boolean {
  return door === 'http' && actor.kind === 'user' && actor.session !== undefined;
}

/** Somebody who said who they are is counted by that, wherever they come from. */
function principalOf(actor: Actor): string | null {
  switch (actor.kind) {
    case 'anonymous':
      return null;
    case 'token':
      return `token:${actor.owner ?? ''}/${actor.name}`;
    case 'host_user':
      return `${actor.host}:${actor.name}`;
    default:
      return `${actor.kind}:${actor.name}`;
  }
}

function addressOf(clientId: string): string {
  return `address:${addressGroup(clientId)}`;
}

function subjectsOf(
  { actor, clientId }: GuardedCall,
  neverBlocked: AddressList,
): readonly string[] {
  const principal = principalOf(actor);
  const address = isOpen(clientId, neverBlocked) ? [] : [addressOf(clientId)];
  return principal === null ? address : [principal, ...address];
}

/** A person at the dashboard is not blocked for being quick; for probing they are. */
function isBlockable(
  call: GuardedCall,
  subject: string,
  neverBlocked: AddressList,
  isProbing = false,
): boolean {
  if (subject.startsWith('address:')) return !isOpen(call.clientId, neverBlocked);
  return isProbing || !isDashboard(call);
}

/** This machine itself, directly connected, and addresses on the allow-list. */
function isOpen(clientId: string, neverBlocked: AddressList): boolean {
  return clientId === 'local' || isLoopback(clientId) || neverBlocked.includes(clientId);
}

function tooFast(subject: string, { limit, resetMs, retryAfterMs }: WindowState): AppError {
  const retryAfterSeconds = Math.max(1, Math.ceil(retryAfterMs / 1000));
  return new AppError({
    kind: 'rate_limited',
    code: 'rate_limited',
    message: `${nameOf(subject)} asked ${limit} times within a minute, and more is not answered.`,
    next: `Wait ${retryAfterSeconds} s.`,
    details: {
      limit,
      remaining: 0,
      resetSeconds: Math.ceil(resetMs / 1000),
      retryAfterSeconds,
    },
  });
}

function isBlocked({ subject, reason, until, id }: Block, seconds: number): AppError {
  return new AppError({
    kind: 'rate_limited',
    code: 'client_blocked',
    message: `${nameOf(subject)} is blocked until ${until.toISOString()}: ${reason === 'probing' ? 'it kept sending input that looks like an attack' : 'it kept asking too often'}.`,
    next: `Wait ${seconds} s, or let an administrator lift it with \`claude-manager security blocks lift ${id}\`.`,
    details: {
      limit: 0,
      remaining: 0,
      resetSeconds: seconds,
      retryAfterSeconds: seconds,
      block: id,
      reason,
      until: until.toISOString(),
    },
  });
}

function nameOf(subject: string): string {
  return subject.replace(/^(?:user|token|address|command_line):\/?/u, '');
}
