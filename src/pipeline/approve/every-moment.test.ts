import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPipelineWorld, type PipelineWorld } from '../../../test/fakes/pipeline-world.ts';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.ts';
import type { CodeHost } from '../../domain/ports/code-host.ts';
import type { KnownFinding } from '../../domain/ports/stores.ts';
import type { Task } from '../../domain/task.ts';
import { explain } from '../explain.ts';
import { followFindings } from '../propose/follow-findings.ts';
import { propose } from '../propose/propose.ts';
import { followApprovals } from './follow-approvals.ts';
import { pollApprovals } from './poll-approvals.ts';

const label = 'approved-for-dev';
let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(async () => database.drop());

interface Moment {
  readonly world: PipelineWorld;
  readonly task: Task;
  readonly number: number;
}

/** What happens to an approval once, and which of our reads can tell. */
interface Happening {
  readonly act: (at: Moment) => void;
  /** Codes by which its refusal is explained. */
  readonly codes: readonly string[];
  /** A read by which it shows; left out where our own state tells, which is asked whenever a check begins. */
  readonly shows?: (read: string) => boolean;
  /** Nothing is said on an issue that is not there any more, nor on one that a person closed: that was an answer. */
  readonly isSilent?: boolean;
  /** Before the approval is recorded it only decides what is recorded; a label that was never seen needs no answer. */
  readonly counts: 'from the first look' | 'once the label was seen' | 'once it is recorded';
}

const ofIssue = (read: string): boolean => read === 'issue';
const issueOf = ({ world, number }: Moment) => {
  const issue = world.host.state(world.manager).issues.get(number);
  if (issue === undefined) throw new Error('the issue is gone');
  return issue;
};
const role = (at: Moment, where: 'manager' | 'target'): void =>
  at.world.host.setRole(at.world[where], 'ann', 'read');

const happenings: Readonly<Record<string, Happening>> = {
  'the title is edited': {
    counts: 'from the first look',
    act: ({ world, number }) =>
      world.host.editIssue(world.manager, number, 'eve', { title: 'Do something else' }),
    codes: ['approval_void_content'],
    shows: ofIssue,
  },
  'the text is edited': {
    counts: 'from the first look',
    act: ({ world, number }) =>
      world.host.editIssue(world.manager, number, 'eve', { body: 'Do something else.' }),
    codes: ['approval_void_content'],
    shows: ofIssue,
  },
  'the label is taken off': {
    counts: 'once the label was seen',
    act: ({ world, number }) => world.host.unlabel(world.manager, number, 'ann', label),
    codes: ['approval_withdrawn'],
    shows: ofIssue,
  },
  'the issue is closed': {
    counts: 'once the label was seen',
    act: (at) => {
      Object.assign(issueOf(at), { state: 'closed' });
    },
    codes: ['approval_void_closed', 'closed_by_person'],
    shows: ofIssue,
    isSilent: true,
  },
  'the issue is moved to another repository': {
    counts: 'once the label was seen',
    act: ({ world, number }) => {
      const { issues, moved } = world.host.state(world.manager);
      issues.delete(number);
      moved.set(number, 'acme/elsewhere#1');
    },
    codes: ['approval_void_gone', 'issue_gone'],
    shows: ofIssue,
    isSilent: true,
  },
  'the approver loses the right where the issue stands': {
    counts: 'from the first look',
    act: (at) => role(at, 'manager'),
    codes: ['approval_void_role', 'approval_refused_role'],
    shows: (read) => read === 'roleOf acme/manager',
  },
  'the approver loses the right where the work is done': {
    counts: 'from the first look',
    act: (at) => role(at, 'target'),
    codes: ['approval_void_role', 'approval_refused_target_role'],
    shows: (read) => read === 'roleOf acme/widgets',
  },
  'it grows too old': {
    counts: 'from the first look',
    act: ({ world }) => world.clock.advance(6 * 86_400_000),
    codes: ['approval_expired'],
  },
  'another approver is asked for': {
    counts: 'once it is recorded',
    act: ({ world }) => {
      world.policy.approval = { ...world.policy.approval, approvers: 2 };
    },
    codes: ['approval_incomplete', 'approval_void_policy'],
  },
  'other checks are asked for': {
    counts: 'once it is recorded',
    act: ({ world }) => {
      world.policy.checks = ['npm test'];
    },
    codes: ['approval_void_policy'],
  },
};

