import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';

const room = new URL('./process-memory.ts', import.meta.url).href;

/** A process that protects its memory, gets SIGUSR1, and tells what the kernel would write of it. */
const program = `
const { protectMemory } = await import(${JSON.stringify(room)});
const { readFile } = await import('node:fs/promises');
const { url } = await import('node:inspector');
const told = [];
const note = (_facts, text) => told.push(text);
await protectMemory({ options: process.argv[1] ?? '', log: { debug: note, info: note, warn: note, error: note } });
process.kill(process.pid, 'SIGUSR1');
await new Promise((done) => setTimeout(done, 200));
const filter = await readFile('/proc/self/coredump_filter', 'utf8');
console.log(JSON.stringify({ filter: filter.trim(), inspector: url() ?? null, told }));
`;

async function protectedProcess(options: string): Promise<unknown> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program, '--', options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(child, 'close');
  return JSON.parse(Buffer.concat(chunks).toString());
}

test.runIf(process.platform === 'linux')(
  'a core dump holds no memory and SIGUSR1 opens no inspector',
  async () => {
    expect(await protectedProcess('')).toEqual({
      filter: '00000000',
      inspector: null,
      told: ['SIGUSR1 opens no inspector here'],
    });
  },
);

test.runIf(process.platform === 'linux')('heap snapshots on a signal are told', async () => {
  expect(await protectedProcess('--heapsnapshot-signal=SIGUSR2')).toMatchObject({
    told: [expect.stringContaining('heap snapshots'), expect.anything()],
  });
});
