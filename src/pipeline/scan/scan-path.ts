import type {
  Candidate,
  FolderLook,
  FolderReader,
  LocatedSighting,
  TreeReader,
} from '../../domain/ports/git.ts';
import type { RepositoryRef } from '../../domain/repository.ts';
import type { Clock } from '../../lib/clock.ts';
import { idOf, sha256 } from '../../lib/hash.ts';
import { type BegunLook, beginLook, findFiles } from './begin-look.ts';
import { createFilePolicy, isAttributes, isWanted } from './file-policy.ts';
import { type FindingRow, findingRow } from './finding-row.ts';
import { matchFindings } from './identity/match-findings.ts';
import { formatStates, parseStates, type ScanState, type StateFile } from './scan-state.ts';

export interface PathScanDeps {
  readonly trees: TreeReader;
  readonly folders: FolderReader;
  readonly states: StateFile;
  readonly clock: Clock;
}

export interface PathScanRequest {
  /** A folder, a work tree or a bare repository. */
  readonly path: string;
  /** File that remembers identities, so that the next scan reads only what changed. */
  readonly state?: string | undefined;
  readonly extraTags?: readonly string[] | undefined;
  /** A look at this path with these tags that was begun before. */
  readonly begun?: Promise<BegunLook> | undefined;
  readonly onProgress?:
    | ((progress: { readonly files: number; readonly findings: number }) => void)
    | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What one look brought: the files that were read and what they hold. */
interface Look {
  readonly seen: readonly LocatedSighting[];
  /** Paths that may have changed; null = all. */
  readonly looked: ReadonlySet<string> | null;
  readonly files: ReadonlyMap<string, string>;
}

/** Changes when the reader would see other things in the same bytes. */
const readerVersion = 1;

/** Scans a folder without configuration or database; findings in path and line order. */
export function createPathScan(deps: PathScanDeps): {
  scan(request: PathScanRequest): Promise<FindingRow[]>;
} {
  return { scan: async (request) => await scanPath(deps, request) };
}

async function scanPath(deps: PathScanDeps, request: PathScanRequest): Promise<FindingRow[]> {
  // The reader's modules load while git is being asked.
  import('./read-sightings.ts').catch(() => undefined);
  const begun =
    (await request.begun) ??
    (request.state === undefined
      ? await beginLook(deps, request.path, request.extraTags ?? [])
      : { place: await deps.folders.look(request.path), found: null });
  const { place } = begun;
  const text = request.state === undefined ? null : await deps.states.read(request.state);
  const states = parseStates(text);
  const made = `${readerVersion}:${(request.extraTags ?? []).join(',')}`;
  const old = states.get(place.root);
  const memory = old?.made === made ? old : undefined;
  const look =
    place.kind === 'bare' && place.gitDir !== null
      ? await lookAtTree(deps, request, begun, memory)
      : await lookAtFolder(deps, request, place, memory);
  const repository: RepositoryRef = { host: 'local', name: place.root };
  const { findings } = matchFindings({
    repository,
    known: old?.findings ?? [],
    seen: look.seen,
    looked: look.looked,
    commit: place.commit,
    now: deps.clock.now(),
    newId: (fingerprint) => idOf('finding', fingerprint),
  });
  if (request.state !== undefined) {
    states.set(place.root, {
      made,
      root: place.root,
      commit: place.commit,
      findings,
      files: look.files,
    });
    await deps.states.write(request.state, formatStates(states));
  }
  return findings.filter(({ status }) => status !== 'fixed').map(findingRow);
}

async function lookAtTree(
  deps: PathScanDeps,
  request: PathScanRequest,
  { place, found: begun }: BegunLook,
  memory: ScanState | undefined,
): Promise<Look> {
  const files = new Map<string, string>();
  if (place.commit === null || place.gitDir === null) return { seen: [], looked: null, files };
  const changes =
    memory?.commit == null
      ? null
      : await deps.trees.changes(place.gitDir, memory.commit, place.commit);
  if (changes === null || changes.some(({ path }) => isAttributes(path))) {
    const { trees } = deps;
    const { gitDir, commit } = place;
    const found = begun ?? findFiles(trees, gitDir, commit, request.extraTags ?? []);
    return { seen: await readAll(deps, request, found.files, found.policy), looked: null, files };
  }
  const present = changes.flatMap(({ path, newOid }) =>
    newOid === null ? [] : [{ path, oid: newOid }],
  );
  const policy = createFilePolicy();
  const found = deps.trees.read(place.gitDir, place.commit, present, isWanted(policy));
  const looked = new Set(changes.map(({ path }) => path));
  return { seen: await readAll(deps, request, found, policy), looked, files };
}

async function lookAtFolder(
  deps: PathScanDeps,
  request: PathScanRequest,
  place: FolderLook,
  memory: ScanState | undefined,
): Promise<Look> {
  const { isExcludedPath } = await import('./scanners/todo/path-policy.ts');
  const files = new Map<string, string>();
  const options = {
    skip: (folder: string) => isExcludedPath(`${folder}/x`),
    signal: request.signal,
  };
  // Of a million files the versions alone take a hundred megabytes, and only a file of state keeps them.
  const isKept = request.state !== undefined;
  const note = (path: string, version: string) => files.set(path, isKept ? version : '');
  for await (const { path, version } of deps.folders.files(place, options)) note(path, version);
  const attributes = [...files.keys()].filter(isAttributes).sort();
  const policy = createFilePolicy();
  for await (const { path, bytes } of contents(deps, place, attributes)) policy.learn(path, bytes);
  if (policy.reopens()) {
    const everywhere = { skip: () => false, signal: request.signal };
    for await (const { path, version } of deps.folders.files(place, everywhere)) {
      if (!policy.excludesPath(path)) note(path, version);
    }
  }
  const same = (path: string) => memory?.files.get(path) === files.get(path);
  const fresh = memory === undefined || !attributes.every(same);
  const changed = [...files.keys()].filter((path) => !isAttributes(path) && (fresh || !same(path)));
  const seen = await readAll(deps, request, contents(deps, place, changed), policy);
  if (fresh) return { seen, looked: null, files };
  const gone = [...memory.files.keys()].filter((path) => !files.has(path));
  return { seen, looked: new Set([...changed, ...gone]), files };
}

/** In place of each file that was taken, so that its content can go. */
const taken = Promise.resolve(null);

/** The files of a folder, several read at once. */
async function* contents(
  deps: PathScanDeps,
  place: FolderLook,
  paths: readonly string[],
): AsyncIterable<Candidate> {
  const ahead = 16;
  const reads: Promise<Uint8Array | null>[] = [];
  const read = async (path: string) => await deps.folders.read(place, path);
  for (let at = 0; at < paths.length; at += 1) {
    while (reads.length < Math.min(at + ahead, paths.length)) {
      const next = read(paths[reads.length] ?? '');
      next.catch(() => undefined);
      reads.push(next);
    }
    const bytes = await reads[at];
    reads[at] = taken;
    if (bytes != null) yield { path: paths[at] ?? '', oid: '', bytes };
  }
}

/** Reads the stream of files; the reader's modules load while the first file is on its way. */
async function readAll(
  deps: PathScanDeps,
  request: PathScanRequest,
  files: AsyncIterable<Candidate>,
  policy = createFilePolicy(),
): Promise<LocatedSighting[]> {
  const stream = files[Symbol.asyncIterator]();
  let next = stream.next();
  next.catch(() => undefined);
  const { readSightings } = await import('./read-sightings.ts');
  const options = {
    policy,
    extraTags: request.extraTags ?? [],
    monotonicMs: () => deps.clock.monotonicMs(),
  };
  const seen: LocatedSighting[] = [];
  let count = 0;
  for (let result = await next; result.done !== true; result = await next) {
    const file = result.value;
    if (isAttributes(file.path)) policy.learn(file.path, file.bytes);
    next = stream.next();
    next.catch(() => undefined);
    if (!isAttributes(file.path)) {
      const found = readSightings(file, options);
      // A folder knows no blob ids: the files that have findings get one.
      const oid = file.oid === '' && found.length > 0 ? sha256(file.bytes) : file.oid;
      for (const sighting of found) seen.push({ ...sighting, oid });
    }
    count += 1;
    if (count % 256 === 0) request.onProgress?.({ files: count, findings: seen.length });
    request.signal?.throwIfAborted();
  }
  request.onProgress?.({ files: count, findings: seen.length });
  return seen;
}
