import { stat, statfs } from 'node:fs/promises';
import type { AgentLimits, AgentRunResult } from '../../domain/ports/agent.ts';
import type { Clock } from '../../lib/clock.ts';
import { leastEntryBytes, lookAtTrees, type TreeLook } from './tree-look.ts';

export type StopReason = NonNullable<AgentRunResult['stopped']> | 'disk';

export interface Watched {
  readonly clock: Clock;
  readonly limits: AgentLimits;
  /** Most that work tree and home may grow by, in bytes of disk. */
  readonly diskBytes: number;
  readonly folders: readonly string[];
  /** The folders before the run began. */
  readonly before: TreeLook;
  /** Disk of files that it deleted and holds open; null where that cannot be asked. */
  deletedBytes(): Promise<number | null>;
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
  const { clock, limits, signal, before, folders, diskBytes } = watched;
  const startedMs = clock.monotonicMs();
  const tickMs = Math.min(
    longestTickMs,
    Math.max(20, Math.min(limits.timeoutMs, limits.stallMs) / 8),
  );
  const reason = (): StopReason | null => {
    if (signal.aborted) return 'canceled';
    if (clock.monotonicMs() - startedMs >= limits.timeoutMs) return 'timeout';
    return isOver(watched.used(), limits) ? 'budget' : null;
  };
  const bounds = {
    mostBytes: before.bytes + diskBytes,
    isOver: () => over.aborted || reason() !== null,
  };
  const disks = await onePlaceEach(folders);
  const first = await freeOn(disks);
  let { newestMs } = before;
  let lastChangeMs = startedMs;
  let nextLookMs = startedMs;
  let disk = { free: first, leftBytes: diskBytes };
  for (let stop = reason(); ; stop = reason()) {
    if (stop !== null) return stop;
    const nowMs = clock.monotonicMs();
    const isSilent = nowMs - Math.max(watched.lastOutputMs(), lastChangeMs) >= limits.stallMs;
    const free = await freeOn(disks);
    const mayBeFull = mostLost(disk.free, free) > disk.leftBytes;
    if (isSilent || mayBeFull || nowMs >= nextLookMs) {
      const look = await lookAtTrees(folders, bounds);
      if (look !== null) {
        const deleted = await watched.deletedBytes();
        const grown = look.bytes - before.bytes + (deleted ?? 0);
        disk = { free, leftBytes: diskBytes - grown };
        if (grown > diskBytes) return 'disk';
        // What hides from us is judged by what the disk lost.
        const isHiding = !look.isWhole || deleted === null;
        if (isHiding && first.bytes - free.bytes > diskBytes) return 'disk';
        if (look.newestMs > newestMs) lastChangeMs = nowMs;
        else if (isSilent) return 'stall';
        newestMs = look.newestMs;
        nextLookMs = nextLookAfter(nowMs, clock.monotonicMs());
      }
    }
    await sleepUntilEither(clock, tickMs, signal, over);
  }
}

/** What the folders of a run take before it starts. */
export async function lookBefore(
  folders: readonly string[],
  signal: AbortSignal,
): Promise<TreeLook> {
  const look = await lookAtTrees(folders, { mostBytes: Infinity, isOver: () => signal.aborted });
  return look ?? { newestMs: 0, bytes: 0, isWhole: false };
}

const longestTickMs = 100;

interface Free {
  readonly bytes: number;
  /** Files that there is room for; always 0 where the file system does not count them. */
  readonly files: number;
}

/**
 * What is free on the disks. Asked for each time, because it costs nothing and a fast writer fills a disk between two
 * looks at a tree.
 */
async function freeOn(places: readonly string[]): Promise<Free> {
  const found = await Promise.all(places.map((place) => statfs(place).catch(() => null)));
  return {
    bytes: found.reduce((sum, one) => sum + (one === null ? 0 : one.bfree * one.bsize), 0),
    files: found.reduce((sum, one) => sum + (one?.ffree ?? 0), 0),
  };
}

/** The most, in bytes, by which a tree can have grown that took what is missing now. */
function mostLost(before: Free, now: Free): number {
  return Math.max(before.bytes - now.bytes, (before.files - now.files) * leastEntryBytes);
}

/** One of the folders for each disk that they lie on. */
async function onePlaceEach(folders: readonly string[]): Promise<readonly string[]> {
  const places = new Map<number, string>();
  for (const folder of folders) {
    const found = await stat(folder).catch(() => null);
    if (found !== null) places.set(found.dev, folder);
  }
  return [...places.values()];
}

function isOver({ costUsd, tokens, turns }: Used, limits: AgentLimits): boolean {
  if (limits.budgetUsd !== null && costUsd > limits.budgetUsd) return true;
  return tokens > (limits.tokens ?? Infinity) || turns > (limits.turns ?? Infinity);
}

/** Looks take at most a twentieth of the time, but for trees at which one look takes long. */
function nextLookAfter(beganMs: number, endedMs: number): number {
  return endedMs + Math.min(longestPauseMs, Math.max(2000, (endedMs - beganMs) * 20));
}

const longestPauseMs = 8000;

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
