import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';

const plainName = /^refs\/heads\/[\w/-]+$/u;
const commitId = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/u;

/** Commit of HEAD as it mostly lies there, in one file or two, which is quicker than to start git; null = ask git. */
export async function looseHead(gitDir: string): Promise<string | null> {
  const head = await lineOf(gitDir, 'HEAD');
  if (head === null) return null;
  const name = /^ref: (.+)$/u.exec(head)?.[1];
  return name === undefined ? idIn(head) : await looseRef(gitDir, name);
}

/** Commit of a branch by its full name, from its own file or from that of the packed ones; null = ask git. */
export async function looseRef(gitDir: string, name: string): Promise<string | null> {
  if (!plainName.test(name)) return null;
  return idIn((await lineOf(gitDir, name)) ?? (await packedRef(gitDir, name)));
}

function idIn(text: string): string | null {
  return commitId.test(text) ? text : null;
}

async function lineOf(gitDir: string, name: string): Promise<string | null> {
  const bytes = await readRegular(path.join(gitDir, name), 4096).catch(() => null);
  return bytes?.toString('latin1').trim() ?? null;
}

async function packedRef(gitDir: string, name: string): Promise<string> {
  const refs = await readRegular(path.join(gitDir, 'packed-refs'), 1 << 20).catch(() => null);
  const lines = refs?.toString('latin1').split('\n') ?? [];
  return lines.find((line) => line.endsWith(` ${name}`))?.split(' ')[0] ?? '';
}

/** Content of a regular file; null for anything else, for a link and for what is larger. */
export async function readRegular(file: string, maxBytes: number): Promise<Buffer | null> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const handle = await open(file, flags).catch(() => null);
  if (handle === null) return null;
  try {
    const facts = await handle.stat();
    return facts.isFile() && facts.size <= maxBytes ? await handle.readFile() : null;
  } finally {
    await handle.close();
  }
}
