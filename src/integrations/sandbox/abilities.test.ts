import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../lib/clock.ts';
import { systemRandom } from '../../lib/random.ts';
import { measureAbilities, type SandboxAbility } from './abilities.ts';
import { agentUserOf, createBubblewrap } from './bubblewrap.ts';
import { createControlGroup } from './control-group.ts';
import { createNoSandbox } from './no-sandbox.ts';

const base = { clock: systemClock, random: systemRandom, nodePath: process.execPath };
const isRoot = process.getuid?.() === 0;

let root = '';
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'cms-able-'));
});
afterAll(() => rm(root, { recursive: true, force: true, maxRetries: 5 }));

const one = (all: readonly SandboxAbility[], name: SandboxAbility['name']): SandboxAbility =>
  all.find((ability) => ability.name === name) ?? expect.unreachable();

describe('what a sandbox can do on this machine', () => {
  test('is tried out in bubblewrap: its user, its filter, its way out, and whether the kernel limits it', async () => {
    const tempRoot = join(root, 't');
    const runAs = agentUserOf(process.getuid?.());
    const all = await measureAbilities(createBubblewrap({ ...base, tempRoot, runAs }), {
      ...base,
      tempRoot,
    });
    expect(one(all, 'own user')).toMatchObject({ has: isRoot });
    expect(one(all, 'system calls')).toMatchObject({ has: true, next: null });
    expect(one(all, 'way out')).toMatchObject({ has: true, next: null });
    const group = await createControlGroup(`cms-able-${process.pid}`, {
      memoryBytes: 2 ** 30,
      processes: 10,
    });
    await group?.remove();
    expect(one(all, 'kernel limits').has).toBe(group !== null);
    for (const { has, next } of all) expect(next === null).toBe(has);
    expect(await readdir(tempRoot)).toEqual([]);
  });

  test('says of each thing that is lacking what to do, here of all where there is no sandbox', async () => {
    const tempRoot = join(root, 'n');
    const all = await measureAbilities(withProxy(createNoSandbox({ ...base, tempRoot })), {
      ...base,
      tempRoot,
    });
    expect(all.map(({ name, has }) => [name, has])).toEqual([
      ['own user', false],
      ['kernel limits', false],
      ['processor share', false],
      ['system calls', false],
      ['way out', false],
    ]);
    for (const { next } of all) expect(next).toMatch(/\.$/u);
  });
});

/** The program inside expects a proxy; there is none at the end of this one. */
function withProxy(
  sandbox: ReturnType<typeof createNoSandbox>,
): ReturnType<typeof createNoSandbox> {
  return {
    ...sandbox,
    start: (spec) =>
      sandbox.start({ ...spec, env: { ...spec.env, HTTP_PROXY: 'http://127.0.0.1:9' } }),
  };
}
