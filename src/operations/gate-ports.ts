import type { Actor } from '../domain/actor.ts';
import type { AppError, ErrorKind } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
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
  /** Network address or `local`. */
  readonly clientId: string;
  readonly correlationId: string;
  readonly signal: AbortSignal;
  /** Tells a person who waits what is going on. */
  readonly progress: (text: string) => void;
  /** The same for what a person has to see once although it is a secret: nothing is taken out. */
  readonly reveal: (text: string) => void;
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
  /** Acts that only reduce harm are kept beside the log while that cannot be written. */
  readonly reducesHarm?: boolean;
  /** What the detectors saw in the input; left out when they saw nothing. */
  readonly flags?: readonly InputFlag[];
}

/** One field of an input that looks like an attack. It is never changed, and free text is never refused for it. */
export interface InputFlag {
  /** Path in the input, members joined by dots; empty for the input itself. */
  readonly field: string;
  /** Names of the detectors, for example `xss`. */
  readonly kinds: readonly string[];
  /** Of the value, to tell whether it is the same one again; nobody can guess the value by it. */
  readonly digest: string;
  /** Free text may hold anything, a bug report about an attack too; a field with a grammar has no business with it. */
  readonly isFreeText: boolean;
}

/** A call as the guard counts it. */
export interface GuardedCall extends GateEntry {
  readonly effect: Contract['effect'];
}

/** Why a call is turned away before anybody looks at its permission. */
export interface Refusal {
  readonly error: AppError;
  /** False for repeats: a flood must not cause one database write for each of its calls. */
  readonly isAudited: boolean;
}

/** Blocks and limits. */
export interface Guard {
  /** Counts the call; answers the refusal when its caller is blocked or asks too often, else null. */
  admit(call: GuardedCall): Promise<Refusal | null> | Refusal | null;
  /** Hears of input that looks like an attack; who keeps probing is blocked. */
  suspect(call: GuardedCall): void;
  /** What is left of the caller's limit; null for whoever has none. */
  left?(call: GuardedCall): Allowance | null;
}

/** How many more calls a caller may make now, and when all of them are its own again. */
export interface Allowance {
  readonly limit: number;
  readonly remaining: number;
  readonly resetSeconds: number;
}

/** How a call ended, for metrics and traces. */
export interface GateEvent {
  readonly operation: string;
  readonly effect: Contract['effect'];
  readonly door: Door;
  readonly actorKind: Actor['kind'];
  readonly correlationId: string;
  readonly outcome: 'ok' | 'refused' | 'failed';
  /** Of the error; null when it ended well. */
  readonly kind: ErrorKind | null;
  readonly code: string | null;
  /** From the correlation id to the answer, all of the gate included. */
  readonly durationMs: number;
  readonly flags: readonly InputFlag[];
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
  /** Left out where nobody can be limited: a command that runs and ends. */
  readonly guard?: Guard;
  /** Looks through an input for what reads like an attack. */
  readonly inspect?: (input: unknown) => readonly Omit<InputFlag, 'isFreeText'>[];
  /** Takes secrets out of what is answered, told on the way and thrown. */
  readonly redact?: (text: string) => string;
  /** Hears of each call when it has ended. */
  readonly observe?: (event: GateEvent) => void;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
  readonly progress?: (text: string) => void;
  /** Hears what is left of the caller's limit once the call is admitted. */
  readonly allowance?: (left: Allowance) => void;
  /** Put round the handler once the call is admitted: a door that knows the request's first answer gives that instead. */
  readonly once?: <T>(work: () => Promise<T>) => Promise<T>;
}
