import type { LocatedSighting } from '../../../domain/ports/git.ts';
import type { KnownFinding } from '../../../domain/ports/stores.ts';
import type { RepositoryRef } from '../../../domain/repository.ts';
import { withFingerprints } from '../fingerprint.ts';
import { pairPlaces } from './pair-places.ts';

export interface MatchRequest {
  readonly repository: RepositoryRef;
  /** Open findings, and those that vanished within the last looks. */
  readonly known: readonly KnownFinding[];
  /** What was seen in the files that were looked at. */
  readonly seen: readonly LocatedSighting[];
  /** Paths that were looked at, deleted ones too; null = all. Findings elsewhere stay as they are. */
  readonly looked: ReadonlySet<string> | null;
  readonly commit: string | null;
  readonly now: Date;
  /** Id of a new finding, from its fingerprint. */
  readonly newId: (fingerprint: string) => string;
}

export interface MatchResult {
  /** All findings that are kept, open ones in path and line order first. */
  readonly findings: readonly KnownFinding[];
  /** Ids by what happened to them in this look. */
  readonly opened: readonly string[];
  readonly fixed: readonly string[];
  readonly returned: readonly string[];
}

/** A vanished id is forgotten after this many looks. */
const looksRemembered = 50;

/** Gives what is seen the ids it had before, new ids to what is new, and marks what is gone. Pure. */
export function matchFindings(request: MatchRequest): MatchResult {
  const { known, seen, looked } = request;
  const inDoubt = known.filter(
    ({ status, path }) => status === 'fixed' || looked === null || looked.has(path),
  );
  const doubted = new Set(inDoubt);
  const untouched = known.filter((finding) => !doubted.has(finding));
  const pairs = pairPlaces(inDoubt, seen);
  const origin = new Map([...pairs].map(([old, fresh]) => [fresh, inDoubt[old]]));
  const standing = [
    ...untouched.map((finding) => ({ ...finding, before: finding })),
    ...seen.map((sighting, index) => ({ ...sighting, before: origin.get(index) ?? null })),
  ];
  const taken = new Set(known.map(({ id }) => id));
  const open = withFingerprints(request.repository, standing).map(({ before, ...place }) =>
    openFinding(request, place, before, taken),
  );
  const gone = inDoubt.flatMap((finding, index) => (pairs.has(index) ? [] : [vanished(finding)]));
  const before = new Map(known.map((finding) => [finding.id, finding.status]));
  return {
    findings: [...open, ...gone.filter(({ missedScans }) => missedScans <= looksRemembered)],
    opened: open.filter(({ id }) => !before.has(id)).map(({ id }) => id),
    fixed: gone.filter(({ missedScans }) => missedScans === 1).map(({ id }) => id),
    returned: open.filter(({ id }) => before.get(id) === 'fixed').map(({ id }) => id),
  };
}

function openFinding(
  request: MatchRequest,
  place: LocatedPlace & { readonly fingerprint: string },
  before: KnownFinding | null,
  taken: Set<string>,
): KnownFinding {
  return {
    rule: place.rule,
    path: place.path,
    line: place.line,
    endLine: place.endLine,
    tag: place.tag,
    text: place.text,
    owner: place.owner,
    issue: place.issue,
    confidence: place.confidence,
    url: place.url,
    context: place.context,
    contextStart: place.contextStart,
    oid: place.oid,
    fingerprint: place.fingerprint,
    id: before?.id ?? unusedId(request, place.fingerprint, taken),
    repository: request.repository,
    commit: request.commit,
    firstSeen: before?.firstSeen ?? request.now,
    status: before?.status === 'suppressed' ? 'suppressed' : 'open',
    missedScans: 0,
  };
}

type LocatedPlace = Omit<LocatedSighting, 'oid'> & { readonly oid: string | null };

function vanished(finding: KnownFinding): KnownFinding {
  return { ...finding, status: 'fixed', missedScans: finding.missedScans + 1 };
}

/** An id made from a fingerprint may belong to a finding whose text has changed since. */
function unusedId(request: MatchRequest, fingerprint: string, taken: Set<string>): string {
  let id = request.newId(fingerprint);
  for (let turn = 2; taken.has(id); turn += 1) id = request.newId(`${fingerprint}-${turn}`);
  taken.add(id);
  return id;
}
