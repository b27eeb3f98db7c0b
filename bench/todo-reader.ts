// Reads source files again and again and prints how fast the comment reader is: `node bench/todo-reader.ts [folder]`.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { languageOf } from '../src/pipeline/scan/scanners/todo/languages.ts';
import { readTodos } from '../src/pipeline/scan/scanners/todo/read-todos.ts';

const ROUNDS = 5;
const folder = process.argv[2] ?? 'node_modules/typescript/lib';
const TAG_AT_END = Buffer.from('\n// TODO: the last line\n');

const files = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name))
  .filter((path) => languageOf(path, new Uint8Array()) !== undefined)
  .map((path) => ({ path, bytes: readFileSync(path) }))
  .filter(({ bytes }) => bytes.length < 4_000_000);

/** Megabytes a second of the best round. */
function speed(read: (path: string, bytes: Uint8Array) => number): string {
  const megabytes = files.reduce((sum, { bytes }) => sum + bytes.length, 0) / 1e6;
  let best = Number.POSITIVE_INFINITY;
  let found = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    found = files.reduce((sum, { path, bytes }) => sum + read(path, bytes), 0);
    best = Math.min(best, performance.now() - start);
  }
  return `${(megabytes / (best / 1000)).toFixed(0)} MB/s (${files.length} files, ${megabytes.toFixed(1)} MB, ${found} findings)`;
}

// With a tag on the last line, every byte has to be read as code.
const tagged = new Map(files.map(({ path, bytes }) => [path, Buffer.concat([bytes, TAG_AT_END])]));
const lines = [
  `as they are: ${speed((path, bytes) => readTodos(path, bytes).length)}`,
  `every byte:  ${speed((path) => readTodos(path, tagged.get(path) ?? TAG_AT_END).length)}`,
];
process.stdout.write(`${lines.join('\n')}\n`);
