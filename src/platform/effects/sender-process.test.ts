import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, expect, test } from 'vitest';
import { createSenderProcesses } from './sender-process.ts';

const place = new URL('./sender-process.ts', import.meta.url).href;
const program = `import { createSenderProcesses } from ${JSON.stringify(place)};
process.stdout.write(await createSenderProcesses().self());
setInterval(() => {}, 1e6);`;
const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
afterAll(() => child.kill('SIGKILL'));

test.runIf(process.platform === 'linux')(
  'a process has ended when the kernel knows no such process any more, not when it is stopped, of another boot or user, or not to be seen',
  async () => {
    const processes = createSenderProcesses();
    const [said] = (await once(child.stdout, 'data')) as [Buffer];
    const name = said.toString();
    const [boot, space, user, pid, started] = name.split(' ');
    expect(pid).toBe(String(child.pid));
    expect(await processes.self()).not.toBe(name);
    expect(await processes.isGone((await processes.self()) ?? '')).toBe(false);
    expect(await processes.isGone(name)).toBe(false);
    child.kill('SIGSTOP');
    expect(await processes.isGone(name)).toBe(false);
    // Its id was given to another process since.
    expect(await processes.isGone(`${boot} ${space} ${user} ${pid} 1`)).toBe(true);
    const over = once(child, 'exit');
    child.kill('SIGKILL');
    await over;
    expect(await processes.isGone(name)).toBe(true);
    const unseen = [`other ${space} ${user}`, `${boot} pid:[1] ${user}`, `${boot} ${space} 123456`];
    const names = unseen.map((where) => `${where} ${pid} ${started}`);
    for (const one of [
      ...names,
      '',
      `${boot} ${space}`,
      `${boot} ${space} ${user} ../1 ${started}`,
    ])
      expect(await processes.isGone(one)).toBe(false);
  },
);
