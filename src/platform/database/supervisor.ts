import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Random } from '../../lib/random.ts';
import { findBinaries } from './binaries.ts';
import type { Cluster } from './cluster.ts';
import {
  binariesFor,
  clusterUrl,
  ensureCluster,
  ensureRunning,
  locate,
  serverOwner,
  serverPid,
  stopServer,
} from './cluster.ts';
import { bootId, isAlive, withLock } from './folder-lock.ts';

/** A share in the embedded server: the last one to be given back stops it. */
export interface EmbeddedServer {
  readonly url: string;
  release(): Promise<void>;
}

/** Starts or adopts the embedded server of a data folder. Starting and stopping take one lock, so that racing starts meet. */
export async function useEmbedded(
  dataDir: string,
  deps: { readonly random: Random; readonly env: Readonly<Record<string, string | undefined>> },
): Promise<EmbeddedServer> {
  const place = resolve(dataDir);
  await mkdir(place, { recursive: true, mode: 0o755 });
  const cluster = await locate(place, await serverOwner());
  const user = join(
    place,
    'database-users',
    `${process.pid}-${deps.random.bytes(4).toString('hex')}`,
  );
  await withLock(join(place, 'database.lock'), async () => {
    const binaries = await binariesFor(cluster, await findBinaries(deps.env));
    await ensureCluster(cluster, binaries, deps.random);
    await ensureRunning(cluster, binaries);
    await mkdir(join(place, 'database-users'), { recursive: true });
    await writeFile(user, await bootId());
  });
  return {
    url: await clusterUrl(cluster),
    release: () =>
      withLock(join(place, 'database.lock'), async () => {
        await rm(user, { force: true });
        if ((await liveUsers(place)) === 0) await stopServer(cluster);
      }),
  };
}

/** Stops the embedded server of a data folder whoever uses it; answers whether one ran. */
export async function stopEmbedded(dataDir: string): Promise<boolean> {
  const place = resolve(dataDir);
  const cluster = await locate(place, await serverOwner());
  return stopServer(cluster);
}

/** The cluster of a data folder and the number of its live server. */
export async function describeEmbedded(
  dataDir: string,
): Promise<{ readonly cluster: Cluster; readonly pid: number | null }> {
  const cluster = await locate(resolve(dataDir), await serverOwner());
  return { cluster, pid: await serverPid(cluster) };
}

async function liveUsers(place: string): Promise<number> {
  const folder = join(place, 'database-users');
  const boot = await bootId();
  let live = 0;
  for (const name of await readdir(folder).catch(() => [])) {
    const file = join(folder, name);
    const isOfThisBoot = (await readFile(file, 'utf8').catch(() => '')) === boot;
    if (isOfThisBoot && isAlive(Number(name.split('-')[0]))) live += 1;
    else await rm(file, { force: true });
  }
  return live;
}
