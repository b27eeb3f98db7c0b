import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Sandbox } from '../../domain/ports/sandbox.ts';
import { messageOf } from '../../lib/app-error.ts';

type Probe = Awaited<ReturnType<Sandbox['probe']>>;

const limits = { memoryBytes: 512 * 2 ** 20, processes: 64, fileBytes: 2 ** 20 };

/** Runs a small program in the sandbox and looks whether the file that it was to write is there. */
export async function probeSandbox(
  sandbox: Sandbox,
  deps: { readonly tempRoot: string },
  mend: string,
): Promise<Probe> {
  const { workspace, home, remove } = await probePlace(deps.tempRoot);
  try {
    const running = await sandbox.start({
      argv: ['/bin/sh', '-c', 'echo written-inside > proof'],
      env: { PATH: '/usr/bin:/bin' },
      workspace,
      home,
      readable: [],
      stdin: null,
      egress: [],
      limits,
    });
    running.stdout.resume();
    const [complaint, exit] = await Promise.all([text(running.stderr), running.exited]);
    const proof = await readFile(join(workspace, 'proof'), 'utf8').catch(() => '');
    if (proof === 'written-inside\n') {
      return {
        works: true,
        evidence: 'A program wrote into its workspace from inside.',
        mend: null,
      };
    }
    return { works: false, evidence: `It ended with ${exit.code}: ${complaint.trim()}`, mend };
  } catch (cause) {
    return { works: false, evidence: messageOf(cause), mend };
  } finally {
    await remove();
  }
}

/** Empty folders for one small program; remove them. */
export async function probePlace(tempRoot: string): Promise<{
  readonly workspace: string;
  readonly home: string;
  readonly remove: () => Promise<void>;
}> {
  await mkdir(tempRoot, { recursive: true, mode: 0o700 });
  const folder = await mkdtemp(join(tempRoot, 'probe-'));
  const [workspace, home] = [join(folder, 'workspace'), join(folder, 'home')];
  await mkdir(workspace);
  await mkdir(home);
  const remove = () => rm(folder, { recursive: true, force: true, maxRetries: 5 });
  return { workspace, home, remove };
}
