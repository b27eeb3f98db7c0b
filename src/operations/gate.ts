import type { Actor } from '../domain/actor.ts';
import { AppError, toAppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import type { SecuredBlock } from './admission.ts';
import { permit, permitAll, validated } from './admission.ts';
import type { Contract, Door } from './operation.ts';

/** Who asks, through which door. */
export interface Caller {
  readonly door: Door;
  readonly actor: Actor;
  /** Network address or `local`. */
  readonly clientId: string;
  /** Kept when the caller brings one; made when not. */
  readonly correlationId?: string;
}

/** What a handler knows about the call. */
export interface CallContext {
  readonly actor: Actor;
  readonly door: Door;
  readonly correlationId: string;
  readonly signal: AbortSignal;
  /** Tells a person who waits what is going on. */
  readonly progress: (text: string) => void;
}

export type Handler<I = never, O = unknown> = (input: I, context: CallContext) => Promise<O>;

/** A contract with what happens; made by `serve`, which checks that the two fit. */
export interface Served {
  readonly contract: Contract;
  readonly handler: Handler<unknown>;
}

export function serve<I, O>(contract: Contract<I, O>, handler: Handler<I, O>): Served {
  return { contract, handler: handler as Handler<unknown> };
}

/** Where the gate writes that a call begins and how it ended. */
export interface GateAudit {
  begin(entry: GateEntry): Promise<string>;
  finish(id: string, outcome: 'ok' | 'refused' | 'failed', facts: object): Promise<void>;
}

export interface GateEntry {
  readonly operation: string;
  readonly actor: Actor;
  readonly door: Door;
  readonly clientId: string;
  readonly correlationId: string;
}

export interface GateParts {
  readonly served: readonly Served[];
  readonly audit: GateAudit;
  readonly clock: Clock;
  readonly newCorrelationId: () => string;
  /** Runs the call inside a log context, so that each line carries the correlation id. */
  readonly within: <T>(
    context: { correlationId: string; operation: string; userId: string },
    body: () => Promise<T>,
  ) => Promise<T>;
  readonly log: {
    info(message: string, facts: object): void;
    warn(message: string, facts: object): void;
  };
}

export interface CallOptions {
  readonly signal?: AbortSignal;
  readonly progress?: (text: string) => void;
}

export interface Gate {
  /** The one way in. Throws AppError: `not_found`, `forbidden`, `invalid_input`, or what the handler throws. */
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
  contracts(): readonly Contract[];
}

/**
 * Builds the gate. Handlers live in its closure and nowhere else. Order of a call: correlation id, caller, permission,
 * schema, audit entry begun, handler with a deadline, audit entry finished, answer. A call that permission or schema
 * refuses is audited as refused. An operation that is declared twice makes the start fail.
 */
export function createGate(parts: GateParts): Gate {
  const served = new Map<string, Served>();
  for (const one of parts.served) {
    if (served.has(one.contract.name))
      throw defect(`operation ${one.contract.name} is declared twice`);
    served.set(one.contract.name, one);
  }
  return {
    contracts: () => [...served.values()].map(({ contract }) => contract),
    execute: async (name, input, caller, options = {}) => {
      const correlationId = correlationOf(parts, caller);
      const one = served.get(name);
      if (one === undefined || !one.contract.doors.includes(caller.door))
        throw unknownOperation(name);
      const { contract, handler } = one;
      return pass(
        parts,
        contract,
        { ...caller, correlationId },
        () => {
          permit(contract, caller.actor);
          const valid = validated(contract, input);
          return (context) => handler(valid, context);
        },
        options,
      );
    },
    secure: (block, caller, body) =>
      pass(
        parts,
        contractOf(block),
        { ...caller, correlationId: correlationOf(parts, caller) },
        () => {
          permitAll(block, caller.actor);
          return body;
        },
        {},
      ),
  };
}

/** What the gate needs to know of a call, whether it is an operation or a secured block. */
type Act = Pick<Contract, 'name' | 'effect' | 'reducesHarm' | 'deadlineMs'>;

/** A secured block may write; it ends when it ends. */
function contractOf({ operation: name }: SecuredBlock): Act {
  return { name, effect: 'write', deadlineMs: null };
}

async function pass<T>(
  parts: GateParts,
  act: Act,
  caller: Caller & { readonly correlationId: string },
  permitted: () => (context: CallContext) => Promise<T>,
  options: CallOptions,
): Promise<T> {
  const { correlationId, actor, door } = caller;
  return parts.within({ correlationId, operation: act.name, userId: actor.name }, async () => {
    const started = parts.clock.monotonicMs();
    const checked = attempt(permitted);
    const entry = await begin(parts, act, caller, checked.refusal);
    let outcome: 'ok' | 'refused' | 'failed' = 'failed';
    let code: string | null = null;
    try {
      if (checked.run === null) throw checked.refusal;
      const { run } = checked;
      const progress = options.progress ?? (() => undefined);
      const answer = await inTime(act, options.signal, (signal) =>
        run({ actor, door, correlationId, signal, progress }),
      );
      outcome = 'ok';
      return answer;
    } catch (thrown) {
      const error = toAppError(thrown);
      code = error.code;
      outcome = error.kind === 'forbidden' || error.kind === 'invalid_input' ? 'refused' : 'failed';
      throw error;
    } finally {
      const duration = parts.clock.monotonicMs() - started;
      const facts = { outcome, code, duration_ms: duration, category: 'performance' };
      if (outcome === 'ok') parts.log.info('operation finished', facts);
      else parts.log.warn('operation ended without success', facts);
      if (entry !== null) await finish(parts, entry, outcome, code);
    }
  });
}

type Checked<R> =
  | { readonly run: R; readonly refusal: null }
  | { readonly run: null; readonly refusal: AppError };

/** Permission and schema come before the audit entry, which then tells of a refusal too. */
function attempt<R>(permitted: () => R): Checked<R> {
  try {
    return { run: permitted(), refusal: null };
  } catch (thrown) {
    return { run: null, refusal: toAppError(thrown) };
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
  contract: Act,
  caller: Caller & { readonly correlationId: string },
  refusal: AppError | null,
): Promise<string | null> {
  const { actor, door, clientId, correlationId } = caller;
  try {
    return await parts.audit.begin({
      operation: contract.name,
      actor,
      door,
      clientId,
      correlationId,
    });
  } catch (cause) {
    if (refusal !== null || contract.effect === 'read' || contract.reducesHarm === true) {
      parts.log.warn('audit log not writable, going on without an entry', {
        operation: contract.name,
      });
      return null;
    }
    throw new AppError({
      kind: 'unavailable',
      code: 'audit_unavailable',
      message: `${contract.name} was refused because the audit log cannot be written.`,
      next: 'Look at the database and its disk with `claude-manager doctor`.',
      cause,
    });
  }
}

/** Runs until the deadline; a handler that does not listen to its signal is left behind, and the caller is told so. */
async function inTime<T>(
  act: Act,
  given: AbortSignal | undefined,
  body: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const signals = given === undefined ? [] : [given];
  if (act.deadlineMs === null) return body(AbortSignal.any(signals));
  const deadline = AbortSignal.timeout(act.deadlineMs);
  const late = new Promise<never>((_resolve, reject) => {
    deadline.addEventListener('abort', () => reject(tooLate(act)), { once: true });
  });
  return Promise.race([body(AbortSignal.any([...signals, deadline])), late]);
}

function tooLate({ name, effect, deadlineMs }: Act): AppError {
  return new AppError({
    kind: 'timeout',
    code: 'operation_deadline',
    message: `${name} did not end within ${(deadlineMs ?? 0) / 1000} s.${effect === 'read' ? '' : ' What it began may still come to an end.'}`,
    next: 'Look at the state before you ask again.',
    details: { deadlineMs },
  });
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
