import type { Kysely } from 'kysely';
import type { Checkpoint } from '../../lib/checkpoint.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { Database } from '../database/database.ts';
import type { EffectHost, EffectRequestShape, Intent } from './intent.ts';
import type { SenderProcesses } from './sender-process.ts';

/** What an effect tells the audit; a thrown error stops the effect before anything is sent. */
export interface EffectAudit<Request extends EffectRequestShape> {
  readonly event:
    | 'effect.sending'
    | 'effect.done'
    | 'effect.adopted'
    | 'effect.failed'
    | 'effect.unknown';
  readonly intent: Intent<Request>;
  readonly facts: Readonly<Record<string, unknown>>;
}

export interface EffectDeps<Handle, Request extends EffectRequestShape> {
  readonly database: Pick<Database, 'kysely'>;
  /** The open transaction behind the caller's handle. */
  readonly open: (handle: Handle) => Kysely<unknown>;
  readonly host: (name: Request['repository']['host']) => EffectHost<Request>;
  /** The id of the intent, a pure function of the request. */
  readonly idOf: (request: Request) => string;
  /** The text form of a repository, signed in markers. */
  readonly keyOf: (repository: Request['repository']) => string;
  readonly markerKey: Buffer;
  readonly clock: Clock;
  readonly log: Log;
  /** Restrictions that hold at this moment (pause, caps); a reason keeps the effect waiting. */
  readonly allow: (intent: Intent<Request>) => Promise<Permit>;
  readonly audit: (entry: EffectAudit<Request>) => Promise<void>;
  /** In `reconcile_only` nothing is sent, only found. */
  readonly mode?: () => 'normal' | 'reconcile_only';
  /** After a lost or restored database: look through everything of ours before the first send of an intent. */
  readonly lookFirst?: () => boolean;
  /** Whether the host has the thing once however often it is asked for; when left out nothing is so. */
  readonly isRepeatable?: (request: Request) => boolean;
  /** Who this process is, and which others have ended; as `/proc` tells when left out. */
  readonly processes?: SenderProcesses;
  readonly checkpoint?: Checkpoint;
  readonly options?: Partial<EffectOptions>;
}

export type Permit =
  | { readonly allowed: true }
  | { readonly allowed: false; readonly reason: string };

export interface EffectOptions {
  /** How long a sender that says nothing keeps an intent; default 15 s. */
  readonly leaseMs: number;
  /** Between two looks in vain, before it is sent again; default 60 s, as lists of hosts lag. */
  readonly lookDistanceMs: number;
  /** The same for what may be asked for twice, after the first send; doubles with each; default 2 s. */
  readonly repeatDistanceMs: number;
  /** How often to ask after an intent that another process works on; default 250. */
  readonly pollMs: number;
  /** Sends after which an intent that never arrives fails; default 5. */
  readonly maxSends: number;
}
