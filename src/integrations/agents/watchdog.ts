import { lstat, opendir, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { AgentLimits, AgentRunResult } from '../../domain/ports/agent.ts';
import type { Clock } from '../../lib/clock.ts';

export type StopReason = NonNullable<AgentRunResult['stopped']> | 'disk';

export interface Watched {
  readonly clock: Clock;
  readonly limits: AgentLimits;
  /** Most that work tree and home may grow by, in bytes of disk. */
  readonly diskBytes: number;
  readonly folders: readonly string[];
  /** The caller's wish to cancel. */
  readonly signal: AbortSignal;
  /** Monotonic time of the last output. */
  lastOutputMs(): number;
  /** What it used so far, as far as known. */
  used(): Used;
}

export interface Used {
  /** US dollars. */
  readonly costUsd: number;
  /** Input and output together. */
  readonly tokens: number;
  readonly turns: number;
}

/** Looks until the run must be stopped, and says why; rejects when `over` fires first. */
export async function watch(watched: Watched, over: AbortSignal): Promise<StopReason> {
  const { clock, limits, signal } = watched;
  const startedMs = clock.monotonicMs();
  const tickMs = Math.min(
    longestTickMs,
    Math.max(20, Math.min(limits.timeoutMs, limits.stallMs) / 8),
  );
  const first = await lookAtAll(watched.folders);
  let { newestMs } = first;
  let lastChangeMs = startedMs;
  let nextLookMs = startedMs;
  let disk = { freeBytes: await freeBytes(watched.folders), leftBytes: watched.diskBytes };
  while (!signal.aborted) {
    const nowMs = clock.monotonicMs();
    if (nowMs - startedMs >= limits.timeoutMs) return 'timeout';
    if (isOver(watched.used(), limits)) return 'budget';
    const isSilent = nowMs - Math.max(watched.lastOutputMs(), lastChangeMs) >= limits.stallMs;
    const freeNow = await freeBytes(watched.folders);
    const mayBeFull = disk.freeBytes - freeNow > disk.leftBytes;
    if (isSilent || mayBeFull || nowMs >= nextLookMs) {
      const look = await lookAtAll(watched.folders);
      disk = { freeBytes: freeNow, leftBytes: watched.diskBytes - look.bytes + first.bytes };
      if (look.bytes - first.bytes > watched.diskBytes) return 'disk';
      if (look.newestMs > newestMs) lastChangeMs = nowMs;
      else if (isSilent) return 'stall';
      newestMs = look.newestMs;
      nextLookMs = nextLookAfter(nowMs, clock.monotonicMs());
    }
    await sleepUntilEither(clock, tickMs, signal, over);
  }
  return 'canceled';
}

const longestTickMs = 100;

/**
 * Free space of the disk under the folders. Asked for each time, because it costs nothing and a fast writer fills a
 * disk between two looks at a tree.
 */
async function freeBytes([folder]: readonly string[]): Promise<number> {
  const found = folder === undefined ? null : await statfs(folder).catch(() => null);
  return found === null ? 0 : found.bfree * found.bsize;
}

function isOver({ costUsd, tokens, turns }: Used, limits: AgentLimits): boolean {
  if (limits.budgetUsd !== null && costUsd > limits.budgetUsd) return true;
  return tokens > (limits.tokens ?? Infinity) || turns > (limits.turns ?? Infinity);
}

/** Looks take at most a twentieth of the time, however large the tree is. */
function nextLookAfter(beganMs: number, endedMs: number): number {
  return endedMs + Math.max(2000, (endedMs - beganMs) * 20);
}

async function lookAtAll(folders: readonly string[]): Promise<TreeLook> {
  const looks = await Promise.all(folders.map(lookAt));
  return {
    newestMs: Math.max(...looks.map((look) => look.newestMs)),
    bytes: looks.reduce((sum, look) => sum + look.bytes, 0),
  };
}

async function sleepUntilEither(
  clock: Clock,
  ms: number,
  signal: AbortSignal,
  over: AbortSignal,
): Promise<void> {
  try {
    await clock.sleep(ms, AbortSignal.any([signal, over]));
  } catch (cause) {
    if (!signal.aborted || over.aborted) throw cause;
  }
}

/** Entries looked at in one walk; a larger tree is judged by these. */
const longestWalk = 50_000;

interface TreeLook {
  /** Newest modification time, in ms since 1970. */
  newestMs: number;
  /** Disk that the files take; links count as themselves. */
  bytes: number;
}

/** Looks at a tree without following links. */
async function lookAt(root: string): Promise<TreeLook> {
  const look: TreeLook = { newestMs: 0, bytes: 0 };
  let seen = 0;
  const folders = [root];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    await add(look, folder);
    const entries = await opendir(folder).catch(() => null);
    if (entries === null) continue;
    for await (const entry of entries) {
      seen += 1;
      if (seen > longestWalk) return look;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) folders.push(path);
      else await add(look, path);
    }
  }
  return look;
}

/** What is gone meanwhile counts nothing. */
async function add(look: TreeLook, path: string): Promise<void> {
  const found = await lstat(path).catch(() => null);
  if (found === null) return;
  look.newestMs = Math.max(look.newestMs, found.mtimeMs);
  look.bytes += found.blocks * 512;
}
