import { sha256 } from '../lib/hash.ts';
import { canonicalJson } from '../lib/json.ts';

/** Roles on a code host, in GitHub's words, weakest first. */
export const hostRoles = ['none', 'read', 'triage', 'write', 'maintain', 'admin'] as const;
export type HostRole = (typeof hostRoles)[number];

/** Whether the role may approve: write or above; triage can set labels and is not enough. */
export function mayApprove(role: HostRole): boolean {
  return hostRoles.indexOf(role) >= hostRoles.indexOf('write');
}

/** A decision on a task: by whom, through which channel, over which words. */
export interface Approval {
  readonly taskId: string;
  readonly actor: string;
  readonly channel: 'label' | 'cli' | 'dashboard' | 'demo';
  readonly contentHash: string;
  readonly decidedAt: Date;
  /** Role of the actor on the manager repository and on the target, read at that moment. */
  readonly roles: { readonly manager: HostRole | 'owner'; readonly target: HostRole | 'owner' };
  /** The host's id of the event that carried it; null for CLI and dashboard. */
  readonly eventId: string | null;
  readonly voidedAt: Date | null;
  readonly voidReason: string | null;
}

/** What an approval binds: a change of any member voids it. */
export interface ApprovedContent {
  readonly title: string;
  /** The words of the proposal alone: marker, permalinks, line numbers and rank are not part of it. */
  readonly body: string;
  readonly target: string;
  readonly baseBranch: string;
  readonly agent: string;
  readonly policyVersion: string;
}

/** SHA-256 over the canonical content, hex. */
export function contentHash(content: ApprovedContent): string {
  return sha256(canonicalJson({ ...content, body: canonicalBody(content.body) }));
}

/** Line ends as LF, no white space at line ends: what a code host may change by itself does not void an approval. */
export function canonicalBody(body: string): string {
  return body
    .replace(/\r\n?/gu, '\n')
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
    .trim();
}
