import { lstat, readlink } from 'node:fs/promises';
import path from 'node:path';
import type { ChangedFile, ExportedChange } from '../../domain/ports/git.ts';
import { AppError } from '../../lib/app-error.ts';
import { inParallel, treeEntries } from './checkout.ts';
import { filteredPaths } from './filtered-paths.ts';
import type { Git } from './git.ts';
import type { TreeEntry } from './git-output.ts';
import { ignoredByBase, isLeftover } from './ignore-rules.ts';
import { hashFile, textOf, writeBlob } from './loose-objects.ts';
import { identityOf } from './merge.ts';
import { openObjectReader } from './object-reader.ts';
import { walk } from './walk.ts';

export interface ExportLimits {
  /** A changed file above this is refused; default 25 MiB. */
  readonly maxFileBytes: number;
  /** Bytes of all changed files together; default 200 MiB. */
  readonly maxTotalBytes: number;
  readonly maxEntries: number;
  readonly maxDepth: number;
  /** Patch text beyond this is cut, with a line that says so; default 8 MiB. */
  readonly maxPatchBytes: number;
}

export interface ExportRequest {
  readonly git: Git;
  /** What the agent had; read by our own walker only, never by git. */
  readonly folder: string;
  readonly gitDir: string;
  /** Folder for passing files, outside of `folder`. */
  readonly scratch: string;
  readonly baseCommit: string;
  readonly limits: Partial<ExportLimits>;
}

interface Refusal {
  readonly path: string;
  readonly why: string;
}

/** One path whose content differs from the base. */
interface Change {
  readonly path: string;
  readonly oid: string | null;
  readonly file: ChangedFile;
}

const usual: ExportLimits = {
  maxFileBytes: 25 << 20,
  maxTotalBytes: 200 << 20,
  maxEntries: 500_000,
  maxDepth: 200,
  maxPatchBytes: 8 << 20,
};

/** Takes the tree of files out of a workspace whose processes are dead, and tells how it differs from the base. */
export async function exportWorkspace(request: ExportRequest): Promise<ExportedChange> {
  const limits = { ...usual, ...request.limits };
  const base = await treeEntries(request.git, request.gitDir, request.baseCommit);
  const { changes, refused } = await withoutFiltered(request, await compare(request, limits, base));
  const tree = await buildTree(request, changes);
  const { patch, isCut } = await patchOf(request, limits, tree);
  const oids = new Map(changes.map(({ path: place, oid }) => [place, oid]));
  return {
    gitDir: request.gitDir,
    tree,
    files: changes.map(({ file }) => file),
    patch,
    patchIsCut: isCut,
    content: async (place) => await contentAt(request, limits, place, oids.get(place) ?? null),
    baseLinks: changes.length === 0 ? new Map() : await linksOf(request, base),
    refused,
    commit: async (message, author) => await commitTree(request, tree, message, author),
  };
}

async function compare(
  request: ExportRequest,
  limits: ExportLimits,
  entries: readonly TreeEntry[],
): Promise<Comparison> {
  const base = new Map(entries.filter(({ exact }) => exact).map((entry) => [entry.path, entry]));
  const refused: Refusal[] = [];
  const present = new Set<string>();
  const found: { kind: 'file' | 'link'; path: string }[] = [];
  const skip = leftoverFolders(base);
  for await (const entry of walk(request.folder, { ...limits, skip })) {
    present.add(entry.path);
    if (entry.kind === 'refused') refused.push({ path: entry.path, why: entry.why });
    else found.push(entry);
  }
  const kept = await withoutIgnored(request, entries, base, found);
  const collisions = collidingPaths(base, kept);
  const budget = { bytes: limits.maxTotalBytes };
  const asked = { ...request, inTurn: createTurns() };
  const changes: Change[] = [];
  await inParallel(kept, async (entry) => {
    const why = refusalInTree(entry.path, base, collisions);
    const change = why ?? (await changeAt(asked, limits, budget, base.get(entry.path), entry));
    if (typeof change === 'string') refused.push({ path: entry.path, why: change });
    else if (change !== null) changes.push(change);
  });
  changes.push(...deletions(base, present, refused));
  return { changes: changes.sort(byPath), refused: refused.sort(byPath) };
}

function byPath(a: { readonly path: string }, b: { readonly path: string }): number {
  return a.path < b.path ? -1 : 1;
}

interface Comparison {
  readonly changes: readonly Change[];
  readonly refused: readonly Refusal[];
}

async function withoutFiltered(
  request: ExportRequest,
  { changes, refused }: Comparison,
): Promise<Comparison> {
  const written = changes
    .map(({ file }) => file)
    .filter(({ mode }) => mode?.startsWith('100') === true);
  const reasons = await filteredPaths(request, written);
  return {
    changes: changes.filter(({ path: place }) => !reasons.has(place)),
    refused: [...refused, ...[...reasons].map(([place, why]) => ({ path: place, why }))].sort(
      byPath,
    ),
  };
}

