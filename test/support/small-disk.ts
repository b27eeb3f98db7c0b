import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Mounting one needs root. */
export const canMount = process.getuid?.() === 0;

export interface SmallDisk {
  /** Folder of the service. */
  readonly folder: string;
  /** Takes what is left of it. */
  fill(): Promise<void>;
  free(): Promise<void>;
  remove(): Promise<void>;
}

/**
 * A file system in memory; when not said it has room for a service and its database and little more. `files` bounds how
 * many files and folders it holds, its root and the folder of the service among them.
 */
export async function smallDisk({
  megabytes = 400,
  files,
}: {
  readonly megabytes?: number;
  readonly files?: number;
} = {}): Promise<SmallDisk> {
  const mount = await mkdtemp(join(tmpdir(), 'cms-disk-'));
  const inodes = files === undefined ? '' : `,nr_inodes=${files}`;
  await run('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=755${inodes}`, 'tmpfs', mount]);
  const folder = join(mount, 'service');
  await mkdir(folder, { mode: 0o755 });
  const ballast = join(mount, 'ballast');
  return {
    folder,
    fill: async () => {
      const { bavail, bsize } = await statfs(mount);
      await writeFile(ballast, Buffer.alloc(1 << 20));
      await run('sh', ['-c', `head -c ${bavail * bsize} /dev/zero >> ${ballast} || true`]);
    },
    free: async () => await rm(ballast, { force: true }),
    remove: async () => {
      await run('umount', ['-l', mount]);
      await rm(mount, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
