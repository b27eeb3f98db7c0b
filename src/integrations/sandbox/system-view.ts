import { lstat, readlink, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** The user that foreign code runs as. */
export interface SandboxUser {
  readonly uid: number;
  readonly gid: number;
}

/** Arguments of bwrap that give a read-only system without anything of a person or a service in it. */
export async function systemArguments(
  folder: string,
  user: SandboxUser,
  home: string,
): Promise<readonly string[]> {
  const view = ['--ro-bind', '/usr', '/usr'];
  for (const top of ['/bin', '/sbin', '/lib', '/lib64', '/lib32'])
    view.push(...(await topFolder(top)));
  view.push('--perms', '0755', '--dir', '/etc');
  for (const path of readOnlyEtc) view.push('--ro-bind-try', path, path);
  for (const [name, text] of Object.entries(ownEtc(user, home))) {
    await writeFile(join(folder, name), text, { mode: 0o644 });
    view.push('--ro-bind', join(folder, name), `/etc/${name}`);
  }
  return view;
}

/** The folder to show so that the Node at this path runs inside; null when the system folders have it already. */
export async function nodeFolder(nodePath: string): Promise<string | null> {
  if (nodePath.startsWith('/usr/')) return null;
  const prefix = dirname(dirname(nodePath));
  const isInstallation = await stat(join(prefix, 'include', 'node')).then(
    () => true,
    () => false,
  );
  return isInstallation ? prefix : nodePath;
}

/** What programs need of /etc: certificates, the linker, alternatives, the time zone. No names, no hosts, no secrets. */
const readOnlyEtc = [
  '/etc/ssl',
  '/etc/pki',
  '/etc/ca-certificates',
  '/etc/ca-certificates.conf',
  '/etc/ld.so.cache',
  '/etc/ld.so.conf',
  '/etc/ld.so.conf.d',
  '/etc/alternatives',
  '/etc/localtime',
  '/etc/mime.types',
  '/etc/java-17-openjdk',
  '/etc/java-21-openjdk',
];

function ownEtc(user: SandboxUser, home: string): Readonly<Record<string, string>> {
  const root = 'root:x:0:0:root:/nonexistent:/usr/sbin/nologin\n';
  const agent = `agent:x:${user.uid}:${user.gid}:agent:${home}:/bin/sh\n`;
  return {
    passwd: user.uid === 0 ? agent : `${root}${agent}`,
    group: user.gid === 0 ? 'agent:x:0:\n' : `root:x:0:\nagent:x:${user.gid}:\n`,
    hosts: '127.0.0.1 localhost\n::1 localhost\n',
    'nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files\n',
    // No server has this address (RFC 5737), so that who asks for a name past the proxy is counted.
    'resolv.conf': 'nameserver 192.0.2.53\n',
  };
}

async function topFolder(path: string): Promise<readonly string[]> {
  const found = await lstat(path).catch(() => null);
  if (found === null) return [];
  if (!found.isSymbolicLink()) return ['--ro-bind', path, path];
  return ['--symlink', await readlink(path), path];
}
