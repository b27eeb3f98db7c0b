import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { createGithubLoop, type GithubLoop } from '../support/github-loop.ts';

/** IDLE_REPOSITORIES for more: 100 by hand. */
const idle = Number(process.env['IDLE_REPOSITORIES'] ?? '6');

test(`a look at ${idle} repositories in which nothing happened is answered by 304, and charged next to nothing`, async () => {
  const names = Array.from({ length: idle }, (_, n) => `idle-${n}`);
  const loop = await createGithubLoop({
    targets: Object.fromEntries(names.map((name) => [name, { 'a.js': 'export const a = 1;\n' }])),
  });
  try {
    const { journal } = loop.emulator;
    for (let n = 0; n < 2; n += 1) await loop.once({ maxMs: 600_000 });
    const before = journal.entries.length;
    await loop.once({ maxMs: 600_000 });
    const asked = journal.entries.slice(before).filter(({ kind }) => kind === 'rest');
    const looks = asked.filter(({ path }) => names.some((name) => path.includes(`/${name}`)));
    expect(looks.length).toBeGreaterThanOrEqual(idle);
    const unchanged = looks.filter(({ status }) => status === 304);
    expect(unchanged.length / looks.length).toBeGreaterThanOrEqual(0.95);
    expect(asked.filter(({ charged }) => charged).length).toBeLessThanOrEqual(5);
  } finally {
    await loop.close();
  }
}, 900_000);

test('whether GitHub is there is asked in a way that is not charged', async () => {
  await using loop = await createGithubLoop({ targets: {} });
  const heads = () => loop.emulator.journal.entries.filter(({ method }) => method === 'HEAD');
  await loop.service.run(['start'], {
    maxMs: 300_000,
    killWhen: () => heads().some(({ status }) => status > 0),
  });
  expect(heads().filter(({ charged }) => charged)).toEqual([]);
}, 420_000);

const LoggedError = z.looseObject({
  class: z.enum([
    'transient',
    'rate_limited',
    'auth',
    'permanent',
    'conflict',
    'unknown_outcome',
    'bug',
  ]),
  retryable: z.boolean(),
  attempt: z.int().min(1),
  upstream_status: z.int().nullable(),
  github_request_id: z.string().nullable(),
  kind: z.string(),
  code: z.string(),
  message: z.string().min(1),
});
const ErrorLine = z.looseObject({
  level: z.enum(['WARN', 'ERROR', 'FATAL']),
  correlation_id: z.string(),
  error: LoggedError,
});

async function linesWithErrors(loop: GithubLoop): Promise<readonly unknown[]> {
  const folder = join(loop.service.folder, 'logs');
  const files = (await readdir(folder)).filter((name) => name.startsWith('application'));
  const texts = await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')));
  return texts
    .flatMap((text) => text.split('\n').filter(Boolean))
    .map((line) => JSON.parse(line) as { readonly level: string; readonly error?: unknown })
    .filter(({ level, error }) => level !== 'DEBUG' && error !== undefined);
}

test('every error that a run under faults logs says class, try, answer and request by which it can be followed', async () => {
  const loop = await createGithubLoop({
    targets: {
      widgets: {
        'a.js': '// TODO: handle the empty list\nexport const a = 1;\n',
        'b.js': '// TODO: add up without rounding\nexport const b = 1;\n',
      },
    },
  });
  try {
    // What answers, refuses and loses answers: reads give up after three tries, writes are looked for.
    loop.emulator.faults.random({ seed: 7, rate: 0.6, match: { method: 'GET' } });
    loop.emulator.faults.add({ kind: 'reset-after', match: { method: 'POST' } });
    loop.emulator.faults.add({ kind: 'status', match: { method: 'POST', nth: 2 } });
    for (let n = 0; n < 4; n += 1) {
      await loop.service.run(['start', '--once', '--max-minutes', '0.2'], { maxMs: 300_000 });
    }
    const lines = await linesWithErrors(loop);
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) {
      const read = ErrorLine.safeParse(line);
      expect({ line, wrong: read.error?.issues ?? [] }).toEqual({ line, wrong: [] });
    }
  } finally {
    await loop.close();
  }
}, 600_000);
