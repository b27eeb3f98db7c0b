import { execFile, spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { program, programEnv } from '../support/program.ts';
import { root } from '../support/sources.ts';

const run = promisify(execFile);

interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cms-cli-'));
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

function manager(
  where: string,
  words: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Said> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [program, ...words], {
      cwd: where,
      env: programEnv(folder, env),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
    child.on('close', (code) => resolve({ code: code ?? -1, out, err }));
  });
}

function place(name: string, config: unknown): string {
  const where = join(folder, name);
  mkdirSync(where, { recursive: true });
  const text = typeof config === 'string' ? config : JSON.stringify(config);
  if (config !== null) writeFileSync(join(where, 'config.json'), text);
  return where;
}

describe('wrong input', () => {
  it.each([
    ['a missing configuration', null, ['status'], 'claude-manager init'],
    ['a misspelled key', '{\n  "executor": {\n    "defualt": 1\n  }\n}', ['status'], '3:5'],
    ['text that is no JSON', '{\n  "executor":\n}', ['status'], '3:1'],
    ['a folder that is not there', null, ['scan', '--path', './nope'], 'nope'],
    ['an unknown command', null, ['frobnicate'], '--help'],
    ['a state that does not exist', {}, ['tasks', 'list', '--state', 'foo'], 'proposed'],
  ])('%s: exit code 2 and what to do next', async (name, config, words, hint) => {
    const said = await manager(place(name.replaceAll(' ', '-'), config), ['--json', ...words]);
    expect(said.code).toBe(2);
    expect(said.err).toContain(hint);
    expect(JSON.parse(said.out)).toHaveProperty('error.message');
  });

  it.each([
    ['a folder without a repository', ['--repo', './nope'], 'nope'],
    ['a name that is none', ['--repo', 'a b', '--manager', 'me/manager'], 'repositories.0'],
  ])('init with %s is refused, and no configuration is written', async (name, words, hint) => {
    const where = place(name.replaceAll(' ', '-'), null);
    const said = await manager(where, ['init', ...words]);
    expect(said.code).toBe(2);
    expect(said.err).toContain(hint);
    expect(existsSync(join(where, 'config.json'))).toBe(false);
  });

  it.each([
    ['validate'],
    ['--help'],
    ['scan', '--path', '.'],
    ['scan', '--path', '.', '--format', 'jsonl'],
  ])(
    'an answer that its disk does not take: exit code 4 and what to do next, for %s',
    async (...words) => {
      const where = place('full-disk', {});
      writeFileSync(join(where, 'a.js'), '// TODO: mend it\n');
      const full = openSync('/dev/full', 'w');
      const child = spawn(process.execPath, [program, ...words], {
        cwd: where,
        env: programEnv(folder),
        stdio: ['ignore', full, 'pipe'],
      });
      closeSync(full);
      let err = '';
      child.stderr?.setEncoding('utf8').on('data', (text: string) => (err += text));
      const code = await new Promise((resolve) => {
        child.on('close', resolve);
      });
      expect({ code, err }).toMatchObject({
        code: 4,
        err: expect.stringMatching(/^next: .*space/mu),
      });
    },
  );

  it('a database that is down: exit code 4, the password stays unsaid', async () => {
    const DATABASE_URL = 'postgres://someone:s3cretword@127.0.0.1:1/none';
    const said = await manager(place('dead', {}), ['status'], { DATABASE_URL });
    expect(said.code).toBe(4);
    expect(said.err).toMatch(/cannot be reached[\s\S]*next: {2}\S/u);
    expect(said.err + said.out).not.toContain('s3cretword');
  });
});

describe('a scan of folders', () => {
  const blob = program.replace(/mjs$/u, 'blob');
  const files = program.replace(/mjs$/u, 'cjs');

  it.each([
    ['the findings', ['scan', '--path', '.', '--format', 'jsonl'], 0],
    ['a table', ['scan', '--path', '.', '--tag', 'NOTE'], 0],
    ['a folder that is not there', ['scan', '--path', './nope', '--json'], 2],
    ['an option that is not there', ['scan', '--pth', '.'], 2],
  ])(
    'says the same from the snapshot of Node as from the files: %s',
    async (_what, words, code) => {
      const where = place('snapshot', {});
      writeFileSync(join(where, 'a.py'), '# TODO(ann): mend it\nx = "# TODO: no"  # NOTE: old\n');
      const start = async (before: readonly string[]) => {
        const ended = await run(process.execPath, [...before, files, ...words], {
          cwd: where,
          env: programEnv(folder),
        }).catch((error: unknown) => error as { code: number; stdout: string; stderr: string });
        const { stdout, stderr } = ended;
        return { code: 'code' in ended ? ended.code : 0, stdout, stderr };
      };
      const fromFiles = await start([]);
      expect(fromFiles.code).toBe(code);
      expect(await start(['--snapshot-blob', blob])).toEqual(fromFiles);
    },
  );
});

