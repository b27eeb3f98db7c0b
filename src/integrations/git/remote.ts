import { lstat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import type { GitRemote } from '../../domain/ports/code-host.ts';
import { AppError, toAppError } from '../../lib/app-error.ts';
import { type Git, localService } from './git.ts';
import { looseRef } from './ref-files.ts';

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

/** What git says of a refusal, as an error with its kind; the error itself when it says nothing of the sort. */
export function refusalOf(error: AppError): AppError {
  const said = saidBy(error);
  const limit = limitIn(said);
  if (limit !== null) return limit;
  const { details } = error;
  if (isDenied(said)) {
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
  if (
    /repository '[^']*' (not found|does not exist)|does not appear to be a git repo/iu.test(said)
  ) {
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

/** A host that denies says why; a bare 403 comes from something in between, or for a limit, and may pass. */
function isDenied(said: string): boolean {
  if (/Authentication failed|could not read Username|error: 401/u.test(said)) return true;
  return said.includes('error: 403') && /^remote: \S/mu.test(said);
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
  const name = `refs/heads/${branch}`;
  const known = await refOfFolder(remote, name);
  if (known !== null) return known;
  const found = await listRemote(git, remote, ['--heads'], name);
  return found.get(branch) ?? null;
}

/** Whether a branch lies in a folder of this machine, and its commit, without git; null = ask git. */
async function refOfFolder({ url, through }: GitRemote, name: string): Promise<string | null> {
  if (!isAbsolute(url) || through !== undefined) return null;
  const inside = await kindOf(join(url, '.git'));
  const gitDir = inside === 'none' ? url : join(url, '.git');
  const isWhole =
    inside !== 'other' &&
    (await kindOf(join(gitDir, 'objects'))) === 'folder' &&
    (await kindOf(join(gitDir, 'HEAD'))) === 'other';
  return isWhole ? await looseRef(gitDir, name) : null;
}

async function kindOf(place: string): Promise<'folder' | 'other' | 'none'> {
  const facts = await lstat(place).catch(() => null);
  if (facts === null) return 'none';
  return facts.isDirectory() ? 'folder' : 'other';
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
  const protocols = remoteProtocols(remote);
  const { stdout } = await talk(remote, 'read', async () => {
    const first = await git.run(args, { env: remote.env, protocols });
    if (first.stdout.length > 0 || !isOverHttp(remote)) return first;
    const env = { ...remote.env, GIT_TRACE_PACKET: '1' };
    const again = await git.run(args, { env, protocols }).catch((thrown: unknown) => {
      throw limitIn(saidBy(toAppError(thrown))) ?? unreadable(remote);
    });
    if (!packetRead.test(again.stderr)) throw unreadable(remote);
    return again;
  });
  const lines = stdout.toString('utf8').split('\n').filter(Boolean);
  return new Map(
    lines.map((line): [string, string] => {
      const [sha = '', name = ''] = line.split('\t');
      return [name.slice('refs/heads/'.length), sha];
    }),
  );
}

/**
 * How git's trace shows a packet from the other side. Without one, what came was no answer of a git server: git takes an
 * error page with status 200 for a server of the oldest kind that has no branch.
 */
const packetRead = /packet: +\S+< /u;

function isOverHttp(remote: GitRemote): boolean {
  return /^https?:/u.test(remote.url);
}

function unreadable({ url }: GitRemote): AppError {
  return new AppError({
    kind: 'unavailable',
    code: 'git_answer_unreadable',
    message: `What ${new URL(url).host} answered to git is not the answer of a git server.`,
    next: 'Nothing; it is asked again by itself. If it stays, look at what stands between here and the server.',
  });
}
