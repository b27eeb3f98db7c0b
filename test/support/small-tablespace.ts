import { execFile } from 'node:child_process';
import { chown, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { inject } from 'vitest';
import { systemRandom } from '../../src/lib/random.ts';
import type { TestDatabase } from './test-database.ts';

const run = promisify(execFile);

/** A disk of its own for one table of a test database, which can be full while the rest of the database has room. */
export interface SmallTablespace {
  /** Nothing more fits: the server answers ENOSPC as soon as the table needs another page. */
  fill(): Promise<void>;
  free(): Promise<void>;
  /** Carries the table back and removes the disk. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Needs root, to mount a file system in memory. */
export async function moveToSmallDisk(
  { pool }: Pick<TestDatabase, 'pool'>,
  table: string,
): Promise<SmallTablespace> {
  const mount = await mkdtemp(join(tmpdir(), 'cms-tablespace-'));
  await run('mount', ['-t', 'tmpfs', '-o', 'size=16m,mode=700', 'tmpfs', mount]);
  // The server refuses a folder that is not its own.
  const { uid, gid } = await stat(join(inject('postgresDataDir'), 'postgres', 'data'));
  await chown(mount, uid, gid);
  const name = `small_${systemRandom.bytes(6).toString('hex')}`;
  await pool.query(`create tablespace ${name} location '${mount}'`);
  await pool.query(`alter table ${table} set tablespace ${name}`);
  const ballast = join(mount, 'ballast');
  const free = async (): Promise<void> => await rm(ballast, { force: true });
  return {
    fill: async () => {
      await writeFile(ballast, Buffer.alloc(16 << 20)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOSPC') throw error;
      });
    },
    free,
    [Symbol.asyncDispose]: async () => {
      await free();
      await pool.query(`alter table ${table} set tablespace pg_default`);
      await pool.query(`drop tablespace ${name}`);
      await run('umount', ['-l', mount]);
      await rm(mount, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
