import { access, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { requireRepository } from '../../integrations/local/local-repository.ts';
import { AppError } from '../../lib/app-error.ts';
import { reviewLabel } from '../../pipeline/execute/attempt.ts';
import { loadConfig } from '../../platform/config/load-config.ts';
import { isFolder } from '../../platform/config/resolve-folders.ts';
import type { Config } from '../../platform/config/schema.ts';
import { makeLabels } from '../code-host/first-labels.ts';
import { checkToken } from '../code-host/token-check.ts';
import type { OpenOptions } from '../open-options.ts';

export interface InitRequest {
  readonly file: string;
  readonly managerRepo?: string | undefined;
  readonly repositories: readonly string[];
  readonly username?: string | undefined;
  readonly force: boolean;
}

export interface InitAnswer {
  file: string;
  tokenChecked: boolean;
  labels: string[];
  remarks: string[];
}

/**
 * Writes a first configuration and, when there is a token, tries it out and makes the labels. Nothing is written over
 * without `force`, and nothing at all when a name or a folder is not one: AppErrors `config_exists`, `manager_missing`,
 * `config_invalid`, `repository_not_found`.
 */
export async function writeFirstConfig(
  options: OpenOptions,
  request: InitRequest,
): Promise<InitAnswer> {
  const file = resolve(options.folder, request.file);
  if (!request.force && (await exists(file))) {
    throw new AppError({
      kind: 'conflict',
      code: 'config_exists',
      message: `${file} is there already.`,
      next: 'Change it with `claude-manager config set`, or write over it with --force.',
    });
  }
  const onGithub = request.repositories.filter((name) => !isFolder(name));
  if (onGithub.length > 0 && request.managerRepo === undefined) {
    throw new AppError({
      kind: 'invalid_input',
      code: 'manager_missing',
      message: 'Repositories on GitHub need a manager repository that takes their proposals.',
      next: 'Name it with --manager owner/name.',
    });
  }
  const config = {
    github: {
      ...(request.username === undefined ? {} : { username: request.username }),
      ...(request.managerRepo === undefined ? {} : { managerRepo: request.managerRepo }),
      reposToScan: request.repositories,
    },
  };
  const text = `${JSON.stringify(config, null, 2)}\n`;
  const { labels } = (await requireSense(file, text, options)).github;
  await writeFile(file, text, { mode: 0o600 });
  const token = options.env['GITHUB_TOKEN'];
  if (onGithub.length === 0)
    return { file, tokenChecked: false, labels: [], remarks: ['Next: claude-manager start'] };
  if (token === undefined) {
    return {
      file,
      tokenChecked: false,
      labels: [],
      remarks: [
        'GITHUB_TOKEN is not set, so nothing was checked and no label was made.',
        'Next: export GITHUB_TOKEN, then claude-manager doctor',
      ],
    };
  }
  const manager = request.managerRepo ?? '';
  const remarks = await checkToken(
    options.env,
    token,
    [manager, ...onGithub],
    request.username ?? null,
  );
  const wanted = [labels.proposal, labels.approved, reviewLabel];
  const { there, remark } = await makeLabels(options.env, token, manager, wanted);
  return {
    file,
    tokenChecked: true,
    labels: there,
    remarks: [...remarks, remark, 'Next: claude-manager start'],
  };
}

// What the first start would refuse is refused before anything is written.
async function requireSense(
  file: string,
  text: string,
  { env, folder }: OpenOptions,
): Promise<Config> {
  const home = { HOME: env['HOME'] };
  const { config } = await loadConfig({ file, folder, env: home, readFile: async () => text });
  const folders = config.github.reposToScan.filter((name) => isFolder(name));
  for (const path of folders) if (!path.includes('*')) await requireRepository(path);
  return config;
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