/** Folders of tools are not entered, unless the base commit tracks something in them. */
function leftoverFolders(base: ReadonlyMap<string, TreeEntry>): (folder: string) => boolean {
  const tracked = new Set<string>();
  for (const place of base.keys()) {
    if (!isLeftover(place)) continue;
    for (let at = place.indexOf('/'); at !== -1; at = place.indexOf('/', at + 1))
      tracked.add(place.slice(0, at));
  }
  return (folder) => isLeftover(folder) && !tracked.has(folder);
}

async function withoutIgnored<T extends { readonly path: string }>(
  request: ExportRequest,
  entries: readonly TreeEntry[],
  base: ReadonlyMap<string, TreeEntry>,
  found: readonly T[],
): Promise<readonly T[]> {
  const added = found.filter(({ path: place }) => !base.has(place)).map(({ path: place }) => place);
  const objects = openObjectReader(request.git, request.gitDir, 1 << 20);
  try {
    const rulesFolder = path.join(request.scratch, 'ignore-rules');
    const deps = { git: request.git, gitDir: request.gitDir, rulesFolder };
    const ignored = await ignoredByBase(deps, objects, entries, added);
    return found.filter(
      ({ path: place }) => base.has(place) || !(isLeftover(place) || ignored.has(place)),
    );
  } finally {
    objects.close();
  }
}

/** New paths that a file system without case would take for another path of the result. */
function collidingPaths(
  base: ReadonlyMap<string, TreeEntry>,
  kept: readonly { readonly path: string }[],
): ReadonlySet<string> {
  const fold = (place: string) => place.normalize('NFC').toLowerCase();
  const owners = new Map<string, string>();
  const colliding = new Set<string>();
  const places = kept
    .map((entry) => entry.path)
    .sort((a, b) => Number(base.has(b)) - Number(base.has(a)));
  for (const place of places) {
    for (let at = place.indexOf('/'); ; at = place.indexOf('/', at + 1)) {
      const part = at === -1 ? place : place.slice(0, at);
      const owner = owners.get(fold(part));
      if (owner === undefined) owners.set(fold(part), part);
      else if (owner !== part && !base.has(place)) colliding.add(place);
      if (at === -1) break;
    }
  }
  return colliding;
}

function refusalInTree(
  place: string,
  base: ReadonlyMap<string, TreeEntry>,
  collisions: ReadonlySet<string>,
): string | null {
  if (collisions.has(place)) return 'differs from another path only by case';
  for (let at = place.indexOf('/'); at !== -1; at = place.indexOf('/', at + 1)) {
    if (base.get(place.slice(0, at))?.mode === '160000') return 'a file inside a submodule';
  }
  return base.get(place)?.mode === '160000' ? 'takes the place of a submodule' : null;
}

/** Files above this are held in memory one at a time. */
const lightBytes = 1 << 20;

/** Runs what it is given one after the other. */
type InTurn = <T>(work: () => Promise<T>) => Promise<T>;

function createTurns(): InTurn {
  let last: Promise<unknown> = Promise.resolve();
  return async (work) => {
    const mine = last.then(work, work);
    last = mine;
    return await mine;
  };
}

/** How large the file of the base is; null when there is none. */
async function sizeOf(
  { git, gitDir }: ExportRequest,
  before: TreeEntry | undefined,
): Promise<number | null> {
  if (before === undefined) return null;
  const { stdout } = await git.run([`--git-dir=${gitDir}`, 'cat-file', '-s', before.oid]);
  return Number(stdout.toString());
}

/** The change at one path; null when there is none, a text when it is refused. */
async function changeAt(
  request: ExportRequest & { readonly inTurn: InTurn },
  limits: ExportLimits,
  budget: { bytes: number },
  before: TreeEntry | undefined,
  entry: { readonly kind: 'file' | 'link'; readonly path: string },
): Promise<Change | string | null> {
  const place = path.join(request.folder, entry.path);
  if (entry.kind === 'link') {
    const target = await readlink(place, 'buffer').catch(() => null);
    if (target === null) return 'a link that cannot be read';
    const oid = await writeBlob(request.gitDir, target, entry.path);
    if (before?.oid === oid && before.mode === '120000') return null;
    return changed(entry.path, before, {
      mode: '120000',
      oid,
      bytes: target,
      link: target.toString('utf8'),
    });
  }
  const read = async () =>
    await hashFile(place, limits.maxFileBytes, async () => await sizeOf(request, before));
  const { size = 0 } = (await lstat(place).catch(() => null)) ?? {};
  const content = size > lightBytes ? await request.inTurn(read) : await read();
  if (content === null) return 'a file that cannot be read';
  const mode = content.executable ? '100755' : '100644';
  if (before?.oid === content.oid && before.mode === mode) return null;
  if (content.bytes === null) return `larger than ${limits.maxFileBytes} bytes`;
  budget.bytes -= content.size;
  if (budget.bytes < 0) return `all changes together are larger than ${limits.maxTotalBytes} bytes`;
  const oid = await writeBlob(request.gitDir, content.bytes, entry.path);
  return changed(entry.path, before, { mode, oid, bytes: content.bytes, link: null });
}

