import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createGithubLoop, type GithubLoop, manager } from '../support/github-loop.ts';

const run = promisify(execFile);
const hasStrace = await run('strace', ['-qq', '-e', 'trace=none', 'true']).then(
  () => true,
  () => false,
);

const touch = 'touch canary';
/** Names of files and words of comments that a shell, or a program that takes them for options, would act on. */
const names = [
  `$(${touch}).js`,
  `\`${touch}\`.js`,
  `;${touch};.js`,
  `a|${touch}|.js`,
  '--output=canary.js',
  `' ${touch} '.js`,
];
const words = [
  `$(${touch})`,
  `\`${touch}\``,
  `; ${touch} #`,
  `| ${touch}`,
  `&& ${touch}`,
  `'; ${touch}; '`,
  `"$(${touch})"`,
];
const files = Object.fromEntries(
  names.map((name, at) => [
    name,
    `// TODO: ${words[at]} close the file number ${at}\nexport const a = ${at};\n`,
  ]),
);

interface Started {
  readonly file: string;
  readonly words: readonly string[];
}

/** What strace wrote: every program that was started, with its arguments, of all processes. */
function startedIn(trace: string): readonly Started[] {
  return [...trace.matchAll(/execve\(("(?:[^"\\]|\\.)*"), (\[.*?\]), (?:\[|0x)/gu)].map(
    ([, file = '', list = '']) => ({
      file: textOf(file),
      words: [...list.matchAll(/"(?:[^"\\]|\\.)*"/gu)].map(([word]) => textOf(word)),
    }),
  );
}

function textOf(quoted: string): string {
  return quoted.slice(1, -1).replace(/\\(\d{1,3}|.)/gu, (_, escape: string) => {
    if (/^\d/u.test(escape)) return String.fromCharCode(Number.parseInt(escape, 8));
    return { n: '\n', t: '\t', r: '\r' }[escape] ?? escape;
  });
}

describe.runIf(hasStrace)('names of files and words of comments that are commands', () => {
  let loop: GithubLoop;
  let folder = '';
  let started: readonly Started[] = [];
  const traced = async (name: string): Promise<void> => {
    const file = join(folder, name);
    await loop.once({
      maxMs: 400_000,
      under: [
        'strace',
        '-f',
        '--seccomp-bpf',
        '-qq',
        '-v',
        '-s',
        '20000',
        '-e',
        'trace=execve',
        '-o',
        file,
      ],
    });
    started = [...started, ...startedIn(await readFile(file, 'latin1'))];
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cms-strace-'));
    loop = await createGithubLoop({ targets: { widgets: files } });
    await traced('proposing');
    for (const { number } of loop.proposals())
      loop.emulator.as('wendy').label(manager, number, 'approved-for-dev');
    await traced('working');
  }, 900_000);
  afterAll(async () => {
    await loop.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }, 420_000);

  test('are proposed, worked on and delivered', () => {
    expect(loop.proposals()).toHaveLength(names.length);
    expect(loop.pulls('acme/widgets').length).toBeGreaterThan(0);
  });
  test('start nothing but the programs that do the work', () => {
    const programs = new Set(started.map(({ file }) => basename(file)));
    const known = ['bwrap', 'git', 'node', 'prlimit', 'setpriv', 'sh'];
    expect(
      [...programs].filter((name) => !known.includes(name) && !name.startsWith('git-')),
    ).toEqual([]);
  });
  test('never stand in the script of a shell', () => {
    const scripts = started.filter(({ file }) => /^(?:ba|da)?sh$/u.test(basename(file)));
    expect(scripts.length).toBeGreaterThan(0);
    for (const { words: given } of scripts) {
      const script = given[given.indexOf('-c') + 1] ?? '';
      expect(script).not.toContain('canary');
    }
  });
  test('stand before no program as an option without the end of the options before them', () => {
    const options = started.filter(({ words: given }) => {
      const at = given.findIndex((word) => word.startsWith('--output='));
      return at >= 0 && !given.slice(0, at).includes('--');
    });
    expect(options).toEqual([]);
  });
  test('do nothing: what they would make is nowhere', async () => {
    const made = await readdir(loop.service.folder, { recursive: true });
    expect(made.length).toBeGreaterThan(10);
    expect(made.filter((path) => basename(path) === 'canary')).toEqual([]);
    expect((await readdir(process.cwd())).includes('canary')).toBe(false);
  });
});
