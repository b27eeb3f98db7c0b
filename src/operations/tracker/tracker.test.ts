import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createPipelineWorld, type PipelineWorld } from '../../../test/fakes/pipeline-world.ts';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.ts';
import { systemClock } from '../../lib/clock.ts';
import { targetOf } from '../../pipeline/propose/adopt-issue.ts';
import { propose } from '../../pipeline/propose/propose.ts';
import { createEarlierProposals } from '../../storage/earlier-proposals.ts';
import type { CallContext } from '../gate.ts';
import { importTracker } from './contract.ts';
import { trackerHandlers } from './handlers.ts';

let database: TestDatabase;
let world: PipelineWorld;
let folder: string;
beforeAll(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), 'tracker-'));
});
afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true });
});
beforeEach(async () => {
  world = await createPipelineWorld(database);
});

/** As the first generation wrote it. */
const entry = (more: object = {}): object => ({
  repo: world.target.name,
  file: 'src/a.ts',
  line: 10,
  content: '// TODO: handle negative numbers',
  created_at: '2025-07-24T13:51:21.181530+00:00',
  issue_number: null,
  ...more,
});

async function take(content: unknown): Promise<unknown> {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  await writeFile(join(folder, 'task_tracker.json'), text);
  const [served] = trackerHandlers({
    earlier: createEarlierProposals(database),
    clock: systemClock,
    read: (file) => readFile(file, 'utf8'),
    folder,
  });
  const input = importTracker.input.parse({ file: 'task_tracker.json' });
  return served?.handler(input, {} as CallContext);
}

test('what the first generation proposed is taken over once and not proposed again; other words are', async () => {
  const tracker = {
    '8d1e0f00a99bd954': entry(),
    '00000000000000aa': entry({ line: 99, content: 'x = 1  # FIXME wrong total', issue_number: 7 }),
  };
  expect(await take(tracker)).toMatchObject({ entries: 2, added: 2, known: 0, skipped: [] });
  expect(await take(tracker)).toMatchObject({ entries: 2, added: 0, known: 2 });
  const place = { path: 'src/a.ts' };
  await world.find('known', { ...place, line: 12, tag: 'TODO', text: 'handle negative numbers' });
  await world.find('fixme', { ...place, line: 99, tag: 'FIXME', text: 'wrong total' });
  await world.find('other', { ...place, line: 14, tag: 'TODO', text: 'handle empty lists' });
  await world.find('elsewhere', { path: 'b.ts', tag: 'TODO', text: 'handle negative numbers' });
  const { proposed } = await propose(world.ports, world.target);
  const found = proposed.map(({ origin }) => ('findingId' in origin ? origin.findingId : ''));
  expect(found.toSorted()).toEqual(['elsewhere', 'other']);
});

test('entries that cannot be read are named and left out, the others are taken', async () => {
  const said = await take({
    '8d1e0f00a99bd954': entry(),
    '00000000000000ab': entry({ repo: 'no repository' }),
    '00000000000000ac': entry({ created_at: 'yesterday' }),
    '00000000000000ad': 'text',
    '../../etc': entry(),
  });
  expect(said).toMatchObject({ entries: 5, added: 1 });
  const { skipped } = said as { skipped: { key: string; why: string }[] };
  expect(skipped.map(({ key }) => key)).toEqual([
    '00000000000000ab',
    '00000000000000ac',
    '00000000000000ad',
    '../../etc',
  ]);
  expect(skipped[1]?.why).toBe('created_at: is no time');
});

test.each(['', '[]', '{ "a": ', '"x"'])('%j is refused and changes nothing', async (text) => {
  await expect(take(text)).rejects.toMatchObject({ code: 'tracker_malformed' });
  expect(await createEarlierProposals(database).of(world.target)).toEqual([]);
});

test('an issue that the first generation wrote names its repository in bold', () => {
  const body =
    'A `TODO` comment was found that may require action.\n\n**Repository:** acme/widgets\n**File:** `src/a.ts`\n';
  expect(targetOf(world.manager, body)).toEqual({ host: world.manager.host, name: 'acme/widgets' });
});
