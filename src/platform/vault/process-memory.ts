import { writeFile } from 'node:fs/promises';
import { url as inspectorUrl } from 'node:inspector';
import type { Log } from '../../lib/log.ts';

/**
 * Keeps what this process has in memory from files and from a debugger: a core dump is written without its memory
 * (Linux), and SIGUSR1 opens no inspector. What was opened on purpose is told. Memory itself stays readable for root
 * and for this user's own debugger, and JavaScript cannot wipe its strings.
 */
export async function protectMemory(
  { options, log }: { readonly options: string; readonly log: Log },
  host: Pick<NodeJS.Process, 'on'> = process,
): Promise<void> {
  host.on('SIGUSR1', () => {
    log.warn({ category: 'security' }, 'SIGUSR1 opens no inspector here');
  });
  if (inspectorUrl() !== undefined || /--heapsnapshot-signal/u.test(options)) {
    log.warn(
      { category: 'security' },
      'an inspector or heap snapshots are open: whoever reaches them reads credentials',
    );
  }
  try {
    await writeFile('/proc/self/coredump_filter', '0x0');
  } catch (error) {
    // Not Linux, or a read-only /proc: then only `ulimit -c 0` helps.
    const reason = error instanceof Error ? error.message : String(error);
    log.debug({ reason }, 'core dumps could not be emptied');
  }
}
