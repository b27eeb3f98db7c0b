import type { Actor } from '../domain/actor.ts';
import { AppError, toAppError } from '../lib/app-error.ts';
import type { SecuredBlock } from './admission.ts';
import { holds, permit, permitAll, requirePolicy, requireProof, validated } from './admission.ts';
import { type FieldSorts, fieldPattern, fieldSorts } from './free-text-fields.ts';
import type {
  CallContext,
  Caller,
  CallOptions,
  GateParts,
  GuardedCall,
  InputFlag,
  Refusal,
  Served,
} from './gate-ports.ts';
import { inTime } from './in-time.ts';
import { createLeaving, type Leaving } from './leaving.ts';
import type { Contract } from './operation.ts';
import { readAgain } from './read-again.ts';
import { createFieldCheck } from './unknown-fields.ts';

export type {
  Allowance,
  CallContext,
  Caller,
  CallOptions,
  GateAudit,
  GateEntry,
  GateEvent,
  GateParts,
  GuardedCall,
  InputFlag,
  Refusal,
  Served,
} from './gate-ports.ts';
export { serve } from './gate-ports.ts';

export interface Gate {
  /**
   * The one way in. Throws AppError: `not_found`, `rate_limited` (codes `rate_limited` and `client_blocked`, details
   * `limit`, `remaining`, `resetSeconds`, `retryAfterSeconds`), `forbidden` (codes `permission_missing` and
   * `proof_needed`), `invalid_input`, or what the handler throws.
   */
  execute(name: string, input: unknown, caller: Caller, options?: CallOptions): Promise<unknown>;
  /**
   * Runs a caller's own code as if it were an operation: the same order, audit pair, log context and metrics.
   * `permissions` are what it needs and grant nothing. Throws AppError `forbidden`, or what the code throws.
   */
  secure<T>(
    block: SecuredBlock,
    caller: Caller,
    body: (context: CallContext) => Promise<T>,
  ): Promise<T>;
  /** Whether the actor holds the right to the operation now; a stream that is open asks again and again. */
  mayStill(name: string, actor: Actor): boolean;
  contracts(): readonly Contract[];
}

/**
 * Builds the gate. Handlers live in its closure and nowhere else. Order of a call: correlation id, caller, blocked?,
 * rate limit, permission, proof for a dangerous act, schema, inspection (flags only), audit entry begun, handler with a
 * deadline, log and metrics, audit entry finished, answer. A call that is refused is audited as refused, except repeats
 * of one that floods. An operation that is declared twice or without a policy makes the start fail.
 */
export function createGate(parts: GateParts): Gate {
  const served = new Map<string, Served>();
  for (const one of parts.served) {
    if (served.has(one.contract.name))
      throw defect(`operation ${one.contract.name} is declared twice`);
    requirePolicy(one.contract);
    served.set(one.contract.name, one);
  }
  const flagsOf = inspectionOf(parts);
  const leaving = createLeaving(parts.redact);
  const refuseUnknownFields = createFieldCheck();
  return {
    contracts: () => [...served.values()].map(({ contract }) => contract),
    mayStill: (name, actor) => {
      const contract = served.get(name)?.contract;
      return contract !== undefined && holds(contract, actor);
    },
    execute: async (name, input, caller, options = {}) => {
      const correlationId = correlationOf(parts, caller);
      const one = served.get(name);
      if (one === undefined || !one.contract.doors.includes(caller.door))
        throw unknownOperation(name);
      const { contract, handler } = one;
      return leave(leaving, contract, () =>
        pass(
          parts,
          contract,
          { ...caller, correlationId },
          () => {
            permit(contract, caller.actor);
            requireProof(contract, caller.actor, parts.clock.now().getTime());
          },
          {
            prepare: () => {
              if (isForeign(caller.door)) refuseUnknownFields(contract, input);
              const valid = validated(contract, input);
              return (context) => handler(valid, context);
            },
            flags: () => flagsOf(contract, input),
          },
          {
            ...options,
            progress: (text) => options.progress?.(leaving.text(text)),
            reveal: options.progress,
          },
        ),
      );
    },
    secure: (block, caller, body) =>
      pass(
        parts,
        { name: block.operation, effect: 'write', deadlineMs: null },
        { ...caller, correlationId: correlationOf(parts, caller) },
        () => permitAll(block, caller.actor),
        { prepare: () => body, flags: () => [] },
        {},
      ),
  };
}

