import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** What was seen of agents from outside of their sandboxes, each 100 ms. */
export interface Watched {
  readonly looks: number;
  /** Ids of processes with a network of their own: what runs in a sandbox. */
  readonly processes: ReadonlySet<string>;
  /** Files that agents may get to see, below the data folder. */
  readonly files: ReadonlySet<string>;
  /** Where one of the secrets stood: a file, or `cmdline` or `environ` of a process. */
  readonly hits: ReadonlySet<string>;
  /** Looks no more; resolves after the look that is under way. */
  end(): Promise<void>;
}

/** Looks for the secrets in every process that has a network of its own, and in every file of a data folder but its keys. */
export function watchAgents(data: string, secrets: readonly string[]): Watched {
  const over = new AbortController();
  const [processes, files, hits] = [new Set<string>(), new Set<string>(), new Set<string>()];
  let looks = 0;
  const lookInto = async (file: string): Promise<void> => {
    const content = await readFile(file, 'latin1').catch(() => '');
    if (secrets.some((secret) => content.includes(secret))) hits.add(file);
  };
  const look = async (): Promise<void> => {
    const own = await readlink('/proc/self/ns/net');
    for (const id of (await readdir('/proc')).filter((name) => /^\d+$/u.test(name))) {
      const network = await readlink(`/proc/${id}/ns/net`).catch(() => own);
      if (network === own) continue;
      processes.add(id);
      for (const file of ['cmdline', 'environ']) await lookInto(`/proc/${id}/${file}`);
    }
    const entries = await readdir(data, { recursive: true, withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      if (!entry.isFile() || entry.parentPath.includes('/keys')) continue;
      const file = join(entry.parentPath, entry.name);
      files.add(file);
      await lookInto(file);
    }
  };
  const watching = (async () => {
    while (!over.signal.aborted) {
      looks += 1;
      await look();
      await delay(100, undefined, { signal: over.signal }).catch(() => undefined);
    }
  })();
  return {
    get looks() {
      return looks;
    },
    processes,
    files,
    hits,
    end: async () => {
      over.abort();
      await watching;
    },
  };
}