/** Labels, polls, follows, starts, works, delivers; `before` is called with each read of the host, numbered from 1. */
async function wholeWay(before: (read: number, name: string, at: Moment) => void): Promise<
  Moment & {
    readonly promptAt: number;
    readonly recordedAt: number;
    readonly reads: readonly string[];
  }
> {
  const world = await createPipelineWorld(database);
  world.policy.approval = { ...world.policy.approval, expiresDays: 5 };
  await world.find('one');
  const [task] = (await propose(world.ports, world.target)).proposed as [Task];
  const at = { world, task, number: task.issueNumber ?? 0 };
  world.clock.advance(60_000);
  world.host.label(world.manager, at.number, 'ann', label);
  world.clock.advance(60_000);
  const reads: string[] = [];
  let promptAt = Number.POSITIVE_INFINITY;
  const watched: ReadonlySet<PropertyKey> = new Set(['issue', 'issues', 'issueEvents', 'roleOf']);
  const { host } = world;
  const looking = new Proxy<CodeHost>(host, {
    get: (real, name) => {
      if (!watched.has(name)) return Reflect.get(real, name) as unknown;
      return (ref: { readonly name: string }, ...more: readonly unknown[]) => {
        const read = name === 'roleOf' ? `roleOf ${ref.name}` : String(name);
        reads.push(read);
        if (world.work.prompts.length > 0) promptAt = Math.min(promptAt, reads.length);
        before(reads.length, read, at);
        return (Reflect.get(real, name) as (...all: readonly unknown[]) => unknown)(ref, ...more);
      };
    },
  });
  const ports = { ...world.ports, host: () => looking };
  const { labeled } = await pollApprovals(ports, world.manager);
  await followApprovals(ports, world.manager, labeled);
  const recordedAt = reads.length;
  Object.assign(world, { ports });
  if ((await world.task(task.id)).state === 'approved') await world.attempt(task);
  return { ...at, reads, promptAt, recordedAt };
}

const every = Number(process.env['MOMENTS'] ?? '3');

describe('between the label and the pull request', () => {
  test.each(Object.entries(happenings))(
    '%s at any moment: nothing starts that cannot be done under the approval, nothing leaves, and both are explained',
    async (name, { act, codes, shows, counts, isSilent = false }) => {
      const calm = await wholeWay(() => undefined);
      expect(calm.world.host.state(calm.world.target).pullRequests.size).toBe(1);
      const total = calm.reads.length;
      const last = (from: number, to: number): number => {
        for (let read = to; read > from; read -= 1)
          if (shows === undefined || shows(calm.reads[read - 1] ?? '')) return read;
        return 0;
      };
      // What our own state tells is asked when a check begins, with its first read.
      const firstOfCheck = (to: number): number =>
        calm.reads.slice(0, to).findLastIndex((read) => read === 'issue') + 1;
      const start =
        shows === undefined ? firstOfCheck(calm.promptAt - 1) : last(0, calm.promptAt - 1);
      const delivery = shows === undefined ? firstOfCheck(total) : last(calm.promptAt - 1, total);
      expect(start).toBeGreaterThan(0);
      expect(delivery).toBeGreaterThan(start);
      const first = Object.keys(happenings).indexOf(name) % every;
      const from = {
        'from the first look': 1,
        'once the label was seen': 2,
        'once it is recorded': calm.recordedAt + 1,
      };
      for (let moment = from[counts] + first; moment <= delivery; moment += every) {
        const on = await wholeWay((read, _, at) => {
          if (read === moment) act(at);
        });
        const where = `${name}, before read ${moment} of ${total} (${calm.reads[moment - 1]}; start ${start}, delivery ${delivery})`;
        const strictly = shows === undefined ? moment < start : moment <= start;
        if (strictly) expect(on.world.work.prompts, where).toEqual([]);
        for (const prompt of on.world.work.prompts)
          expect(prompt, where).not.toContain('something else');
        const leaves = shows === undefined ? moment < delivery : moment <= delivery;
        if (!leaves) continue;
        expect(on.world.host.state(on.world.target).pullRequests.size, where).toBe(0);
        const { labeled } = await pollApprovals(on.world.ports, on.world.manager);
        await followApprovals(on.world.ports, on.world.manager, labeled);
        const task = await on.world.task(on.task.id);
        const told = await explain(on.world.ports, task);
        const known = [told.code, ...told.notes.map(({ code }) => code)];
        expect(
          codes.some((code) => known.includes(code)),
          `${where}: ${known.join(', ')}`,
        ).toBe(true);
        if (isSilent) continue;
        const said = on.world.host.comments(on.world.manager, on.number).map(({ body }) => body);
        const reason = told.notes.find(({ code }) => codes.includes(code))?.text ?? told.text;
        expect(
          said.some((body) => body.includes(reason)),
          `${where}: ${said.join(' | ')}`,
        ).toBe(true);
      }
    },
    300_000,
  );
});

