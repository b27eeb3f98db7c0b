/**
 * An honest agent of the `command` kind: finds the one TODO of the work tree that its task quotes and replaces it, or
 * does what the task says as `Write "TEXT" into PATH.`, or proves itself as `doctor` asks it to.
 * It also looks for a credential everywhere it can read, and writes what it found into `agent-saw.json`.
 * Arguments: the credential spelled backwards, milliseconds to stay at work, the task file.
 */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const [reversed = '', stay = '0', taskFile = ''] = process.argv.slice(2);
const credential = [...reversed].reverse().join('');
const task = await readFile(taskFile, 'utf8');
const places = await filesBelow('.', 20_000);
const found = await placesOf(credential);
const seen = {
  credential: found,
  environment: Object.keys(process.env).sort(),
};
await mkdir('notes', { recursive: true });
await writeFile('notes/agent-saw.json', `${JSON.stringify(seen, null, 2)}\n`);
// A file for each unit of work: two pull requests must not conflict over it.
await writeFile(`notes/unit-${process.env['CMS_RUN_ID'] ?? 'none'}.txt`, '');
await delay(Number(stay));
const done = (await writeAsAsked()) || (await replaceTodo());
say(done ? 'I did what the comment asked for.' : 'NO CHANGE NEEDED: the comment is not there.');

async function writeAsAsked(): Promise<boolean> {
  const [, proof, word] = /a file named (\S+) [\s\S]*only line is: (\w+)/u.exec(task) ?? [];
  const [, text = word, path = proof] = /Write "([^"]+)" into (\S+)\./u.exec(task) ?? [];
  if (text === undefined || path === undefined) return false;
  await writeFile(path, `${text}\n`);
  return true;
}

async function replaceTodo(): Promise<boolean> {
  for (const path of places) {
    if (path.includes('/.git/') || path.startsWith('.git/')) continue;
    const text = await readFile(path, 'utf8').catch(() => '');
    const lines = text.split('\n');
    const at = lines.findIndex((line) => isAsked(line));
    if (at < 0) continue;
    lines[at] = (lines[at] ?? '').replace(/TODO:?/u, 'Done:');
    await writeFile(path, lines.join('\n'));
    return true;
  }
  return false;
}

function isAsked(line: string): boolean {
  const words = /TODO:? (.+)$/u.exec(line)?.[1]?.trim();
  return words !== undefined && task.toLowerCase().includes(words.toLowerCase());
}

async function placesOf(text: string): Promise<string[]> {
  if (text === '') return [];
  const isIn = (value: string | undefined): boolean => value?.includes(text) === true;
  const hits = Object.entries(process.env).flatMap(([name, value]) =>
    isIn(value) ? [`env ${name}`] : [],
  );
  if (process.argv.some(isIn)) hits.push('argv');
  const processes = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/u.test(name));
  const files = [
    ...places,
    ...(await filesBelow(homedir(), 5_000)),
    ...processes.flatMap((pid) => [`/proc/${pid}/environ`, `/proc/${pid}/cmdline`]),
    taskFile,
  ];
  for (const path of files) {
    if (isIn(await readFile(path, 'latin1').catch(() => ''))) hits.push(path);
  }
  return hits;
}

async function filesBelow(folder: string, most: number): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile())
    .slice(0, most)
    .map((entry) => join(entry.parentPath, entry.name));
}

function say(message: string): void {
  process.stdout.write(`${JSON.stringify({ type: 'result', message })}\n`);
}
