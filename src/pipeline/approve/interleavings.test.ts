import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createPipelineWorld, type PipelineWorld } from '../../../test/fakes/pipeline-world.ts';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.ts';
import type { CodeHost } from '../../domain/ports/code-host.ts';
import type { Task } from '../../domain/task.ts';
import { AppError } from '../../lib/app-error.ts';
import { editProposal } from '../propose/edit-proposal.ts';
import { propose } from '../propose/propose.ts';
import { followApprovals, withdraw } from './follow-approvals.ts';
import { pollApprovals } from './poll-approvals.ts';
import { grantApproval, requireLiveWords } from './record-approval.ts';

const label = 'approved-for-dev';
const dayMs = 86_400_000;
let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(async () => database.drop());

/** What people do on the host at any moment, also between two reads of ours. */
type Outside =
  | { readonly type: 'label' | 'unlabel'; readonly actor: string }
  | { readonly type: 'edit' | 'attach' | 'comment'; readonly token: number }
  | { readonly type: 'move_away' };
/** What goes through us. */
type Inside =
  | { readonly type: 'poll' | 'withdraw' | 'attempt' }
  | { readonly type: 'edit_here'; readonly token: number }
  | { readonly type: 'approve_here'; readonly actor: string }
  | { readonly type: 'days'; readonly days: number }
  | { readonly type: 'approvers'; readonly count: number };
type Step = {
  readonly act: Outside | Inside;
  /** Somebody acts on the host right before our read number `before`. */
  readonly intruder: { readonly act: Outside; readonly before: number } | null;
};

const token = fc.nat({ max: 999 });
const anyOutside: fc.Arbitrary<Outside> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('label' as const),
      actor: fc.constantFrom('ann', 'bob', 'eve'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('unlabel' as const),
      actor: fc.constantFrom('ann', 'eve'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('edit' as const), token }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('attach' as const), token }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('comment' as const), token }) },
  { weight: 1, arbitrary: fc.constant({ type: 'move_away' as const }) },
);
const anyInside: fc.Arbitrary<Inside> = fc.oneof(
  { weight: 5, arbitrary: fc.constant({ type: 'poll' as const }) },
  { weight: 5, arbitrary: fc.constant({ type: 'attempt' as const }) },
  { weight: 1, arbitrary: fc.constant({ type: 'withdraw' as const }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('edit_here' as const), token }) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('approve_here' as const),
      actor: fc.constantFrom('ann', 'root'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('days' as const),
      days: fc.integer({ min: 1, max: 6 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('approvers' as const),
      count: fc.integer({ min: 1, max: 2 }),
    }),
  },
);
const anyStep: fc.Arbitrary<Step> = fc.record({
  act: fc.oneof({ weight: 2, arbitrary: anyOutside }, { weight: 3, arbitrary: anyInside }),
  intruder: fc.option(fc.record({ act: anyOutside, before: fc.integer({ min: 1, max: 6 }) }), {
    freq: 3,
  }),
});

/** The way to a start, with something in between: where most mistakes would be. */
function intrudedAct(one: Outside | Inside): fc.Arbitrary<Step> {
  return fc.record({ act: fc.constant(one), intruder: anyStep.map(({ intruder }) => intruder) });
}
const plain = (one: Outside | Inside): fc.Arbitrary<Step> =>
  fc.constant({ act: one, intruder: null });
const anyPart: fc.Arbitrary<readonly Step[]> = fc.oneof(
  anyStep.map((step) => [step]),
  fc.tuple(
    plain({ type: 'label', actor: 'ann' }),
    anyStep,
    plain({ type: 'poll' }),
    plain({ type: 'attempt' }),
  ),
  fc.tuple(
    plain({ type: 'label', actor: 'ann' }),
    intrudedAct({ type: 'poll' }),
    anyStep,
    plain({ type: 'attempt' }),
  ),
  fc.tuple(
    plain({ type: 'label', actor: 'bob' }),
    intrudedAct({ type: 'poll' }),
    intrudedAct({ type: 'attempt' }),
  ),
);

/** Who agreed to which words, as an onlooker sees it who knows nothing of our tables. */
interface Consent {
  readonly person: string;
  readonly words: string;
  readonly at: number;
}

interface Stage {
  readonly world: PipelineWorld;
  readonly task: Task;
  readonly number: number;
  readonly consents: Consent[];
}

async function stage(): Promise<Stage> {
  const world = await createPipelineWorld(database);
  world.policy.approval = {
    approvers: 1,
    separateFrom: [],
    expiresDays: 5,
    people: { ann: ['github:ann', 'system:ann'], root: ['system:root'] },
  };
  for (const ref of [world.manager, world.target]) {
    world.host.setRole(ref, 'bob', 'maintain');
    world.host.setRole(ref, 'eve', 'triage');
  }
  await world.find('one');
  const [task] = (await propose(world.ports, world.target)).proposed as [Task];
  return { world, task, number: task.issueNumber ?? 0, consents: [] };
}

/** The words that a reader of the issue sees now, told apart by their token. */
function visibleWords({ world, number }: Stage): string {
  return wordsIn(world.host.state(world.manager).issues.get(number)?.body ?? '');
}

function wordsIn(text: string): string {
  return /token-\d+/u.exec(text)?.[0] ?? 'as proposed';
}

