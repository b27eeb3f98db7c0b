import { readFile, stat } from 'node:fs/promises';
import { execa } from 'execa';
import { AppError } from '../../../lib/app-error.ts';

/** The operating-system user that runs the database server; undefined: the same user as this process. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/**
 * PostgreSQL refuses to run as root. As root, the owner of an existing cluster runs it, else `postgres`, else `nobody`
 * (initdb needs a user with a passwd entry). Throws `no_database_account`, `database_folder_not_ours`.
 */
export async function chooseAccount(cluster: string): Promise<Account | undefined> {
  const uid = process.getuid?.();
  const owner = await ownerOf(cluster);
  if (uid !== 0) {
    if (owner !== undefined && owner.uid !== uid) throw notOurs(cluster, owner.uid);
    return undefined;
  }
  if (owner !== undefined && owner.uid !== 0) return owner;
  const passwd = await readFile('/etc/passwd', 'utf8');
  const account = entryOf(passwd, 'postgres') ?? entryOf(passwd, 'nobody');
  if (account === undefined) throw noAccount();
  return account;
}

/** Whether the account can really enter a folder or run a program; asked of the system, so that ACLs count. */
export async function canReach(account: Account | undefined, path: string): Promise<boolean> {
  if (account === undefined) return true;
  const probe = await execa('/bin/sh', ['-c', 'test -x "$1"', 'sh', path], {
    ...account,
    cwd: '/',
    reject: false,
  });
  return probe.exitCode === 0;
}

async function ownerOf(path: string): Promise<Account | undefined> {
  try {
    const { uid, gid } = await stat(path);
    return { uid, gid };
  } catch {
    return undefined; // no cluster yet
  }
}

function entryOf(passwd: string, name: string): Account | undefined {
  const fields = passwd
    .split('\n')
    .find((line) => line.startsWith(`${name}:`))
    ?.split(':');
  if (fields === undefined) return undefined;
  return { uid: Number(fields[2]) >>> 0, gid: Number(fields[3]) >>> 0 };
}

function notOurs(cluster: string, uid: number): AppError {
  return new AppError({
    kind: 'forbidden',
    code: 'database_folder_not_ours',
    message: `The database in ${cluster} belongs to user id ${uid}, not to you (${process.getuid?.()}).`,
    next: 'Run as that user, choose another data folder, or set DATABASE_URL.',
    details: { cluster, owner: uid },
  });
}

function noAccount(): AppError {
  return new AppError({
    kind: 'not_well',
    code: 'no_database_account',
    message:
      'PostgreSQL does not run as root, and this machine has neither a postgres nor a nobody user.',
    next: 'Add a user named postgres, run as an ordinary user, or set DATABASE_URL.',
  });
}
