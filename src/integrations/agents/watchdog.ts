import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import type { AgentLimits, AgentRunResult } from '../../domain/ports/agent.ts';
import type { Clock } from '../../lib/clock.ts';

export type StopReason = NonNullable<AgentRunResult['stopped']>;

export interface Watched {
  readonly clock: Clock;
  readonly limits: AgentLimits;
  readonly workspace: string;
  /** The caller's wish to cancel. */
  readonly signal: AbortSignal;
  /** Monotonic time of the last output. */
  lastOutputMs(): number;
  /** US dollars so far, as far as known. */
  costUsd(): number;
}

/** Looks until the run must be stopped, and says why; rejects when `over` fires first. */
export async function watch(watched: Watched, over: AbortSignal): Promise<StopReason> {
  const { clock, limits, signal } = watched;
  const startedMs = clock.monotonicMs();
  const tickMs = Math.min(1000, Math.max(20, Math.min(limits.timeoutMs, limits.stallMs) / 8));
  let lastChangeMs = startedMs;
  let changedAt = await newestChange(watched.workspace);
  while (!signal.aborted) {
    if (clock.monotonicMs() - startedMs >= limits.timeoutMs) return 'timeout';
    if (limits.budgetUsd !== null && watched.costUsd() > limits.budgetUsd) return 'budget';
    const quietSinceMs = Math.max(watched.lastOutputMs(), lastChangeMs);
    if (clock.monotonicMs() - quietSinceMs >= limits.stallMs) {
      // Only a silent run is walked, so that the tree costs nothing while the agent talks.
      const newest = await newestChange(watched.workspace);
      if (newest <= changedAt) return 'stall';
      changedAt = newest;
      lastChangeMs = clock.monotonicMs();
    }
    await sleepUntilEither(clock, tickMs, signal, over);
  }
  return 'canceled';
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

/** Newest modification time in the tree, in ms since 1970. Links are not followed. */
async function newestChange(root: string): Promise<number> {
  let newest = 0;
  let seen = 0;
  const folders = [root];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const entries = await opendir(folder).catch(() => null);
    if (entries === null) continue;
    newest = Math.max(newest, await changedAt(folder));
    for await (const entry of entries) {
      if ((seen += 1) > longestWalk) return newest;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) folders.push(path);
      else newest = Math.max(newest, await changedAt(path));
    }
  }
  return newest;
}

/** 0 for what is gone meanwhile. */
async function changedAt(path: string): Promise<number> {
  return await lstat(path).then(
    (found) => found.mtimeMs,
    () => 0,
  );
}