function change({ world, number }: Stage, act: Extract<Outside, { token: number }>): void {
  const asset = `https://github.com/user-attachments/assets/token-${act.token}`;
  if (act.type === 'comment') {
    world.host.comment(world.manager, number, 'eve', `Do token-${act.token} as well.`);
    return;
  }
  const body =
    act.type === 'edit' ? `Do token-${act.token} instead.` : `As shown: ![screen](${asset})`;
  world.host.editIssue(world.manager, number, 'eve', { body });
}

function outside(on: Stage, act: Outside): void {
  const { world, number, consents } = on;
  // Nobody can touch what is not there any more.
  if (!world.host.state(world.manager).issues.has(number)) return;
  // Two things never happen in the same second here; the rule for that is tested elsewhere.
  world.clock.advance(3000);
  if ('token' in act) change(on, act);
  else if (act.type === 'move_away') world.host.state(world.manager).issues.delete(number);
  else if (act.type === 'unlabel') world.host.unlabel(world.manager, number, act.actor, label);
  else {
    world.host.label(world.manager, number, act.actor, label);
    if (act.actor !== 'eve') {
      consents.push({
        person: act.actor,
        words: visibleWords(on),
        at: world.clock.now().getTime(),
      });
    }
  }
  world.clock.advance(3000);
}

const outsideTypes: ReadonlySet<string> = new Set<Outside['type']>([
  'label',
  'unlabel',
  'edit',
  'attach',
  'comment',
  'move_away',
]);

function isOutside(act: Outside | Inside): act is Outside {
  return outsideTypes.has(act.type);
}

/** The ports with a host on which somebody acts between our reads. */
function intruded(on: Stage, intruder: Step['intruder']): PipelineWorld['ports'] {
  let reads = 0;
  const watched: ReadonlySet<PropertyKey> = new Set(['issue', 'issues', 'issueEvents', 'roleOf']);
  const host = new Proxy<CodeHost>(on.world.host, {
    get: (real, name) => {
      if (watched.has(name) && intruder !== null) {
        reads += 1;
        if (reads === intruder.before) outside(on, intruder.act);
      }
      return Reflect.get(real, name) as unknown;
    },
  });
  return { ...on.world.ports, host: () => host };
}

async function inside(on: Stage, act: Inside, ports: PipelineWorld['ports']): Promise<void> {
  const { world, consents } = on;
  const task = await world.task(on.task.id);
  switch (act.type) {
    case 'poll': {
      const { labeled } = await pollApprovals(ports, world.manager);
      await followApprovals(ports, world.manager, labeled);
      return;
    }
    case 'attempt':
      if (task.state === 'approved') await attemptWith(on, ports);
      return;
    case 'withdraw':
      await withdraw(ports, task, { code: 'approval_withdrawn', text: 'Taken back.' });
      on.consents.length = 0;
      return;
    case 'edit_here':
      world.clock.advance(3000);
      await editProposal(
        ports,
        task,
        { body: `Do token-${act.token} instead.` },
        { kind: 'user', name: 'dora', roles: [] },
      );
      world.clock.advance(3000);
      return;
    case 'approve_here': {
      await requireLiveWords(ports, task);
      const words = wordsIn(task.proposal.body);
      await grantApproval(ports, task, {
        actor: act.actor,
        channel: 'cli',
        eventId: null,
        roles: { manager: 'owner', target: 'owner' },
      });
      consents.push({ person: act.actor, words, at: world.clock.now().getTime() });
      return;
    }
    case 'days':
      world.clock.advance(act.days * dayMs);
      return;
    case 'approvers':
      world.policy.approval = { ...world.policy.approval, approvers: act.count };
      return;
  }
}

async function attemptWith(on: Stage, ports: PipelineWorld['ports']): Promise<void> {
  const { world, consents } = on;
  const before = world.work.prompts.length;
  const known = consents.length;
  const at = world.clock.now().getTime();
  const real = world.ports;
  Object.assign(world, { ports });
  try {
    await world.attempt(on.task);
  } finally {
    Object.assign(world, { ports: real });
  }
  for (const prompt of world.work.prompts.slice(before)) {
    const { approvers, expiresDays } = world.policy.approval;
    const agreed = consents
      .slice(0, known)
      .filter((one) => one.words === wordsIn(prompt) && at - one.at <= (expiresDays ?? 0) * dayMs);
    expect(new Set(agreed.map(({ person }) => person)).size).toBeGreaterThanOrEqual(approvers);
  }
}

let runs = 0;

test('whatever people do in whatever order and between our reads, an agent is given only words that enough of them approved', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyPart, { minLength: 1, maxLength: 4 }), async (parts) => {
      const on = await stage();
      for (const { act, intruder } of parts.flat()) {
        if (isOutside(act)) outside(on, act);
        else {
          await inside(on, act, intruded(on, intruder)).catch((thrown: unknown) => {
            // A refusal is an answer; anything else is a defect.
            if (!(thrown instanceof AppError) || thrown.kind === 'internal') throw thrown;
          });
        }
      }
      runs += on.world.work.prompts.length;
    }),
    { numRuns: 100, seed: 20_261_125 },
  );

  expect(runs).toBeGreaterThan(20);
}, 420_000);
