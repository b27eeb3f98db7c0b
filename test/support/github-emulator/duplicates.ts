import type { Effect } from './journal-entry.ts';

/** Things made more than once by requests; `places` are numbers, comment ids or branches. */
export interface Duplicate {
  readonly kind: 'issue' | 'comment' | 'pull' | 'branch';
  /** What is equal. */
  readonly reason: 'intent' | 'fingerprint' | 'title' | 'body' | 'task';
  readonly repository: string;
  readonly key: string;
  readonly places: readonly (number | string)[];
}

/** The hidden marker of the product: `<!-- cms:1:<intent id>:<fingerprint>:<hmac> -->`. */
const markerPattern = /<!-- cms:1:([^:\s]+):([^:\s]*):([^:\s]+) -->/;

interface Marker {
  readonly intent: string;
  readonly fingerprint: string;
}

interface Candidate extends Omit<Duplicate, 'places'> {
  readonly place: number | string;
}

/** What people did by hand and what was seeded is never a duplicate. */
export function findDuplicates(effects: readonly Effect[]): Duplicate[] {
  const ours = effects.filter((effect) => effect.via === 'rest' || effect.via === 'git');
  const candidates = [
    ...ours.filter((effect) => effect.kind === 'issue-opened').flatMap(issueKeys),
    ...ours.filter((effect) => effect.kind === 'comment-created').flatMap(commentKeys),
  ];
  return [...group(candidates), ...openTogether(effects), ...branchesOfOneTask(effects)];
}

/** Issues, comments and pull requests that were made by requests and carry no marker, by which nobody finds them again. */
export function findUnmarked(effects: readonly Effect[]): Effect[] {
  const made = ['issue-opened', 'comment-created', 'pull-opened'];
  return effects.filter(
    ({ kind, via, body }) =>
      via === 'rest' && made.includes(kind) && readMarker(body) === undefined,
  );
}

function issueKeys(effect: Effect): Candidate[] {
  const { repository, number: place = 0, title = '' } = effect;
  const marker = readMarker(effect.body);
  if (marker === undefined) {
    return [{ kind: 'issue', reason: 'title', repository, key: title, place }];
  }
  const of = { kind: 'issue', repository, place } as const;
  const intent: Candidate = { ...of, reason: 'intent', key: marker.intent };
  if (marker.fingerprint === '') return [intent];
  return [intent, { ...of, reason: 'fingerprint', key: marker.fingerprint }];
}

function commentKeys(effect: Effect): Candidate[] {
  const marker = readMarker(effect.body);
  const of = { kind: 'comment', repository: effect.repository, place: effect.id ?? 0 } as const;
  const where = `#${effect.number ?? 0}`;
  if (marker !== undefined) {
    return [{ ...of, reason: 'intent', key: `${where} ${marker.intent}` }];
  }
  return [{ ...of, reason: 'body', key: `${where} ${effect.actor} ${effect.body ?? ''}` }];
}

function group(candidates: readonly Candidate[]): Duplicate[] {
  const groups = new Map<string, Candidate[]>();
  for (const candidate of candidates) {
    const { kind, reason, repository, key } = candidate;
    const name = JSON.stringify([kind, reason, repository, key]);
    groups.set(name, [...(groups.get(name) ?? []), candidate]);
  }
  return [...groups.values()].flatMap((members) => {
    const [first] = members;
    if (first === undefined || members.length < 2) return [];
    const { kind, reason, repository, key } = first;
    return [{ kind, reason, repository, key, places: members.map((member) => member.place) }];
  });
}

/** Two pull requests of one task that were open at the same time. */
function openTogether(effects: readonly Effect[]): Duplicate[] {
  const open = new Map<string, { key: string; number: number }>();
  const found: Duplicate[] = [];
  for (const effect of effects) {
    const { repository, number = 0 } = effect;
    const id = `${repository}#${number}`;
    if (effect.kind === 'pull-merged' || effect.state === 'closed') open.delete(id);
    if (effect.kind !== 'pull-opened' || effect.via !== 'rest') continue;
    const task = taskOf(effect.ref ?? '');
    const key = `${repository} ${task}`;
    const same = [...open.values()].filter((other) => other.key === key);
    if (same.length > 0) {
      const places = [...same.map((other) => other.number), number];
      found.push({
        kind: 'pull',
        reason: 'task',
        repository,
        key: task,
        places,
      });
    }
    open.set(id, { key, number });
  }
  return found;
}

/** Branches of one task that still stand, one of them forgotten: it never got a pull request. */
function branchesOfOneTask(effects: readonly Effect[]): Duplicate[] {
  const standing = new Map<string, Candidate>();
  const proposed = new Set<string>();
  for (const { kind, repository, ref = '', sha } of effects) {
    const id = `${repository} ${ref}`;
    if (kind === 'pull-opened') proposed.add(id);
    if (kind !== 'ref-updated' || taskOf(ref) === ref) continue;
    const candidate = {
      kind: 'branch',
      reason: 'task',
      repository,
      key: taskOf(ref),
      place: ref,
    } as const;
    if (sha === null) standing.delete(id);
    else standing.set(id, candidate);
  }
  return group([...standing.values()]).filter(({ repository, places }) =>
    places.some((ref) => !proposed.has(`${repository} ${ref}`)),
  );
}

/** `claude-manager/<task>-<salt>` without its salt; any other branch is its own task. */
function taskOf(branch: string): string {
  return branch.startsWith('claude-manager/') ? branch.replace(/-[^-]*$/, '') : branch;
}

function readMarker(body: string | null | undefined): Marker | undefined {
  const [, intent, fingerprint] = markerPattern.exec(body ?? '') ?? [];
  if (intent === undefined || fingerprint === undefined) return undefined;
  return { intent, fingerprint };
}
