import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { Socket } from 'node:net';
import { commandEnvironment, settingArguments } from './git.ts';
import { parseNul } from './git-output.ts';
import {
  type BegunSearch,
  pathspecMagic,
  searchArguments,
  type WordSearch,
} from './name-search.ts';

// Node takes about as long to start as git to search a small repository, so the script that starts Node (`run`) begins the
// search. It knows nothing of it but the words of `commandOfSearch`. What it writes is
//
//     id of the words, LF, commit that HEAD was before the search, LF, `HEAD:` and a name, NUL, ... exit code of git, NUL

/** The variable that names the script's end of the search: number of a file descriptor, colon, folder of the repository. */
export const begunSearchVariable = 'CLAUDE_MANAGER_SEARCH';

/**
 * The search as a script starts it, with `GIT_DIR` set and nothing but `PATH` and this in the environment: an id, the
 * number of words that every git command begins with, these words, and the rest of the search.
 */
export function commandOfSearch(search: WordSearch): string[] {
  const variables = Object.entries({ ...commandEnvironment, ...pathspecMagic.env });
  const git = [...variables.map(([name, value]) => `${name}=${value}`), 'git', ...settingArguments];
  const words = [String(git.length), ...git, ...wordsOf(search)];
  const id = createHash('sha256').update(words.join('\0')).digest('hex').slice(0, 16);
  return [id, ...words];
}

const head = 'HEAD';

function wordsOf(search: WordSearch): string[] {
  return searchArguments(search, head);
}

/** Takes over what the environment names, begun by this command; no other program is told of it. */
export function takeBegunSearch(
  environment: Record<string, string | undefined>,
  command: readonly string[],
): BegunSearch | null {
  const [, descriptor, folder] =
    /^(\d+):(.+)$/su.exec(environment[begunSearchVariable] ?? '') ?? [];
  delete environment[begunSearchVariable];
  if (descriptor === undefined || folder === undefined) return null;
  let isTaken = false;
  return {
    take: (search) => {
      const words = wordsOf(search);
      const isSame =
        words.every((word, at) => word === command.at(at - words.length)) &&
        search.gitDir === realPath(folder);
      if (isTaken || !isSame) return null;
      isTaken = true;
      const stream = openEnd(Number(descriptor));
      return stream === null ? null : namesFrom(stream, [command[0] ?? '', search.commit]);
    },
  };
}

function realPath(folder: string): string | null {
  try {
    return realpathSync(folder);
  } catch {
    return null;
  }
}

function openEnd(descriptor: number): Socket | null {
  try {
    return new Socket({ fd: descriptor, readable: true, writable: false });
  } catch {
    return null;
  }
}

async function* namesFrom(
  stream: Socket,
  expected: readonly string[],
): AsyncGenerator<string, 'ended' | 'broken'> {
  const prefix = `${head}:`;
  let before = expected.map((line) => `${line}\n`).join('');
  try {
    for await (const field of parseNul(stream)) {
      if (!field.startsWith(before)) return 'broken';
      const text = field.slice(before.length);
      before = '';
      if (!text.startsWith(prefix)) return text === '0' || text === '1' ? 'ended' : 'broken';
      yield text.slice(prefix.length);
    }
    return 'broken';
  } catch {
    return 'broken';
  } finally {
    stream.destroy();
  }
}
