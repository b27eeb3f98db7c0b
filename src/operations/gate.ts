import type { Actor } from '../domain/actor.ts';
import { AppError, toAppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import type { Contract, Door } from './operation.ts';
import { permissionsOf } from './permissions.ts';

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
  return { contract: contract as Contract, handler: handler as Handler<unknown> };
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

/** Code of a program that embeds us. */
export interface SecuredBlock {
  /** As it stands in the audit log. */
  readonly operation: string;
  /** All of them must be held; names as in the permission matrix. At least one: without a right nothing is secured. */
  readonly permissions: readonly string[];
}

/**
 * Builds the gate. Handlers live in its closure and nowhere else. Order of a call: correlation id, caller, permission,
 * schema, audit entry begun, log context and duration, handler with a deadline, audit entry finished, answer.
 * An operation that is declared twice makes the start fail.
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
      const correlationId = caller.correlationId ?? parts.newCorrelationId();
      const one = served.get(name);
      if (one === undefined || !one.contract.doors.includes(caller.door))
        throw unknownOperation(name);
      const { contract, handler } = one;
      return pass(
        parts,
        contract,
        { ...caller, correlationId },
        (context) => {
          permit(contract, caller);
          return handler(validated(contract, input), context);
        },
        options,
      );
    },
    secure: (block, caller, body) =>
      pass(
        parts,
        contractOf(block),
        { ...caller, correlationId: caller.correlationId ?? parts.newCorrelationId() },
        (context) => {
          permitAll(block, caller);
          return body(context);
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
  permitted: (context: CallContext) => Promise<T>,
  options: CallOptions,
): Promise<T> {
  const { correlationId, actor, door } = caller;
  return parts.within({ correlationId, operation: act.name, userId: actor.name }, async () => {
    const started = parts.clock.monotonicMs();
    const entry = await begin(parts, act, caller);
    let outcome: 'ok' | 'refused' | 'failed' = 'failed';
    let code: string | null = null;
    try {
      const signal = deadline(act, options.signal);
      const progress = options.progress ?? (() => undefined);
      const answer = await permitted({ actor, door, correlationId, signal, progress });
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
      if (entry !== null) await parts.audit.finish(entry, outcome, { code });
    }
  });
}

/** Without an entry nothing is written, except acts that only reduce harm. */
async function begin(
  parts: GateParts,
  contract: Act,
  caller: Caller & { readonly correlationId: string },
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
    if (contract.effect === 'read' || contract.reducesHarm === true) {
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

function permit(contract: Contract, caller: Caller): void {
  if (contract.permission === 'public' || permissionsOf(caller.actor).has(contract.permission))
    return;
  throw new AppError({
    kind: 'forbidden',
    code: 'permission_missing',
    message: `${caller.actor.name} may not do ${contract.name}: it needs the permission ${contract.permission}.`,
    next: 'Ask an administrator, or act as the owner of the data folder.',
    details: { permission: contract.permission, actor: caller.actor.kind },
  });
}

function permitAll({ operation, permissions }: SecuredBlock, { actor }: Caller): void {
  const held: ReadonlySet<string> = permissionsOf(actor);
  const missing = permissions.filter((permission) => !held.has(permission));
  if (missing.length === 0 && permissions.length > 0 && actor.kind !== 'anonymous') return;
  throw new AppError({
    kind: 'forbidden',
    code: 'permission_missing',
    message:
      permissions.length === 0
        ? `${operation} names no permission, so there is nothing to hold it to.`
        : `${actor.name} may not do ${operation}: it needs ${missing.join(', ')}.`,
    next: 'Name the permissions the code needs, and act as a user who holds them.',
    details: { missing, actor: actor.kind },
  });
}

function validated(contract: Contract, input: unknown): unknown {
  const parsed = contract.input.safeParse(input);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(({ path, message }) => ({
    field: path.join('.'),
    message,
  }));
  const first = issues[0];
  throw new AppError({
    kind: 'invalid_input',
    code: 'input_invalid',
    message: `${contract.name}: ${first?.field === '' ? '' : `${first?.field}: `}${first?.message}`,
    next: 'Correct the named field; nothing was changed.',
    details: { issues },
  });
}

function deadline(contract: Act, signal: AbortSignal | undefined): AbortSignal {
  const signals = [
    ...(signal === undefined ? [] : [signal]),
    ...(contract.deadlineMs === null ? [] : [AbortSignal.timeout(contract.deadlineMs)]),
  ];
  return AbortSignal.any(signals);
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