/**
 * The branch is approved, its commit is not: where the branch goes on, the place that led to the task is looked for on it
 * as it is by then.
 */
describe('the base branch moves between the label and the pull request', () => {
  const moves: readonly (readonly [string, Partial<KnownFinding>, readonly string[]])[] = [
    ['the place only stands elsewhere', { line: 70, fingerprint: 'elsewhere' }, []],
    ['the place says something else', { text: 'do something else' }, ['approval_void_evidence']],
    ['the place is gone', { status: 'fixed' }, ['resolved', 'finding_gone_while_running']],
  ];
  test.each(moves)(
    '%s, at any moment: the agent is given the approved words or nothing, and a look that shows it starts and lets out nothing',
    async (_, change, codes) => {
      const { reads } = await wholeWay(() => undefined);
      let stopped = 0;
      for (let moment = 1; moment <= reads.length; moment += every) {
        let looks = 0;
        let isSeenAtStart = false;
        const on = await wholeWay((read, _name, { world }) => {
          if (read !== moment) return;
          world.look = async () => {
            looks += 1;
            isSeenAtStart ||= world.work.prompts.length === 0;
            await world.find('one', change);
            await followFindings(world.ports, world.target, 'c'.repeat(40));
          };
        });
        const { world } = on;
        const where = `before read ${moment} of ${reads.length}, ${looks} looks`;
        for (const prompt of world.work.prompts) expect(prompt, where).not.toContain('something');
        const pulls = world.host.state(world.target).pullRequests.size;
        const isSeen = looks > 0 && codes.length > 0 && pulls === 0;
        const told = await explain(world.ports, await world.task(on.task.id));
        if (isSeen) {
          stopped += 1;
          expect(codes, where).toContain(told.code);
          const said = world.host.comments(world.manager, on.number).map(({ body }) => body);
          if (told.code.startsWith('approval_'))
            expect(said.join('\n'), where).toContain(told.text);
        } else
          expect({ pulls, prompts: world.work.prompts.length }, where).toMatchObject({ pulls: 1 });
        if (isSeenAtStart && codes.length > 0) expect(world.work.prompts, where).toEqual([]);
        // While the agent worked other words may have come, but not the end of the place.
        if (looks > 0 && change.status === 'fixed') expect(pulls, where).toBe(0);
      }
      expect(stopped > 0).toBe(codes.length > 0);
    },
    300_000,
  );
});

/** What an approval is bound to stays what it was when others are configured: no approval is needed anew, and none is given to these. */
test.each([
  ['agent', (at: Moment) => Object.assign(at.world.policy, { agent: 'other' })],
  ['base branch', (at: Moment) => Object.assign(at.world.policy, { base: 'release' })],
])('another %s in the configuration leaves the approved one in the work', async (_, change) => {
  for (const moment of [2, 5, 7]) {
    const on = await wholeWay((read, _name, at) => {
      if (read === moment) change(at);
    });
    const [run] = await on.world.ports.runs.ofTask(on.task.id);
    const [pull] = on.world.host.state(on.world.target).pullRequests.values();
    expect({ agent: run?.agent, base: pull?.baseBranch }).toEqual({
      agent: 'scripted',
      base: 'main',
    });
  }
});