function changed(
  place: string,
  before: TreeEntry | undefined,
  now: { mode: string; oid: string; bytes: Buffer; link: string | null },
): Change {
  const status = before === undefined ? 'added' : 'modified';
  const file: ChangedFile = {
    path: place,
    status,
    mode: now.mode,
    bytes: now.bytes.length,
    linkTarget: now.link,
    text: now.link === null ? textOf(now.bytes) : null,
  };
  return { path: place, oid: now.oid, file };
}

/** Tracked paths that are gone. What was refused in their place leaves the base as it is. */
function deletions(
  base: ReadonlyMap<string, TreeEntry>,
  present: ReadonlySet<string>,
  refused: readonly Refusal[],
): Change[] {
  const blocked = refused.map(({ path: place }) => `${place}/`);
  return [...base.values()]
    .filter(({ path: place, mode }) => mode !== '160000' && !present.has(place))
    .filter(({ path: place }) => !blocked.some((prefix) => place.startsWith(prefix)))
    .map(({ path: place }) => ({
      path: place,
      oid: null,
      file: { path: place, status: 'deleted', mode: null, bytes: 0, linkTarget: null, text: null },
    }));
}

/** The base tree with the changes, made in an index of our own; no work tree takes part. */
async function buildTree(request: ExportRequest, changes: readonly Change[]): Promise<string> {
  const { git, gitDir, baseCommit, scratch } = request;
  const env = { GIT_INDEX_FILE: path.join(scratch, 'export-index') };
  const lines = [
    ...changes.map(({ path: place }) => `0 ${'0'.repeat(40)}\t${place}\0`),
    ...changes.flatMap(({ path: place, oid, file }) =>
      oid === null ? [] : [`${file.mode} ${oid}\t${place}\0`],
    ),
  ];
  await git.run([`--git-dir=${gitDir}`, 'read-tree', baseCommit], { env });
  await git.run([`--git-dir=${gitDir}`, 'update-index', '-z', '--index-info'], {
    env,
    input: lines.join(''),
  });
  const { stdout } = await git.run([`--git-dir=${gitDir}`, 'write-tree'], { env });
  return stdout.toString().trim();
}

/** Longer than any system takes for the text of a link. */
const linkBytes = 1 << 16;

async function linksOf(
  request: ExportRequest,
  base: readonly TreeEntry[],
): Promise<ReadonlyMap<string, string | null>> {
  const links = new Map<string, string | null>();
  const found = base.filter(({ mode }) => mode === '120000' || mode === '160000');
  if (found.length === 0) return links;
  const objects = openObjectReader(request.git, request.gitDir, linkBytes);
  try {
    await inParallel(found, async ({ path: place, mode, oid }) => {
      const said = mode === '120000' ? await objects.read(oid) : null;
      links.set(place, said?.bytes?.toString('utf8') ?? null);
    });
  } finally {
    objects.close();
  }
  return links;
}

async function contentAt(
  { git, gitDir }: ExportRequest,
  { maxFileBytes }: ExportLimits,
  place: string,
  oid: string | null,
): Promise<Uint8Array> {
  if (oid === null) throw noContent(place);
  const args = [`--git-dir=${gitDir}`, 'cat-file', 'blob', oid];
  return (await git.run(args, { maxBytes: maxFileBytes })).stdout;
}

function noContent(place: string): AppError {
  return new AppError({
    kind: 'internal',
    code: 'no_changed_file',
    message: `${place} has no content that was changed.`,
    details: { path: place },
  });
}

async function patchOf(
  request: ExportRequest,
  limits: ExportLimits,
  tree: string,
): Promise<{ readonly patch: string; readonly isCut: boolean }> {
  const child = request.git.start([
    `--git-dir=${request.gitDir}`,
    'diff-tree',
    '-r',
    '-p',
    '--no-renames',
    '--no-ext-diff',
    '--no-textconv',
    '--no-color',
    request.baseCommit,
    tree,
  ]);
  child.stdin.end();
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
    size += chunk.length;
    chunks.push(chunk);
    if (size > limits.maxPatchBytes) break;
  }
  child.kill();
  const patch = Buffer.concat(chunks);
  if (size <= limits.maxPatchBytes) return { patch: patch.toString('utf8'), isCut: false };
  const begin = patch.toString('utf8', 0, limits.maxPatchBytes);
  return { patch: `${begin}\n[patch cut at ${limits.maxPatchBytes} bytes]\n`, isCut: true };
}

async function commitTree(
  { git, gitDir, baseCommit }: ExportRequest,
  tree: string,
  message: string,
  author: { name: string; email: string; date: Date },
): Promise<string> {
  const { stdout } = await git.run(
    [`--git-dir=${gitDir}`, 'commit-tree', tree, '-p', baseCommit, '-F', '-'],
    {
      input: message,
      env: identityOf(author),
    },
  );
  const commit = stdout.toString().trim();
  await git.run([`--git-dir=${gitDir}`, 'update-ref', 'refs/cms/result', commit]);
  return commit;
}
