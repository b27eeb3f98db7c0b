import type { GitRemote } from '../../domain/ports/code-host.ts';
import { AppError, toAppError } from '../../lib/app-error.ts';
import { type Git, localService } from './git.ts';

/** Lets git talk to the remote when its host allows; what git says of the refusal becomes an error with its kind. */
export async function talk<Result>(
  remote: GitRemote,
  kind: 'read' | 'write',
  run: () => Promise<Result>,
): Promise<Result> {
  const told = async (): Promise<Result> => {
    try {
      return await run();
    } catch (thrown) {
      throw refusalOf(toAppError(thrown));
    }
  };
  return remote.through === undefined ? told() : remote.through(kind, told);
}

/** What git said on standard error. */
export function saidBy(error: AppError): string {
  const said = error.details['stderr'];
  return typeof said === 'string' ? said : '';
}

/** A limit of the server; GitHub did nothing then. */
export function limitIn(said: string): AppError | null {
  if (!/returned error: 429|HTTP 429|rate limit/iu.test(said)) return null;
  return new AppError({
    kind: 'rate_limited',
    code: 'git_rate_limited',
    message: 'The server asked git to slow down.',
    next: 'Wait; the work goes on by itself when the limit is over.',
    details: { said: said.trim().slice(-500) },
  });
}

function refusalOf(error: AppError): AppError {
  const said = saidBy(error);
  const limit = limitIn(said);
  if (limit !== null) return limit;
  const { details } = error;
  if (/Authentication failed|could not read Username|error: 40[13]/u.test(said)) {
    return new AppError({
      kind: 'forbidden',
      code: 'git_not_permitted',
      message: 'The host did not let git read the repository.',
      next: 'Check the token and its right to read the contents of the repository.',
      details,
      cause: error,
    });
  }
  if (/couldn't find remote ref|Could not find remote branch/iu.test(said)) {
    const { message } = error;
    return new AppError({
      kind: 'not_found',
      code: 'git_ref_missing',
      message,
      details,
      cause: error,
    });
  }
  if (/not found|does not appear to be a git repository|does not exist/iu.test(said)) {
    return new AppError({
      kind: 'not_found',
      code: 'repository_not_found',
      message: 'git found no repository at this address.',
      next: 'Check the name of the repository and whether the token may see it.',
      details,
      cause: error,
    });
  }
  return error;
}

/** Transports a remote needs: its own, nothing else. */
export function remoteProtocols(remote: GitRemote): readonly string[] {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//u.exec(remote.url)?.[1];
  if (scheme === undefined) return ['file'];
  return scheme === 'https' || scheme === 'http' || scheme === 'file' ? [scheme] : ['none'];
}

/** For a folder on this machine, the far end gets our settings as well: it is started by git and inherits none. */
export function remoteArguments(
  remote: GitRemote,
  service: 'upload-pack' | 'receive-pack',
): readonly string[] {
  return remoteProtocols(remote)[0] === 'file' ? [`--${service}=${localService(service)}`] : [];
}

/** Branches of the remote with their commits. */
export async function remoteBranches(
  git: Git,
  remote: GitRemote,
): Promise<ReadonlyMap<string, string>> {
  return await listRemote(git, remote, ['--heads']);
}

/** Commit of one branch; null when the remote has none of that name. */
export async function remoteRef(
  git: Git,
  remote: GitRemote,
  branch: string,
): Promise<string | null> {
  const found = await listRemote(git, remote, ['--heads'], `refs/heads/${branch}`);
  return found.get(branch) ?? null;
}

async function listRemote(
  git: Git,
  remote: GitRemote,
  options: readonly string[],
  pattern?: string,
): Promise<Map<string, string>> {
  const patterns = pattern === undefined ? [] : [pattern];
  const args = [
    'ls-remote',
    ...options,
    ...remoteArguments(remote, 'upload-pack'),
    '--',
    remote.url,
    ...patterns,
  ];
  const { stdout } = await talk(remote, 'read', () =>
    git.run(args, { env: remote.env, protocols: remoteProtocols(remote) }),
  );
  const lines = stdout.toString('utf8').split('\n').filter(Boolean);
  return new Map(
    lines.map((line): [string, string] => {
      const [sha = '', name = ''] = line.split('\t');
      return [name.slice('refs/heads/'.length), sha];
    }),
  );
}
