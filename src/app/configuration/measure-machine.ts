import { lstat, statfs } from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';
import { dirname } from 'node:path';
import type { LoadedConfig } from '../../platform/config/load-config.ts';
import type { Machine } from '../../platform/config/remark.ts';
import { embeddedConnections } from '../../platform/database/embedded/server.ts';
import { askMaxConnections } from '../../platform/database/max-connections.ts';

/** What the rules of the configuration compare with; what cannot be measured is left out. */
export async function measureMachine({
  config,
  secrets,
}: Pick<LoadedConfig, 'config' | 'secrets'>): Promise<Machine> {
  const [diskFreeBytes, serverConnections, vaultKey] = await Promise.all([
    freeBytes(config.dataDir),
    secrets.databaseUrl === null ? embeddedConnections : askMaxConnections(secrets.databaseUrl),
    keyOf(config.security.vault.keyFile),
  ]);
  return {
    memoryBytes: totalmem(),
    processors: availableParallelism(),
    diskFreeBytes,
    serverConnections: serverConnections ?? undefined,
    vaultKey,
  };
}

/** Of the disk of the nearest folder that is there already. */
async function freeBytes(folder: string): Promise<number | undefined> {
  for (let place = folder; ; place = dirname(place)) {
    const disk = await statfs(place).catch(() => null);
    if (disk !== null) return disk.bavail * disk.bsize;
    if (place === dirname(place)) return undefined;
  }
}

async function keyOf(file: string | null): Promise<Machine['vaultKey']> {
  if (file === null) return undefined;
  const info = await lstat(file).catch(() => null);
  if (info === null) return 'missing';
  return (info.mode & 0o077) === 0 ? 'present' : 'open_to_others';
}