describe('a scan by ./run', () => {
  it('lets git search a bare repository once, while Node starts, and finds what the program finds alone', async () => {
    const where = place('ahead', {});
    const bare = join(where, 'r.git');
    const source = join(where, 'source');
    mkdirSync(source);
    writeFileSync(join(source, 'a.py'), '# TODO(ann): mend it\n');
    const who = ['-c', 'user.name=x', '-c', 'user.email=x@example.com'];
    await run('git', ['init', '-q'], { cwd: source });
    await run('git', ['add', '.'], { cwd: source });
    await run('git', [...who, 'commit', '-q', '-m', 'x'], { cwd: source });
    await run('git', ['clone', '-q', '--bare', source, bare]);
    const { stdout: git } = await run('sh', ['-c', 'command -v git']);
    const told = join(where, 'told');
    const watcher = join(where, 'bin', 'git');
    mkdirSync(join(where, 'bin'));
    const script = `#!/bin/sh\nfor word; do echo "$word"; done >>${told}\nexec ${git.trim()} "$@"\n`;
    writeFileSync(watcher, script, { mode: 0o755 });
    const words = ['scan', '--path', bare, '--format', 'jsonl'];
    const PATH = `${join(where, 'bin')}:${process.env['PATH'] ?? ''}`;
    const byRun = await run(join(root, 'run'), words, {
      cwd: where,
      env: programEnv(folder, { PATH }),
    });
    const alone = await manager(where, words);
    expect(byRun.stdout).toBe(alone.out);
    expect(JSON.parse(alone.out)).toMatchObject({ path: 'a.py', text: 'mend it' });
    const asked = readFileSync(told, 'utf8').split('\n');
    expect(asked.filter((word) => word === 'grep')).toHaveLength(1);
    // With other words it would search in vain.
    rmSync(told);
    const tagged = ['scan', '--path', bare, '--tag', 'NOTE'];
    await run(join(root, 'run'), tagged, { cwd: where, env: programEnv(folder, { PATH }) });
    const askedFor = readFileSync(told, 'utf8').split('\n');
    expect(askedFor.filter((word) => word === 'grep')).toHaveLength(1);
  });
});

