import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { isNewerThan, root } from './sources.ts';

const sources = ['src', 'package-lock.json', 'scripts/bundle.ts'];

/** Makes the bundle that `./run` starts, once a run when its sources are newer: tests start what people start. */
export async function setup(): Promise<void> {
  if (await isNewerThan('.cache/program/main.mjs', sources)) return;
  await promisify(execFile)(process.execPath, ['scripts/bundle.ts'], { cwd: root });
}
