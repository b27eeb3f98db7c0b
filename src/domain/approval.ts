import { sha256 } from '../lib/hash.ts';
import { canonicalJson } from '../lib/json.ts';

/** Roles on a code host, in GitHub's words, weakest first. */
export const hostRoles = ['none', 'read', 'triage', 'write', 'maintain', 'admin'] as const;
export type HostRole = (typeof hostRoles)[number];

/** Whether the role may approve: write or above; triage can set labels and is not enough. */
export function mayApprove(role: HostRole): boolean {
  return hostRoles.indexOf(role) >= hostRoles.indexOf('write');
}

export type ApprovalChannel = 'label' | 'cli' | 'dashboard' | 'demo';

/** Names of people with what they are called elsewhere: `github:LOGIN`, `user:NAME` (dashboard), `system:ACCOUNT`. */
export type People = Readonly<Record<string, readonly string[]>>;

/** What approving asks for in a repository. */
export interface ApprovalPolicy {
  /** How many people have to approve. */
  readonly approvers: number;
  /** Who may not approve: who asked for the work, who wrote its words, the account by which we write. */
  readonly separateFrom: readonly ('proposer' | 'editor' | 'service')[];
  /** An approval that has not led to a start after so many days is void; null: never. */
  readonly expiresDays: number | null;
  readonly people: People;
}

const realms = { label: 'github', dashboard: 'user', cli: 'system', demo: 'system' } as const;

/** One name for one person: `person:NAME` where the configuration names them, else what the channel calls them. */
export function personOf(channel: ApprovalChannel, actor: string, people: People): string {
  const realm = realms[channel];
  const identity = realm === 'github' ? `github:${actor.toLowerCase()}` : `${realm}:${actor}`;
  const named = Object.entries(people).find(([, identities]) =>
    identities.some((one) => (realm === 'github' ? one.toLowerCase() : one) === identity),
  );
  return named === undefined ? identity : `person:${named[0]}`;
}

/**
 * Whether two names surely are two people. Across channels that can be told only where the configuration says what a
 * person is called there; within one channel two names are two people.
 */
export function areDistinct(one: string, other: string, people: People): boolean {
  if (one === other) return false;
  const [realm, otherRealm] = [realmOf(one), realmOf(other)];
  if (realm === otherRealm) return true;
  if (realm === 'person') return isKnownIn(one, otherRealm, people);
  return otherRealm === 'person' && isKnownIn(other, realm, people);
}

function realmOf(person: string): string {
  return person.slice(0, person.indexOf(':'));
}

function isKnownIn(person: string, realm: string, people: People): boolean {
  const identities = people[person.slice('person:'.length)] ?? [];
  return identities.some((identity) => identity.toLowerCase().startsWith(`${realm}:`));
}

/** A decision on a task: by whom, through which channel, over which words. */
export interface Approval {
  readonly taskId: string;
  readonly actor: string;
  /** Who the actor is across channels (`personOf`). */
  readonly person: string;
  readonly channel: ApprovalChannel;
  readonly contentHash: string;
  readonly decidedAt: Date;
  /** Role of the actor on the manager repository and on the target, read at that moment. */
  readonly roles: { readonly manager: HostRole | 'owner'; readonly target: HostRole | 'owner' };
  /** The host's id of the event that carried it; null for CLI and dashboard. */
  readonly eventId: string | null;
  /**
   * Where the base branch stood then, for work that a person asked for; null for a finding, whose place in the code is
   * looked for again, and where it could not be read. Recorded, not bound.
   */
  readonly baseCommit: string | null;
  readonly voidedAt: Date | null;
  readonly voidReason: string | null;
  /** Of the call or the delivery that carried it; everything that is done under it has the same. Null before it was kept. */
  readonly correlationId: string | null;
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