describe('one data folder', () => {
  let where = '';
  const cli = (...words: string[]): Promise<Said> => manager(where, ['--json', ...words]);
  const task = async (): Promise<{ id: string; state: string }> =>
    (JSON.parse((await cli('tasks', 'list')).out) as { id: string; state: string }[])[0] ?? {
      id: '',
      state: '',
    };

  beforeAll(async () => {
    where = place('work', {
      executor: {
        default: 'mine',
        sandbox: 'none',
        allowUnsandboxed: true,
        agents: { mine: { kind: 'command', command: ['node', join(folder, 'work', 'agent.mjs')] } },
      },
      repositories: [{ match: './r' }],
    });
    writeFileSync(
      join(where, 'agent.mjs'),
      `import { existsSync, appendFileSync, writeFileSync } from 'node:fs';
      writeFileSync('${join(where, 'started')}', '');
      while (!existsSync('${join(where, 'go')}')) await new Promise((next) => setTimeout(next, 50));
      appendFileSync('${join(where, 'runs')}', 'x');
      appendFileSync('a.js', 'export const done = 1;\\n');`,
    );
    mkdirSync(join(where, 'r'));
    writeFileSync(join(where, 'r', 'a.js'), '// TODO: handle negative numbers\n');
    const git = (...words: string[]): Promise<unknown> =>
      run('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...words], {
        cwd: join(where, 'r'),
      });
    await git('init', '-q', '-b', 'main');
    await git('add', '.');
    await git('commit', '-qm', 'first');
  });

  afterAll(async () => {
    await cli('stop');
  });

  const pauseHoldsProposals = async (): Promise<void> => {
    await cli('pause');
    const held = await cli('start', '--once');
    expect(held.code).toBe(0);
    expect(JSON.parse(held.out)).toMatchObject({ waiting: [{ code: 'waits_for_issue' }] });
    await cli('resume');
    const sent = await cli('start', '--once');
    expect(JSON.parse(sent.out)).toMatchObject({ waiting: [{ code: 'waits_for_approval' }] });
  };

  const secondServiceIsRefused = async (): Promise<void> => {
    const { id } = await task();
    expect(await cli('tasks', 'approve', id)).toMatchObject({ code: 0 });
    const first = cli('start', '--once');
    while ((await run('ls', [where])).stdout.includes('started') === false) await delay(100);
    const second = await cli('start', '--once');
    expect(second.code).toBe(4);
    expect(JSON.parse(second.out)).toMatchObject({ error: { kind: 'unavailable' } });
    writeFileSync(join(where, 'go'), '');
    expect(await first).toMatchObject({ code: 0 });
    expect(await task()).toMatchObject({ id, state: 'in_review' });
    const { runs } = JSON.parse((await cli('tasks', 'show', id)).out) as { runs: unknown[] };
    expect(runs).toHaveLength(1);
    await nothingSealedItIn(id);
  };

  /** The agent ran by consent without a sandbox: the audit log and the explanation of the task say so. */
  const nothingSealedItIn = async (id: string): Promise<void> => {
    const facts = async (event: string) => {
      const { out } = await cli('audit', 'list', '--event', event);
      return (JSON.parse(out) as { entries: { facts: object }[] }).entries.map((one) => one.facts);
    };
    expect(await facts('agent.start')).toEqual([
      expect.objectContaining({ attempt: 1, sandbox: 'none', isUnsealedByConsent: true }),
    ]);
    const starts = await facts('agent.unsealed');
    expect(starts.length).toBeGreaterThanOrEqual(1);
    for (const start of starts)
      expect(start).toMatchObject({ sandbox: 'none', consent: 'executor.allowUnsandboxed' });
    expect(JSON.parse((await cli('tasks', 'explain', id)).out)).toMatchObject({ sandbox: 'none' });
  };

  const mergeMovesNoCheckedOutBranch = async (): Promise<void> => {
    const { id } = await task();
    const said = await cli('tasks', 'merge', id);
    expect(said.code).toBe(1);
    expect(JSON.parse(said.out)).toMatchObject({ error: { code: 'branch_checked_out' } });
    expect((await cli('tasks', 'list', '--repo', './r')).out).toContain(id);
  };

  const approvalStartsAtOnce = async (): Promise<void> => {
    const repository = join(where, 'r');
    writeFileSync(join(repository, 'b.js'), '// TODO: say which file is missing\n');
    const git = ['-c', 'user.name=a', '-c', 'user.email=a@example.com'];
    await run('git', ['add', '.'], { cwd: repository });
    await run('git', [...git, 'commit', '-qm', 'second'], { cwd: repository });
    const service = cli('start', '--port', '0');
    let proposed = { id: '', state: '' };
    while (proposed.id === '') {
      await delay(300);
      const tasks = JSON.parse((await cli('tasks', 'list')).out) as (typeof proposed)[];
      proposed = tasks.find(({ state }) => state === 'proposed') ?? proposed;
    }
    await cli('tasks', 'approve', proposed.id);
    const stateNow = async (): Promise<string> =>
      (JSON.parse((await cli('tasks', 'show', proposed.id)).out) as { state: string }).state;
    while ((await stateNow()) !== 'in_review') await delay(300);
    const again = await cli('execute', '--task-id', proposed.id);
    expect(again.code).toBe(1);
    expect(JSON.parse(again.out)).toMatchObject({ error: { kind: 'conflict' } });
    expect(await cli('stop')).toMatchObject({ code: 0 });
    expect((await service).code).toBe(0);
  };

  const mergesWhereNobodyStands = async (): Promise<void> => {
    const tasks = JSON.parse((await cli('tasks', 'list')).out) as { id: string }[];
    const { id } = tasks.at(-1) ?? { id: '' };
    const shown = await manager(where, ['tasks', 'show', id]);
    expect(shown.out).toContain('+++ b/a.js');
    expect(shown.out).toContain('\n+export const done = 1;\n');
    const git = async (...words: string[]): Promise<string> =>
      (await run('git', words, { cwd: join(where, 'r') })).stdout;
    await git('switch', '--quiet', '--create', 'elsewhere');
    const said = await cli('tasks', 'merge', id);
    expect(said.code).toBe(0);
    expect(JSON.parse(said.out)).toMatchObject({ id, state: 'done' });
    expect(await git('show', 'main:a.js')).toContain('export const done = 1;');
    expect(await git('show', 'elsewhere:a.js')).not.toContain('done');
  };

  it('a pause holds proposals, a second service leaves the first and its agents alone, a merge moves no checked-out branch and merges where nobody stands, a service starts what is approved at once and execute starts it no second time', async () => {
    await pauseHoldsProposals();
    await secondServiceIsRefused();
    await mergeMovesNoCheckedOutBranch();
    await approvalStartsAtOnce();
    expect(await task()).toMatchObject({ state: 'in_review' });
    await mergesWhereNobodyStands();
  }, 420_000);
});
