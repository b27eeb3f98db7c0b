import { idOf } from '../lib/hash.ts';
import type { Json } from '../lib/json.ts';
import type { RepositoryRef } from './repository.ts';

/** One write to the outside world. `key` names the thing that is made, so that two sends would be a duplicate. */
export type EffectKind =
  | 'create_issue'
  | 'update_issue'
  | 'set_issue_state'
  | 'comment'
  | 'add_label'
  | 'remove_label'
  | 'push_branch'
  | 'open_pull_request'
  | 'rerun_checks'
  | 'reply_to_remark'
  | 'resolve_thread';

/**
 * What a host has once however often it is asked for: one branch at one commit, one open pull request of a branch, one
 * state, one set of labels. To ask again needs no certainty that the first request came to nothing.
 */
export const repeatableKinds: ReadonlySet<EffectKind> = new Set([
  'update_issue',
  'set_issue_state',
  'add_label',
  'remove_label',
  'push_branch',
  'open_pull_request',
  'resolve_thread',
]);

/** What is asked of the sender; `payload` is JSON that the host's `send` understands (domain/ports/code-host.ts). */
export interface EffectRequest {
  readonly kind: EffectKind;
  readonly repository: RepositoryRef;
  readonly taskId: string;
  readonly attempt: number;
  /** Tells apart effects of one kind in one attempt; 0 for the first. */
  readonly ordinal: number;
  readonly payload: { readonly [key: string]: Json };
  /** Of the finding that the thing tells of; goes into the hidden marker, so that a lost database adopts its own issues. */
  readonly fingerprint?: string;
}

/** The id of the intent: a pure function, so that the same step or a lost database makes the same one. */
export function intentIdOf(managerKey: string, request: EffectRequest): string {
  return idOf(
    managerKey,
    request.taskId,
    String(request.attempt),
    request.kind,
    String(request.ordinal),
  );
}

/** What the host answered, kept on the intent: number, url, sha. */
export interface EffectResult {
  readonly number: number | null;
  readonly url: string | null;
  readonly sha: string | null;
  /** Found by marker or natural key instead of being made now. */
  readonly adopted: boolean;
}
