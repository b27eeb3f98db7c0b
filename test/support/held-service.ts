import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { type RunningService, startService } from './running-service.ts';

/** A service whose address is held by somebody else and which is started anew whenever it ends. */
export interface HeldService {
  /** `http://127.0.0.1:PORT`. */
  readonly address: string;
  /** Of the process that serves now; throws between two. */
  pid(): number;
  /** Ends both. */
  stop(): Promise<void>;
}

/** Linux only. */
export async function startHeldService(
  place: Parameters<typeof startService>[0],
  port: number,
  { words = [], more = {} }: { words?: readonly string[]; more?: Record<string, string> } = {},
): Promise<HeldService> {
  const file = new URL('socket-holder.ts', import.meta.url).pathname;
  const under = [process.execPath, file, String(port)];
  // The last --port holds.
  const asked = { words: [...words, '--port', String(port)], more, under };
  const holder: RunningService = await startService(place, asked);
  const pid = (): number => {
    const [child] = childrenOf(holder.pid);
    if (child === undefined) throw new Error('no service runs');
    return child;
  };
  return {
    address: holder.address,
    pid,
    stop: async () => {
      const [service] = childrenOf(holder.pid);
      await holder.kill();
      if (service === undefined) return;
      process.kill(service, 'SIGTERM');
      while (isThere(service)) await delay(50);
    },
  };
}

function childrenOf(pid: number): readonly number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text.split(' ').filter(Boolean).map(Number);
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
