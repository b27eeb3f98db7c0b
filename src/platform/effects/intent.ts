import type { Json } from '../../lib/json.ts';

/** What the caller asks to be written outside. The room knows no kind by name; the host that gets it does. */
export interface EffectRequestShape {
  readonly kind: string;
  readonly repository: { readonly host: string; readonly name: string };
  readonly taskId: string;
  readonly attempt: number;
  readonly ordinal: number;
  readonly payload: { readonly [key: string]: Json };
  readonly fingerprint?: string;
}

/** What came of it. */
export interface EffectResultShape {
  readonly number: number | null;
  readonly url: string | null;
  readonly sha: string | null;
  /** Found instead of being made now. */
  readonly adopted: boolean;
}

/**
 * `pending`: not sent. `sending`: a sender holds it, or died with it. `unknown`: it may have been made.
 * `done`, `failed` and `removed_by_human` are final; a thing that a person removed is never made again.
 */
export type IntentStatus =
  | 'pending'
  | 'sending'
  | 'unknown'
  | 'done'
  | 'failed'
  | 'removed_by_human';

/** An effect that was decided, and how far it is. */
export interface Intent<Request extends EffectRequestShape> {
  readonly id: string;
  readonly request: Request;
  readonly status: IntentStatus;
  /** How often it was sent. */
  readonly sends: number;
  readonly result: EffectResultShape | null;
  readonly createdAt: Date;
}

/** One write as a code host takes it. */
export interface EffectWrite<Request extends EffectRequestShape> {
  readonly kind: Request['kind'];
  readonly repository: Request['repository'];
  readonly payload: Request['payload'];
  readonly marker: string;
  readonly since: Date;
  /** Asked right before the request goes out; false = throw `effect_lease_lost`. */
  readonly stillOurs?: () => boolean;
}

/** The part of a code host that makes and finds things. */
export interface EffectHost<Request extends EffectRequestShape> {
  send(write: EffectWrite<Request>): Promise<EffectResultShape>;
  find(write: EffectWrite<Request>): Promise<EffectResultShape | null>;
}