/** What is told comes from stores, hosts and programs of others, and any of it may hold a secret. */
async function leave(
  leaving: Leaving,
  contract: Contract,
  call: () => Promise<unknown>,
): Promise<unknown> {
  try {
    return leaving.answer(contract, await call());
  } catch (thrown) {
    throw leaving.error(thrown);
  }
}

/** Doors that strangers write to: a member that nobody knows is refused there instead of dropped. */
function isForeign(door: Caller['door']): boolean {
  return door === 'http' || door === 'mcp';
}

/** What the gate needs to know of a call: an operation, or a secured block, which may write and ends when it ends. */
type Act = Pick<Contract, 'name' | 'effect' | 'reducesHarm' | 'deadlineMs'>;

type KnownCaller = Caller & { readonly correlationId: string };

type Run<T> = (context: CallContext) => Promise<T>;

interface Work<T> {
  /** Reads the input; throws when the schema refuses it. */
  readonly prepare: () => Run<T>;
  readonly flags: () => readonly InputFlag[];
}

async function pass<T>(
  parts: GateParts,
  act: Act,
  caller: KnownCaller,
  allowed: () => void,
  work: Work<T>,
  options: CallOptions & { readonly reveal?: CallOptions['progress'] },
): Promise<T> {
  const { correlationId, actor, door } = caller;
  return parts.within({ correlationId, operation: act.name, userId: actor.name }, async () => {
    const started = parts.clock.monotonicMs();
    const call = guardedCall(act, caller);
    const turnedAway = (await parts.guard?.admit(call)) ?? null;
    if (turnedAway === null) tellAllowance(parts, call, options);
    const admitted = admit(turnedAway, allowed, work);
    if (admitted.flags.length > 0) tellFlags(parts, call, admitted.flags);
    const entry = turnedAway?.isAudited === false ? null : await begin(parts, act, call, admitted);
    let error: AppError | null = null;
    let isRefused = admitted.run === null;
    try {
      if (admitted.run === null) throw admitted.refusal;
      const run = act.effect === 'read' ? readAgain(admitted.run) : admitted.run;
      const progress = options.progress ?? (() => undefined);
      const reveal = options.reveal ?? progress;
      return await inTime(act, options.signal, (signal) => {
        const { clientId } = caller;
        const context = { actor, door, clientId, correlationId, signal, progress, reveal };
        return options.once === undefined ? run(context) : options.once(() => run(context));
      });
    } catch (thrown) {
      error = toAppError(thrown);
      isRefused ||= error.kind === 'forbidden' || error.kind === 'invalid_input';
      throw error;
    } finally {
      const durationMs = parts.clock.monotonicMs() - started;
      const outcome = error === null ? 'ok' : isRefused ? 'refused' : 'failed';
      const code = error?.code ?? null;
      tellEnd(parts, { outcome, code, durationMs, isFlood: turnedAway?.isAudited === false });
      observe(parts, {
        operation: act.name,
        effect: act.effect,
        door,
        actorKind: actor.kind,
        correlationId,
        outcome,
        kind: error?.kind ?? null,
        code,
        durationMs,
        flags: admitted.flags,
      });
      if (entry !== null) await finish(parts, entry, outcome, code);
    }
  });
}

type Admitted<T> = { readonly flags: readonly InputFlag[] } & (
  | { readonly run: Run<T>; readonly refusal: null }
  | { readonly run: null; readonly refusal: AppError }
);

/**
 * Permission and schema come before the audit entry, which then tells of a refusal too. Input that the schema refuses is
 * looked through all the same, because that is where somebody who probes is seen.
 */
function admit<T>(turnedAway: Refusal | null, allowed: () => void, work: Work<T>): Admitted<T> {
  if (turnedAway !== null) return { run: null, refusal: turnedAway.error, flags: [] };
  try {
    allowed();
  } catch (thrown) {
    return { run: null, refusal: toAppError(thrown), flags: [] };
  }
  try {
    return { run: work.prepare(), refusal: null, flags: work.flags() };
  } catch (thrown) {
    return { run: null, refusal: toAppError(thrown), flags: work.flags() };
  }
}

