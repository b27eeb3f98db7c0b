import { execFile } from 'node:child_process';
import { access, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { SampleRepository } from '../../integrations/agents/demo/samples.ts';
import { sampleRepositories } from '../../integrations/agents/demo/samples.ts';
import type { Config } from '../../platform/config/schema.ts';

const run = promisify(execFile);

/** Where the demo lives: sample repositories and a configuration that any command can be pointed at. */
export interface DemoPlace {
  readonly folder: string;
  readonly configFile: string;
  readonly repositories: readonly string[];
}

/** Makes the sample repositories and the configuration, each only when it is not there: a second demo goes on with the first. */
export async function prepareDemo(folder: string): Promise<DemoPlace> {
  const repositories: string[] = [];
  for (const sample of sampleRepositories) repositories.push(await makeRepository(folder, sample));
  const configFile = join(folder, 'config.json');
  if (!(await exists(configFile))) {
    await writeFile(configFile, `${JSON.stringify(configOf(folder), null, 2)}\n`);
  }
  return { folder, configFile, repositories };
}

/** Whether a configuration in this folder names the samples of a demo that lies there, with their own checks, and nothing else. */
export function isOfSamplesAlone(
  { github, repositories }: Pick<Config, 'github' | 'repositories'>,
  folder: string,
): boolean {
  return (
    repositories.length > 0 &&
    github.reposToScan.length === 0 &&
    repositories.every(({ match, setup, checks }) => {
      const sample = sampleRepositories.find(({ name }) => placeOf(folder, name) === match);
      return setup.length === 0 && checks.every((check) => check === sample?.check);
    })
  );
}

function placeOf(folder: string, name: string): string {
  return join(folder, 'repositories', name);
}

function configOf(folder: string): object {
  return {
    executor: { default: 'demo', maxConcurrent: 2, timeoutMinutes: 5, stallMinutes: 2, egress: [] },
    repositories: sampleRepositories.map(({ name, check }) => ({
      match: placeOf(folder, name),
      checks: [check],
    })),
    dataDir: 'data',
    logDir: 'logs',
  };
}

/** A real git repository with one commit, bare like a server's, so that merging never touches a work tree. */
async function makeRepository(folder: string, sample: SampleRepository): Promise<string> {
  const place = placeOf(folder, sample.name);
  if (await exists(join(place, 'HEAD'))) return place;
  const half = `${place}.${process.pid}`;
  const work = `${half}.work`;
  await rm(half, { recursive: true, force: true, maxRetries: 5 });
  await mkdir(work, { recursive: true });
  try {
    for (const [path, text] of Object.entries(sample.files)) {
      await mkdir(dirname(join(work, path)), { recursive: true });
      await writeFile(join(work, path), text);
    }
    await git(work, 'init', '--quiet', '--initial-branch=main');
    await git(work, 'add', '--all');
    await git(work, 'commit', '--quiet', '--message', sample.description);
    await git(folder, 'clone', '--quiet', '--bare', work, half);
    await git(half, 'remote', 'remove', 'origin');
    await rename(half, place);
  } finally {
    await rm(work, { recursive: true, force: true, maxRetries: 5 });
    await rm(half, { recursive: true, force: true, maxRetries: 5 });
  }
  return place;
}

async function git(folder: string, ...args: readonly string[]): Promise<void> {
  await run('git', [...args], {
    cwd: folder,
    env: {
      PATH: process.env['PATH'] ?? '',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_AUTHOR_NAME: 'Sample author',
      GIT_AUTHOR_EMAIL: 'author@example.com',
      GIT_COMMITTER_NAME: 'Sample author',
      GIT_COMMITTER_EMAIL: 'author@example.com',
    },
  });
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
