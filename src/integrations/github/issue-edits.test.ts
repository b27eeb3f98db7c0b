import { afterEach, beforeEach, expect, test } from 'vitest';
import { oneToken } from '../../../test/support/github-access.ts';
import {
  createGithubEmulator,
  type GithubEmulator,
} from '../../../test/support/github-emulator/emulator.ts';
import { createSkippingClock } from '../../../test/support/skipping-clock.ts';
import type { CodeHost } from '../../domain/ports/code-host.ts';
import type { Clock } from '../../lib/clock.ts';
import { type Log, silentLog } from '../../lib/log.ts';
import { systemRandom } from '../../lib/random.ts';
import { suiteMarkers } from '../code-host.suite.ts';
import { createMemoryEtagStore } from './etag-store.ts';
import { createGithubHost } from './github-host.ts';
import { createGovernor } from './governor/governor.ts';
import { createMemoryGovernorState } from './governor/governor-state.ts';
import { createIssueEdits } from './issue-edits.ts';

const ref = { host: 'github', name: 'acme/widgets' } as const;
let clock: Clock;
let emulator: GithubEmulator;
let host: CodeHost;
let warnings: string[];
let number: number;
let slept: number;

async function open(basePath: '' | '/api/v3'): Promise<void> {
  slept = 0;
  const skipping = createSkippingClock();
  clock = {
    ...skipping,
    sleep: async (ms, signal) => {
      slept += ms;
      await skipping.sleep(ms, signal);
    },
  };
  emulator = await createGithubEmulator({ clock, basePath });
  const token = emulator.addUser('svc-bot');
  const roles = { 'svc-bot': 'write', ann: 'write', eve: 'read' } as const;
  await emulator.addRepository({ fullName: ref.name, roles });
  warnings = [];
  const log: Log = { ...silentLog, warn: (_facts, message) => void warnings.push(message) };
  host = createGithubHost({
    apiUrl: emulator.apiUrl,
    serverUrl: emulator.serverUrl,
    access: oneToken(
      createGovernor({
        credential: 'test',
        state: createMemoryGovernorState(),
        clock,
        random: systemRandom,
      }),
      async () => token,
    ),
    etags: createMemoryEtagStore(),
    clock,
    random: systemRandom,
    markers: suiteMarkers,
    git: { push: async () => 'pushed', remoteRef: async () => null },
    log,
  });
  number = emulator.as('eve').openIssue(ref.name, { title: 'Please', body: 'Old' });
}

beforeEach(async () => open('/api/v3'));
afterEach(async () => emulator.close());

const asked = (): number =>
  emulator.journal.entries.filter(({ kind }) => kind === 'graphql').length;
const edit = (body: string): void => emulator.as('eve').editIssue(ref.name, number, { body });
const label = (): void => emulator.as('ann').label(ref.name, number, 'approved');
const types = async (): Promise<readonly string[]> =>
  (await host.issueEvents(ref, number)).events.map(({ type }) => type);
const graphql = { method: 'POST', path: /graphql$/u };

test.each(['', '/api/v3'] as const)(
  'at the path "%s" edits are told in their order',
  async (path) => {
    await emulator.close();
    await open(path);
    label();
    expect(await host.issueEvents(ref, number)).toMatchObject({ editsKnown: true });
    expect(await types()).toEqual(['labeled']);
    await clock.sleep(2000);
    edit('New');
    const { events } = await host.issueEvents(ref, number);
    expect(events.at(-1)).toMatchObject({ type: 'edited', actor: 'eve', actorIsBot: false });
    await clock.sleep(2000);
    emulator.as('ann').unlabel(ref.name, number, 'approved');
    label();
    expect(await types()).toEqual(['labeled', 'edited', 'unlabeled', 'labeled']);
    expect(emulator.journal.violations()).toEqual([]);
  },
);

test('asking waits for nothing, as a write would', async () => {
  for (let times = 0; times < 3; times += 1) await host.issueEvents(ref, number);
  expect(asked()).toBe(3);
  expect(slept).toBe(0);
});

test.each([
  { kind: 'status', status: 403 },
  { kind: 'status', status: 404 },
  { kind: 'status', status: 405 },
  { kind: 'status', status: 501 },
  { kind: 'html' },
] as const)(
  'without GraphQL ($kind $status) it says that edits are not known, and asks once',
  async (fault) => {
    emulator.faults.add({ ...fault, match: graphql });
    label();
    edit('New');
    for (let times = 0; times < 3; times += 1)
      expect(await host.issueEvents(ref, number)).toMatchObject({
        editsKnown: false,
        events: [{ type: 'labeled' }],
      });
    expect(asked()).toBe(1);
    expect(warnings).toHaveLength(1);
  },
);

test.each([
  [{ kind: 'status', status: 502 }, 'github_server_error'],
  [{ kind: 'status', status: 401 }, 'github_authentication'],
  [{ kind: 'garbage' }, 'github_malformed_answer'],
  [{ kind: 'reset-after' }, 'github_no_answer'],
  [{ kind: 'secondary-limit', retryAfterSeconds: 600 }, 'github_rate_limited'],
] as const)('%j is an error, and it is asked again later', async (fault, code) => {
  emulator.faults.add({ ...fault, match: { ...graphql, times: 3 } });
  await expect(host.issueEvents(ref, number)).rejects.toMatchObject({ code });
  emulator.faults.clear();
  await clock.sleep(700_000);
  expect(await host.issueEvents(ref, number)).toMatchObject({ editsKnown: true });
});

/** Errors that GitHub tells with status 200; counts how often it is asked. */
function answering(...errors: readonly { type?: string; message: string }[]) {
  const headers = { 'content-type': 'application/json' };
  const text = JSON.stringify({ data: { repository: null }, errors });
  const calls: string[] = [];
  const edits = createIssueEdits({
    apiUrl: 'https://github.example/api/v3/',
    query: async (url) => {
      calls.push(url);
      return { status: 200, headers, text };
    },
  });
  return { edits, calls };
}

test.each([
  ['NOT_FOUND', 2],
  ['FORBIDDEN', 2],
  ['undefinedField', 1],
])(
  'after the error %s edits are unknown, and two issues are asked for %i times',
  async (type, times) => {
    const { edits, calls } = answering({ type, message: 'no' });
    expect(await edits(ref, 1)).toBeNull();
    expect(await edits(ref, 2)).toBeNull();
    expect(calls).toEqual(
      Array.from({ length: times }, () => 'https://github.example/api/graphql'),
    );
  },
);

test.each([
  [{ type: 'RATE_LIMITED', message: 'no' }, 'github_rate_limited'],
  [{ message: 'Something went wrong while executing your query.' }, 'github_server_error'],
])('the error %j in a good answer is an error', async (error, code) => {
  await expect(answering(error).edits(ref, 1)).rejects.toMatchObject({ code });
});
