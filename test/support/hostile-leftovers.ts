/** What the hostile agent leaves behind. */
import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Things that fire when somebody later uses git in this folder without care. */
export async function leaveTraps(workspace: string, elsewhere: string): Promise<void> {
  const git = join(workspace, '.git');
  const trap = `touch ${join(elsewhere, 'trap-fired')}`;
  await mkdir(join(git, 'hooks'), { recursive: true });
  await mkdir(join(workspace, 'nested', '.git'), { recursive: true });
  await writeFile(
    join(git, 'config'),
    `[core]\n\tfsmonitor = "${trap}"\n[filter "x"]\n\tclean = "${trap}"\n`,
  );
  await writeFile(join(git, 'hooks', 'pre-push'), `#!/bin/sh\n${trap}\n`, { mode: 0o755 });
  await writeFile(join(workspace, '.gitattributes'), '* filter=x\n');
}

/** Children that want to outlive everything; they are known by how long they sleep, in seconds. */
export function leaveChildren(seconds: number): void {
  const line = `trap "" TERM HUP INT; (setsid sleep ${seconds} &) ; nohup setsid sleep ${seconds}`;
  spawn('/bin/sh', ['-c', line], { detached: true, stdio: 'ignore' }).unref();
}
