import type { Candidate, LocatedSighting, TreeReader } from '../../../../domain/ports/git.ts';
import type { Clock } from '../../../../lib/clock.ts';
import {
  choiceOf,
  createFilePolicy,
  type FilePolicy,
  isAttributes,
  isWanted,
} from '../../file-policy.ts';
import { readSightings } from '../../read-sightings.ts';
import type { LookRequest, LookResult, Scanner } from '../../scanner.ts';
import { prefilterSpellings } from './tags.ts';

export interface TodoScannerDeps {
  readonly trees: TreeReader;
  readonly clock: Clock;
  /** Tags beside the built-in ones, read at each look. */
  readonly extraTags: () => readonly string[];
}

/** TODO comments of the branch: all files at the first look, only changed ones later. */
export function createTodoScanner(deps: TodoScannerDeps): Scanner {
  return { rule: 'todo', look: async (request) => await look(deps, request) };
}

async function look(deps: TodoScannerDeps, request: LookRequest): Promise<LookResult | null> {
  const tags = deps.extraTags();
  const [from = '', lastTags = ''] = (request.last ?? '').split('+');
  const known = from !== '' && lastTags === tags.join(',');
  if (known) {
    const head = await request.host.head(request.ref, request.branch, from);
    if (!head.changed || head.sha === from) return null;
  }
  const { gitDir, commit } = await request.mirror();
  const mark = tags.length === 0 ? commit : `${commit}+${tags.join(',')}`;
  if (request.last === mark) return null;
  const changes = known ? await deps.trees.changes(gitDir, from, commit) : null;
  const link = permalinks(request.webUrl, commit);
  const policy = createFilePolicy();
  if (changes === null || changes.some(({ path }) => isAttributes(path))) {
    const files = deps.trees.candidates(gitDir, commit, prefilterSpellings(tags), choiceOf(policy));
    return { seen: await readAll(deps, policy, files, tags, link), looked: null, mark, commit };
  }
  const present = changes.flatMap(({ path, newOid }) =>
    newOid === null ? [] : [{ path, oid: newOid }],
  );
  const files = deps.trees.read(gitDir, commit, present, isWanted(policy));
  const looked = new Set(changes.map(({ path }) => path));
  return { seen: await readAll(deps, policy, files, tags, link), looked, mark, commit };
}

async function readAll(
  deps: TodoScannerDeps,
  policy: FilePolicy,
  files: AsyncIterable<Candidate>,
  extraTags: readonly string[],
  link: (path: string, line: number, endLine: number) => string | null,
): Promise<LocatedSighting[]> {
  const options = { policy, extraTags, monotonicMs: () => deps.clock.monotonicMs() };
  const seen: LocatedSighting[] = [];
  for await (const file of files) {
    if (isAttributes(file.path)) policy.learn(file.path, file.bytes);
    else {
      for (const sighting of readSightings(file, options)) {
        seen.push({ ...sighting, url: link(sighting.path, sighting.line, sighting.endLine) });
      }
    }
  }
  return seen;
}

/** GitHub's address of lines at a commit. */
function permalinks(webUrl: string | null, commit: string) {
  return (path: string, line: number, endLine: number): string | null => {
    if (webUrl === null) return null;
    const file = path.split('/').map(encodeURIComponent).join('/');
    return `${webUrl}/blob/${commit}/${file}#L${line}${endLine > line ? `-L${endLine}` : ''}`;
  };
}
