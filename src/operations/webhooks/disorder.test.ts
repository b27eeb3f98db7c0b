import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createPipelineWorld, type PipelineWorld } from '../../../test/fakes/pipeline-world.ts';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.ts';
import { propose } from '../../pipeline/propose/propose.ts';
import { createLook } from './look.ts';
import { looksOf } from './looks.ts';

const label = 'approved-for-dev';
const proposals = 3;
/** 100 by hand: `WEBHOOK_ORDERS=100 npx vitest run src/operations/webhooks/disorder.test.ts`. */
const orders = Number(process.env['WEBHOOK_ORDERS'] ?? 8);
let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(async () => database.drop());

/** What a person does to one of the proposals on GitHub, and what becomes of the delivery that tells of it. */
interface Step {
  readonly does: 'label' | 'unlabel' | 'close';
  readonly on: number;
  /** How many later steps it comes after; null: never. */
  readonly late: number | null;
  readonly times: number;
}

const anyStep: fc.Arbitrary<Step> = fc.record({
  does: fc.oneof(
    { weight: 4, arbitrary: fc.constant('label' as const) },
    { weight: 3, arbitrary: fc.constant('unlabel' as const) },
    { weight: 1, arbitrary: fc.constant('close' as const) },
  ),
  on: fc.nat({ max: proposals - 1 }),
  late: fc.option(fc.nat({ max: 5 }), { freq: 4, nil: null }),
  times: fc.integer({ min: 1, max: 3 }),
});

interface Delivery {
  readonly action: string;
  readonly number: number;
  readonly due: number;
}

function act(world: PipelineWorld, does: Step['does'], number: number): string {
  world.clock.advance(3000);
  if (does === 'close') {
    world.host.close(world.manager, number, 'ann', 'not_planned');
    return 'closed';
  }
  if (does === 'label') world.host.label(world.manager, number, 'ann', label);
  else world.host.unlabel(world.manager, number, 'ann', label);
  world.clock.advance(3000);
  return `${does}ed`;
}

/** What GitHub's own state says should be true of the task. */
function wantedState(world: PipelineWorld, number: number): string {
  const issue = world.host.state(world.manager).issues.get(number);
  if (issue?.state !== 'open') return 'rejected';
  return issue.labels.includes(label) ? 'approved' : 'proposed';
}

test(`deliveries that are late, doubled, mixed up or missing end in GitHub's state after the next poll, ${orders} random orders`, {
  timeout: 60_000 + orders * 10_000,
}, async () => {
  const ends = new Set<string>();
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep, { minLength: 4, maxLength: 12 }), async (steps) => {
      const world = await createPipelineWorld(database);
      // Nothing starts, so that each task stays where the decision of the person leads.
      world.obstacle = { code: 'memory_tight', text: 'There is too little memory.' };
      for (let index = 0; index < proposals; index += 1) await world.find(`finding-${index}`);
      const { proposed } = await propose(world.ports, world.target);
      const numbers = proposed.map(({ issueNumber }) => issueNumber ?? 0);
      const look = createLook({ cycle: world.ports, repositories: async () => [world.target] });
      const receive = async ({ action, number }: Delivery): Promise<void> => {
        const payload = { action, issue: { number }, repository: { full_name: 'acme/manager' } };
        for (const one of looksOf('issues', payload)) await look(one);
      };
      let underWay: Delivery[] = [];
      for (const [index, { does, on, late, times }] of steps.entries()) {
        const number = numbers[on] ?? 0;
        const action = act(world, does, number);
        const copies = late === null ? 0 : times;
        for (let copy = 0; copy < copies; copy += 1)
          underWay.push({ action, number, due: index + (late ?? 0) + copy });
        for (const one of underWay.filter(({ due }) => due <= index)) await receive(one);
        underWay = underWay.filter(({ due }) => due > index);
      }
      for (const one of underWay.toReversed()) await receive(one);
      // The poll that comes anyway.
      await look({ kind: 'manager', repository: 'acme/manager' });
      const states = await Promise.all(
        proposed.map(async ({ id }) => (await world.task(id)).state),
      );
      expect(states).toEqual(numbers.map((number) => wantedState(world, number)));
      for (const state of states) ends.add(state);
    }),
    { numRuns: orders, seed: 20_261_128 },
  );
  expect([...ends].toSorted()).toEqual(['approved', 'proposed', 'rejected']);
});

test.each(['deliveries first', 'the poll first'] as const)(
  'a label that is told by three deliveries and by the poll approves once and starts once, %s',
  async (order) => {
    const world = await createPipelineWorld(database);
    await world.find('one');
    const [task] = (await propose(world.ports, world.target)).proposed;
    const number = task?.issueNumber ?? 0;
    const look = createLook({ cycle: world.ports, repositories: async () => [world.target] });
    const payload = {
      action: 'labeled',
      issue: { number },
      repository: { full_name: 'acme/manager' },
    };
    const deliveries = async (): Promise<void> => {
      for (let copy = 0; copy < 3; copy += 1)
        for (const one of looksOf('issues', payload)) await look(one);
    };
    const poll = (): Promise<void> => look({ kind: 'manager', repository: 'acme/manager' });
    act(world, 'label', number);
    for (const source of order === 'deliveries first' ? [deliveries, poll] : [poll, deliveries])
      await source();
    const granted = world.audit.filter(({ event }) => event === 'approval.granted');
    expect(granted).toHaveLength(1);
    expect(new Set(world.started.map(({ attempt, version }) => `${attempt} ${version}`)).size).toBe(
      1,
    );
    expect(await world.attempt(await world.task(task?.id ?? ''))).toBe('succeeded');
    await deliveries();
    await poll();
    expect(world.host.state(world.target).pullRequests.size).toBe(1);
    expect(await world.ports.runs.ofTask(task?.id ?? '')).toHaveLength(1);
  },
);
