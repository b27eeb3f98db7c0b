import type { GitRemote } from '../../domain/ports/code-host.ts';
import { type Git, localService } from './git.ts';

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
  const { stdout } = await git.run(
    [
      'ls-remote',
      ...options,
      ...remoteArguments(remote, 'upload-pack'),
      '--',
      remote.url,
      ...patterns,
    ],
    { env: remote.env, protocols: remoteProtocols(remote) },
  );
  const lines = stdout.toString('utf8').split('\n').filter(Boolean);
  return new Map(
    lines.map((line): [string, string] => {
      const [sha = '', name = ''] = line.split('\t');
      return [name.slice('refs/heads/'.length), sha];
    }),
  );
}