/** A strong password may look like anything. Which fields hold free text or secrets is read from a contract's schema the first time one of its calls is flagged. */
function inspectionOf(parts: GateParts) {
  const sorts = new Map<Contract, FieldSorts>();
  return (contract: Contract, input: unknown): readonly InputFlag[] => {
    const seen = parts.inspect?.(input) ?? [];
    if (seen.length === 0) return [];
    const { freeText, secret } = sorts.get(contract) ?? fieldSorts(contract.input);
    sorts.set(contract, { freeText, secret });
    return seen
      .map((flag) => ({ flag, field: fieldPattern(flag.field) }))
      .filter(({ field }) => !secret.has(field))
      .map(({ flag, field }) => ({ ...flag, isFreeText: freeText.has(field) }));
  };
}

function guardedCall(act: Act, { actor, door, clientId, correlationId }: KnownCaller): GuardedCall {
  return { operation: act.name, effect: act.effect, actor, door, clientId, correlationId };
}

function tellAllowance(parts: GateParts, call: GuardedCall, { allowance }: CallOptions): void {
  if (allowance === undefined) return;
  const left = parts.guard?.left?.(call) ?? null;
  if (left !== null) allowance(left);
}

function tellFlags(parts: GateParts, call: GuardedCall, flags: readonly InputFlag[]): void {
  const { clientId, door } = call;
  parts.log.warn('input looks like an attack', { flags, clientId, door, category: 'security' });
  parts.guard?.suspect({ ...call, flags });
}

function tellEnd(
  parts: GateParts,
  end: {
    readonly outcome: string;
    readonly code: string | null;
    readonly durationMs: number;
    readonly isFlood: boolean;
  },
): void {
  const { outcome, code, durationMs, isFlood } = end;
  // Whoever floods is told to the log by the guard, once a minute.
  if (isFlood) return;
  const facts = { duration_ms: durationMs, category: 'performance' };
  // The one line that each call writes: the message itself says how it ended.
  if (outcome === 'ok') parts.log.info('operation finished', facts);
  else parts.log.warn('operation ended without success', { outcome, code, ...facts });
}

/** An observer that fails is told to the log; it must not change what the caller is told. */
function observe(parts: GateParts, event: Parameters<NonNullable<GateParts['observe']>>[0]): void {
  try {
    parts.observe?.(event);
  } catch (thrown) {
    parts.log.warn('an observer of the gate failed', { error: thrown });
  }
}

/** What was done stays done: an entry that cannot be finished is told to the log, not to the caller as a failure. */
async function finish(
  parts: GateParts,
  entry: string,
  outcome: 'ok' | 'refused' | 'failed',
  code: string | null,
): Promise<void> {
  try {
    await parts.audit.finish(entry, outcome, { code });
  } catch (thrown) {
    const reason = toAppError(thrown).message;
    const facts = { entry, outcome, code, reason, category: 'security' };
    parts.log.warn('audit entry could not be finished', facts);
  }
}

/** Without an entry nothing is written, except acts that only reduce harm. */
async function begin(
  parts: GateParts,
  act: Act,
  { operation, actor, door, clientId, correlationId }: GuardedCall,
  { refusal, flags }: Admitted<unknown>,
): Promise<string | null> {
  const call = { operation, actor, door, clientId, correlationId };
  const entry = act.reducesHarm === true ? { ...call, reducesHarm: true } : call;
  try {
    return await parts.audit.begin(flags.length === 0 ? entry : { ...entry, flags });
  } catch (cause) {
    if (refusal !== null || act.effect === 'read' || act.reducesHarm === true) {
      parts.log.warn('audit log not writable, going on without an entry', { operation: act.name });
      return null;
    }
    throw new AppError({
      kind: 'unavailable',
      code: 'audit_unavailable',
      message: `${act.name} was refused because the audit log cannot be written.`,
      next: 'Look at the database and its disk with `claude-manager doctor`.',
      cause,
    });
  }
}

/** A caller's own id is kept when it is a plain word; it goes into logs, headers and the environment of agents. */
function correlationOf(parts: GateParts, { correlationId }: Caller): string {
  const isPlain = correlationId !== undefined && /^[\w.:-]{1,128}$/u.test(correlationId);
  return isPlain ? correlationId : parts.newCorrelationId();
}

function unknownOperation(name: string): AppError {
  return new AppError({
    kind: 'not_found',
    code: 'operation_unknown',
    message: `There is no operation "${name}" at this door.`,
    next: 'See `claude-manager --help`.',
  });
}

function defect(message: string): AppError {
  return new AppError({ kind: 'internal', code: 'catalogue_defect', message });
}
