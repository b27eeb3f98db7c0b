import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { git } from '../support/github-emulator/git-repository.ts';
import type { GithubLoop, TaskLine } from '../support/github-loop.ts';
import { createGithubLoop, manager } from '../support/github-loop.ts';
import { type OtlpReceiver, startOtlpReceiver } from '../support/otlp-receiver.ts';
import { type RunningService, startService } from '../support/running-service.ts';
import { deliver, signDelivery } from '../support/sign-delivery.ts';

const secret = 'a-secret-of-the-hook-0123456789';
/** One repository each, because one is worked on by one agent at a time. */
const words = { lists: 'empty lists', names: 'long names', sizes: 'odd sizes' };
const jobs = Object.keys(words).length;
const targets = Object.keys(words).map((name) => `acme/${name}`);

interface AuditLine {
  readonly event: string;
  readonly correlationId: string;
}

describe('three deliveries of GitHub, each approving one proposal of a running service with a collector', () => {
  let loop: GithubLoop;
  let collector: OtlpReceiver;
  let service: RunningService;
  /** Number of an issue → the id of the delivery that told of its label. */
  const units = new Map<number, string>();
  const pulls = () =>
    targets.flatMap((target) => loop.pulls(target).map((issue) => ({ ...issue, target })));

  beforeAll(async () => {
    collector = await startOtlpReceiver();
    loop = await createGithubLoop({
      targets: Object.fromEntries(
        Object.entries(words).map(([name, what]) => [
          name,
          {
            'a.js': `// TODO: take care of ${what}
export {};
`,
          },
        ]),
      ),
      env: {
        GITHUB_WEBHOOK_SECRET: secret,
        CLAUDE_MANAGER_EXECUTOR_MAX_CONCURRENT: String(jobs),
      },
      config: {
        telemetry: { otlp: { endpoint: collector.endpoint, everySeconds: 1 } },
        github: {
          managerRepo: manager,
          reposToScan: targets,
          pollSeconds: 3600,
        },
      },
    });
    service = await startService(loop.service);
    const shown = (): string => service.said().slice(-5000);
    // The first round is over: from now on nothing is looked at but what deliveries name.
    await until(() => service.said().includes(`${jobs} findings, ${jobs} proposed`), shown);
    for (const { number } of loop.proposals()) {
      const id = randomUUID();
      units.set(number, id);
      loop.emulator.as('wendy').label(manager, number, 'approved-for-dev');
      const payload = {
        action: 'labeled',
        issue: { number },
        repository: { full_name: manager, default_branch: 'main' },
      };
      expect(await deliver(service.address, signDelivery(secret, 'issues', payload, id))).toBe(202);
      // A look at all issues would take the next label for nobody's.
      await until(() => looked(service.said(), id), shown);
    }
    await until(() => attempts(service.said()) === jobs, shown);
    expect(pulls()).toHaveLength(jobs);
    await service.stop();
  }, 420_000);
  afterAll(async () => {
    await service.kill();
    await loop.close();
    await collector.close();
  });

  test('each keeps the id of its delivery in the environment of the agent and at the foot of the pull request', async () => {
    const tasks = await loop.tasks<readonly TaskLine[]>('list');
    const seen = new Map<string, string>();
    for (const { target, body: text, pull } of pulls()) {
      const body = text ?? '';
      const [, unit = ''] = /Correlation \| `([^`]+)`/u.exec(body) ?? [];
      const notes = await git(
        loop.emulator.gitFolder(target),
        'ls-tree',
        '--name-only',
        pull?.headSha ?? '',
        'notes/',
      );
      expect(notes.split('\n')).toContain(`notes/unit-${unit}.txt`);
      const [, task = ''] = /Task \| `([^`]+)`/u.exec(body) ?? [];
      seen.set(String(tasks.find((one) => one.id === task)?.issue), unit);
    }
    expect(seen).toEqual(new Map([...units].map(([number, id]) => [String(number), id])));
  });

  test('each joins approval, agent, push and pull request in the audit log', async () => {
    const { json } = await loop.service.run(['audit', 'list', '--limit', '500']);
    const { entries } = json as { readonly entries: readonly AuditLine[] };
    for (const id of units.values()) {
      const events = entries.filter((one) => one.correlationId === id).map(({ event }) => event);
      expect(events).toEqual(
        expect.arrayContaining(['approval.granted', 'agent.start', 'git.push', 'pr.open']),
      );
    }
  });

  test('each joins the lines of the look and of the attempt in the log, and every line of the four files is whole', async () => {
    const logs = join(loop.service.folder, 'logs');
    const joined = new Map<string, Set<unknown>>();
    let count = 0;
    for (const name of await readdir(logs)) {
      const text = await readFile(join(logs, name), 'utf8');
      expect(text === '' || text.endsWith('\n')).toBe(true);
      for (const line of text.split('\n').filter((one) => one !== '')) {
        const record = JSON.parse(line) as Record<string, unknown>;
        count += 1;
        expect(Object.keys(record).slice(0, 11)).toEqual([
          'timestamp',
          'level',
          'logger',
          'message',
          'correlation_id',
          'operation',
          'user_id',
          'duration_ms',
          'module',
          'trace_id',
          'span_id',
        ]);
        expect(record['timestamp']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/u);
        const id = String(record['correlation_id']);
        joined.set(id, (joined.get(id) ?? new Set()).add(record['operation']));
        if (units.size > 0 && [...units.values()].includes(id))
          expect(record['trace_id']).toBe(id.replaceAll('-', ''));
      }
    }
    expect(count).toBeGreaterThan(20);
    for (const id of units.values())
      expect([...(joined.get(id) ?? [])]).toEqual(
        expect.arrayContaining(['webhooks.look.issue', 'attempt']),
      );
  });

  test('each is one trace at the collector: the delivery, the attempt, the requests to GitHub below them', () => {
    const spans = collector.spans();
    for (const id of units.values()) {
      const mine = spans.filter(({ traceId }) => traceId === id.replaceAll('-', ''));
      const named = (name: string) => mine.filter((one) => one.name === name);
      expect(named('job delivery').length).toBeGreaterThan(0);
      expect(named('job attempt')).toHaveLength(1);
      const parents = new Set(mine.map(({ spanId }) => spanId));
      const requests = mine.filter(({ name }) => name.startsWith('upstream github'));
      expect(requests.length).toBeGreaterThan(3);
      expect(requests.filter(({ parentSpanId }) => !parents.has(parentSpanId ?? ''))).toEqual([]);
      expect(collector.logs().some(({ traceId }) => traceId === mine[0]?.traceId)).toBe(true);
    }
  });

  test('the collector gets the figures of the service', () => {
    const calls = collector
      .metrics()
      .findLast(({ name }) => name === 'claude_manager_job_calls_total');
    expect(calls?.points).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ attributes: { job: 'attempt', outcome: 'ok' }, value: jobs }),
      ]),
    );
  });
});

function attempts(said: string): number {
  return said.split('"job":"attempt","outcome":"ok"').length - 1;
}

function looked(said: string, id: string): boolean {
  return said
    .split('\n')
    .some((line) => line.includes(id) && line.includes('webhooks.look.manager'));
}

async function until(isSo: () => boolean, shown: () => string): Promise<void> {
  await vi
    .waitFor(() => expect(isSo()).toBe(true), { timeout: 180_000, interval: 200 })
    .catch(() => expect.unreachable(shown()));
}
