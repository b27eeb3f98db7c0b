import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  createReadStream,
  createWriteStream,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { finished } from 'node:stream/promises';
import { promisify } from 'node:util';
import { crc32, deflateRawSync, deflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { program, programEnv } from '../support/program.ts';

const run = promisify(execFile);
const comment = '// TODO: found among traps\n';

/** Sizes at which the scanner is asked to end in bounds; `src/pipeline/scan/scan-path.test.ts` has smaller ones. */
const sizes = {
  deep: 10_000,
  files: 1_000_000,
  line: 50 * 2 ** 20,
  unpacked: 2 ** 30,
  huge: 5 * 2 ** 30,
};

/** Bytes of memory that the scan and what it starts may hold together. */
const mostMemory = 512 * 2 ** 20;

let root = '';
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'cms-traps-'));
});
afterAll(() => rm(root, { recursive: true, force: true, maxRetries: 5 }));

const traps: Readonly<Record<string, (folder: string) => Promise<void>>> = {
  'folders 10,000 deep': async (folder) => {
    await imported(folder, function* () {
      yield file(`${'d/'.repeat(sizes.deep)}deep.ts`, comment);
    });
  },
  'a million files in a repository': async (folder) => {
    await imported(folder, function* () {
      for (let at = 0; at < sizes.files; at += 1)
        yield file(`many/${at % 1000}/${at}.ts`, '// nothing\n');
    });
  },
  'a million files in a folder': async (folder) => {
    for (let at = 0; at < sizes.files; at += 1) {
      if (at % 1000 === 0) mkdirSync(join(folder, `many${at / 1000}`));
      closeSync(openSync(join(folder, `many${Math.floor(at / 1000)}`, `${at}.ts`), 'w'));
    }
  },
  'a line of 50 MB': async (folder) => {
    const words = 'x=1;'.repeat(sizes.line / 4);
    writeFileSync(join(folder, 'line.ts'), `${words}// TODO: at its end\n`);
    writeFileSync(join(folder, 'line.min.js'), `// TODO: in what was made small ${words}\n`);
  },
  'a file of 5 GB': async (folder) => {
    writeFileSync(join(folder, 'huge.ts'), '');
    truncateSync(join(folder, 'huge.ts'), sizes.huge);
  },
  'archives and pictures that unpack to a gigabyte': async (folder) => {
    for (const name of ['bomb.zip', 'zip.ts']) writeFileSync(join(folder, name), zipBomb());
    for (const name of ['bomb.png', 'png.ts']) writeFileSync(join(folder, name), pngBomb());
  },
};

describe.runIf(process.env['TRAPS'] === 'full')('a scan of foreign content at full size', () => {
  test.each(Object.entries(traps))(
    'ends with the one finding that is there and within 512 MB: %s',
    async (name, lay) => {
      const folder = await mkdtemp(join(root, 'r-'));
      writeFileSync(join(folder, 'good.ts'), comment);
      await lay(folder);
      const began = performance.now();
      const child = spawn(
        process.execPath,
        [program, 'scan', '--path', folder, '--format', 'jsonl'],
        {
          cwd: root,
          env: programEnv(root),
          stdio: ['ignore', 'pipe', 'pipe'],
        },
      );
      const [most, said, complaint] = await Promise.all([
        mostHeld(child),
        text(child.stdout),
        text(child.stderr),
      ]);
      const seconds = (performance.now() - began) / 1000;
      const figures = `${name}: ${seconds.toFixed(1)} s, ${(most / 2 ** 20).toFixed(0)} MB`;
      process.stdout.write(`${figures}\n`);
      const found = said
        .split('\n')
        .filter(Boolean)
        .map((line) => (JSON.parse(line) as { path: string }).path);
      expect([child.exitCode, complaint]).toEqual([0, expect.any(String)]);
      expect(found.filter((path) => !path.startsWith('d/d/'))).toEqual(['good.ts']);
      expect(most).toBeLessThan(mostMemory);
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
    1_800_000,
  );
});

/** The most that the process and its descendants held together, in bytes. */
async function mostHeld(child: ChildProcess): Promise<number> {
  let most = 0;
  const ended = once(child, 'exit');
  const look = setInterval(() => {
    most = Math.max(most, heldBy(child.pid ?? 0));
  }, 50);
  await ended;
  clearInterval(look);
  return most;
}

function heldBy(ancestor: number): number {
  const tree = new Set([ancestor]);
  let bytes = 0;
  for (const id of readdirSync('/proc')
    .filter((name) => /^\d+$/u.test(name))
    .map(Number)
    .toSorted((a, b) => a - b)) {
    const status = statusOf(id);
    if (!tree.has(id) && !tree.has(Number(/^PPid:\s+(\d+)/mu.exec(status)?.[1]))) continue;
    tree.add(id);
    bytes += Number(/^VmRSS:\s+(\d+)/mu.exec(status)?.[1] ?? 0) * 1024;
  }
  return bytes;
}

function statusOf(id: number): string {
  try {
    return readFileSync(`/proc/${id}/status`, 'utf8');
  } catch {
    return '';
  }
}

function file(name: string, content: string): string {
  return `M 100644 inline ${name}\ndata ${Buffer.byteLength(content)}\n${content}\n`;
}

/** Makes the folder a bare repository with one commit of these files and the good one. */
async function imported(folder: string, files: () => Iterable<string>): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await run('git', ['init', '-q', '--bare', '-b', 'main', folder]);
  const child = spawn('git', ['fast-import', '--quiet'], {
    cwd: folder,
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const input = createWriteStream(join(root, 'stream'));
  input.write('commit refs/heads/main\ncommitter a <a@b> 1700000000 +0000\ndata 1\nx\n');
  input.write(file('good.ts', comment));
  for (const one of files()) if (!input.write(one)) await once(input, 'drain');
  input.end('\n');
  await finished(input);
  const ended = once(child, 'exit');
  createReadStream(join(root, 'stream')).pipe(child.stdin);
  const [code] = (await ended) as [number];
  if (code !== 0) throw new Error(`git fast-import ended with ${code}`);
}

/** One entry of a gigabyte of zeros, packed into a megabyte (APPNOTE.TXT of PKWARE, 4.3). */
function zipBomb(): Buffer {
  const packed = zeros(deflateRawSync);
  const name = Buffer.from('zeros.ts');
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(20, 4);
  header.writeUInt16LE(8, 8);
  header.writeUInt32LE(packed.length, 18);
  header.writeUInt32LE(sizes.unpacked, 22);
  header.writeUInt16LE(name.length, 26);
  const entry = Buffer.alloc(46);
  entry.writeUInt32LE(0x02014b50, 0);
  entry.writeUInt16LE(20, 6);
  entry.writeUInt16LE(8, 10);
  entry.writeUInt32LE(packed.length, 20);
  entry.writeUInt32LE(sizes.unpacked, 24);
  entry.writeUInt16LE(name.length, 28);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(entry.length + name.length, 12);
  end.writeUInt32LE(header.length + name.length + packed.length, 16);
  return Buffer.concat([header, name, packed, entry, name, end]);
}

/** A picture of 32,768 by 32,768 points, one byte each (PNG, 11.2). */
function pngBomb(): Buffer {
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(32_768, 0);
  head.writeUInt32BE(32_768, 4);
  head.writeUInt8(8, 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const data = chunk('IDAT', zeros(deflateSync));
  return Buffer.concat([signature, chunk('IHDR', head), data, chunk('IEND', Buffer.alloc(0))]);
}

function zeros(pack: (data: Buffer) => Buffer): Buffer {
  return pack(Buffer.alloc(sizes.unpacked));
}
