import { readdir, statfs } from 'node:fs/promises';
import { availableParallelism, freemem, loadavg, totalmem } from 'node:os';
import type { Reading } from './reading.ts';

/** What lies where: each is a value of the label `disk`, so there are never more series than these. */
export type Folders = Readonly<Partial<Record<'data' | 'logs' | 'temporary', string>>>;

/** What this process and its machine use. What the system does not tell is null. */
export async function machineReadings(folders: Folders): Promise<readonly Reading[]> {
  const { rss, heapUsed, external } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  const [load = 0] = loadavg();
  const disks = await Promise.all(Object.entries(folders).map(diskReadings));
  return [
    gauge('process_cpu_seconds', 'Processor time that this process used', (user + system) / 1e6),
    gauge('process_resident_bytes', 'Memory that this process holds', rss),
    gauge('process_heap_bytes', 'Memory of its objects', heapUsed),
    gauge('process_external_bytes', 'Memory of its buffers', external),
    gauge('process_uptime_seconds', 'Time since it started', process.uptime()),
    gauge(
      'process_handles',
      'Sockets, timers and files it waits for',
      process.getActiveResourcesInfo().length,
    ),
    gauge('process_open_files', 'Files and connections it has open', await openFiles()),
    gauge('machine_load', 'Processes that wanted a processor, over a minute', load),
    gauge('machine_processors', 'Processors of the machine', availableParallelism()),
    gauge('machine_memory_bytes', 'Memory of the machine', totalmem()),
    gauge('machine_memory_free_bytes', 'Memory that nobody uses', freemem()),
    ...disks.flat(),
  ];
}

function gauge(
  name: string,
  help: string,
  value: number | null,
  labels?: Reading['labels'],
): Reading {
  const shown = { name: `claude_manager_${name}`, help, value };
  return labels === undefined ? shown : { ...shown, labels };
}

/** The descriptor of the look itself is none of them. Linux only. */
async function openFiles(): Promise<number | null> {
  const found = await readdir('/proc/self/fd').catch(() => null);
  return found === null ? null : found.length - 1;
}

async function diskReadings([disk, folder]: readonly [string, string]): Promise<Reading[]> {
  const found = await statfs(folder).catch(() => null);
  const bytes = (blocks: number | undefined): number | null =>
    found === null || blocks === undefined ? null : blocks * found.bsize;
  return [
    gauge('disk_bytes', 'Size of the disk below a folder', bytes(found?.blocks), { disk }),
    gauge('disk_free_bytes', 'What this user may still write to it', bytes(found?.bavail), {
      disk,
    }),
  ];
}
