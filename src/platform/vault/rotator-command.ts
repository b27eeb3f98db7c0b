import { spawn } from 'node:child_process';
import { rotationFailed } from './vault-error.ts';

export interface RotatorCommand {
  /** The program and its arguments; no shell. */
  readonly command: readonly string[];
  /** Where it starts; a relative program is found from here. */
  readonly folder: string;
  /** For `PATH`; nothing else of our environment goes to it. */
  readonly path: string;
  readonly home: string;
  readonly timeoutMs: number;
}

const maxBytes = 65_536;

/**
 * Runs a program that makes a new value: it gets the name as CMS_CREDENTIAL and the present value on standard input,
 * and prints the new one on standard output; one line end after it is cut off. Anything but exit code 0 and a value
 * throws AppError `rotation_failed`. The caller wipes what it gets and what it gave.
 */
export async function runRotator(
  name: string,
  present: Buffer,
  { command, folder, path, home, timeoutMs }: RotatorCommand,
): Promise<Buffer> {
  const [program = '', ...words] = command;
  const chunks: Buffer[] = [];
  let size = 0;
  const child = spawn(program, words, {
    cwd: folder,
    env: { PATH: path, HOME: home, CMS_CREDENTIAL: name },
    stdio: ['pipe', 'pipe', 'ignore'],
    // A group of its own, so that what it started ends with it.
    detached: true,
  });
  const end = (): void => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It ended by itself in between.
    }
  };
  const timer = setTimeout(end, timeoutMs);
  // A program that does not read its input is fine.
  child.stdin.on('error', () => undefined);
  child.stdin.end(present);
  child.stdout.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > maxBytes) end();
    else chunks.push(chunk);
  });
  try {
    const ended = await new Promise<{ code: number | null; signal: string | null }>(
      (resolve, reject) => {
        child.once('error', (cause) =>
          reject(rotationFailed(name, `${program} cannot be started`, cause)),
        );
        child.once('close', (code, signal) => resolve({ code, signal }));
      },
    );
    if (size > maxBytes)
      throw rotationFailed(name, `${program} printed more than ${maxBytes} bytes`);
    if (ended.code !== 0) throw rotationFailed(name, `${program} ${endOf(ended, timeoutMs)}`);
    const value = withoutLineEnd(Buffer.concat(chunks));
    if (value.length === 0) throw rotationFailed(name, `${program} printed no value`);
    if (value.equals(present)) {
      value.fill(0);
      throw rotationFailed(name, `${program} printed the value that stands already`);
    }
    return value;
  } finally {
    clearTimeout(timer);
    end();
    for (const chunk of chunks) chunk.fill(0);
  }
}

function endOf(
  { code, signal }: { code: number | null; signal: string | null },
  timeoutMs: number,
): string {
  return code === null
    ? `was ended by ${signal ?? 'a signal'} (it has ${timeoutMs / 1000} s)`
    : `ended with code ${code}`;
}

function withoutLineEnd(value: Buffer): Buffer {
  const end = value.at(-1) === 0x0a ? (value.at(-2) === 0x0d ? -2 : -1) : value.length;
  return value.subarray(0, end);
}
