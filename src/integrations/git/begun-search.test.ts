import { execFileSync, spawn } from 'node:child_process';
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { begunSearchVariable, commandOfSearch, takeBegunSearch } from './begun-search.ts';
import { createGit } from './git.ts';
import { namesWith, type WordSearch } from './name-search.ts';

const words: WordSearch = {
  spellings: ['TODO'],
  choice: {
    wanted: () => true,
    never: ['.png'],
    unlikely: { folders: ['vendor'], endings: [] },
    reopens: () => false,
  },
};
const command = commandOfSearch(words);
const id = command[0] ?? '';
const git = createGit({ environment: process.env });

/** What a search says last: the exit code of git. */
const ended = (code: number): string => `${code}\0`;

let folder = '';
let commit = '';
let opened: number[] = [];

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'cms-begun-')));
  const ask = (...args: string[]) => execFileSync('git', args, { cwd: folder }).toString().trim();
  ask('init', '-q');
  for (const name of ['a', 'b', 'c']) writeFileSync(join(folder, name), '# TODO\n');
  ask('add', '.');
  ask('-c', 'user.name=x', '-c', 'user.email=x@example.com', 'commit', '-q', '-m', 'x');
  commit = ask('rev-parse', 'HEAD');
});

afterEach(() => {
  for (const descriptor of opened) closeQuietly(descriptor);
  opened = [];
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** What a search that wrote this is taken for: the names, whether git was asked itself, and the environment afterwards. */
async function namesAfter(written: string, asked: Partial<WordSearch & { gitDir: string }> = {}) {
  const env: Record<string, string | undefined> = {
    [begunSearchVariable]: `${pipeWith(written)}:${join(folder, '.git')}`,
  };
  const begun = takeBegunSearch(env, command);
  let asksGit = false;
  const watched = {
    ...git,
    start: (...call: Parameters<typeof git.start>) => {
      asksGit = true;
      return git.start(...call);
    },
  };
  const search = { ...words, gitDir: join(folder, '.git'), commit, ...asked };
  const names: string[] = [];
  for await (const name of namesWith(watched, search, begun)) names.push(name);
  return { names, asksGit, env };
}

/** The read end of a pipe that holds this text and then ends. */
function pipeWith(text: string): number {
  const file = join(folder, `.git/pipe-${opened.length}`);
  execFileSync('mkfifo', [file]);
  const descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  opened.push(descriptor);
  const writer = spawn('sh', ['-c', 'cat >"$0"', file], { stdio: ['pipe', 'ignore', 'ignore'] });
  writer.stdin.on('error', () => undefined).end(text);
  return descriptor;
}

function closeQuietly(descriptor: number): void {
  try {
    closeSync(descriptor);
  } catch {
    // The socket that took it has closed it.
  }
}

test('names are those of the search that was begun, and git is not asked again', async () => {
  const written = `${id}\n${commit}\nHEAD:c\0HEAD:only there\0${ended(0)}`;
  expect(await namesAfter(written)).toEqual({
    names: ['c', 'only there'],
    asksGit: false,
    env: {},
  });
});

test('a search that found nothing says so by the code of git', async () => {
  expect(await namesAfter(`${id}\n${commit}\n1\0`)).toMatchObject({ names: [], asksGit: false });
});

test.each([
  ['nothing came', ''],
  ['it ended inside a name', `ID\nCOMMIT\nHEAD:a\0HEAD:`],
  ['no code came', `ID\nCOMMIT\nHEAD:a\0HEAD:b\0`],
  ['git failed', `ID\nCOMMIT\nHEAD:a\0${ended(128)}`],
  ['HEAD was another commit', `ID\n${'0'.repeat(40)}\nHEAD:x\0${ended(0)}`],
  ['other words were given', `0123456789abcdef\nCOMMIT\nHEAD:x\0${ended(0)}`],
])('each file is named once although %s', async (_what, written) => {
  const text = written.replace('ID', id).replace('COMMIT', commit);
  const { names, asksGit } = await namesAfter(text);
  expect({ names: names.sort(), asksGit }).toEqual({ names: ['a', 'b', 'c'], asksGit: true });
});

test.each([
  ['words', { spellings: ['a'] }],
  ['files', { choice: { ...words.choice, never: [] } }],
])('a search for other %s asks git itself', async (_what, asked) => {
  const written = `${id}\n${commit}\nHEAD:x\0${ended(0)}`;
  expect(await namesAfter(written, asked)).toMatchObject({ asksGit: true });
});

test('a search in another repository asks git itself', async () => {
  const other = join(folder, 'other.git');
  execFileSync('git', ['clone', '-q', '--bare', folder, other]);
  const written = `${id}\n${commit}\nHEAD:x\0${ended(0)}`;
  expect(await namesAfter(written, { gitDir: other })).toMatchObject({
    names: ['a', 'b', 'c'],
    asksGit: true,
  });
});

test.each(['', '7', 'x:/tmp', '-1:/tmp'])('`%s` names no search', (value) => {
  const env = { [begunSearchVariable]: value };
  expect(takeBegunSearch(env, command)).toBeNull();
  expect(env).toEqual({});
});

test('a descriptor that is not open is no search', () => {
  const begun = takeBegunSearch({ [begunSearchVariable]: `9999:${folder}/.git` }, command);
  expect(begun?.take({ ...words, gitDir: join(folder, '.git'), commit })).toBeNull();
});
