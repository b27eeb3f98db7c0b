import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { systemRandom } from '../../src/lib/random.ts';
import { type ApiClient, createClient } from '../../src/operations/api-client/client.ts';
import { listAudit } from '../../src/operations/audit/contract.ts';
import { changeConfiguration, showConfiguration } from '../../src/operations/config/contract.ts';
import { verifyAudit } from '../../src/operations/security/contract.ts';
import { pauseWork } from '../../src/operations/service/contract.ts';
import {
  approveTask,
  listTasks,
  rejectTask,
  showTask,
} from '../../src/operations/tasks/contract.ts';
import { browserFetch } from '../support/browser-fetch.ts';
import { initRepositoryWith } from '../support/git-work.ts';
import { type RunningService, startService } from '../support/running-service.ts';
import { createServiceProcess, type ServiceProcess } from '../support/service-process.ts';
import { createTestDatabase } from '../support/test-database.ts';

/** `ACKNOWLEDGED_WRITES=1000` for the whole figure, on the service's own database; few and one kill in the suite. */
const wanted = Number(process.env['ACKNOWLEDGED_WRITES'] ?? 16);
const isWhole = wanted > 100;
/** Most acknowledged writes of one of many lives. */
const mostOfLife = 40;

type Kind = 'approve' | 'reject';
interface Asked {
  readonly id: string;
  readonly kind: Kind;
  answered: boolean;
}

const key = 'analyzer.maxIssuesPerRepo';

/** What was asked of the service over all its lives. */
interface Book {
  readonly asked: Asked[];
  /** Of the key that is written again and again: the last value that was acknowledged, and the last that was sent. */
  acknowledgedValue: number;
  sentValue: number;
  acknowledgedChanges: number;
}

const acknowledged = ({ asked, acknowledgedChanges }: Book): number =>
  asked.filter(({ answered }) => answered).length + acknowledgedChanges;

const clientOf = (service: RunningService): ApiClient =>
  createClient({ baseUrl: service.address, fetch: browserFetch(service.address) });

async function decide(client: ApiClient, book: Book, ids: string[]): Promise<void> {
  for (let id = ids.shift(); id !== undefined; id = ids.shift()) {
    const asked: Asked = {
      id,
      kind: book.asked.length % 2 === 0 ? 'approve' : 'reject',
      answered: false,
    };
    book.asked.push(asked);
    await (asked.kind === 'approve'
      ? client.call(approveTask, { id })
      : client.call(rejectTask, { id, reason: 'not now' }));
    asked.answered = true;
  }
}

async function configure(client: ApiClient, book: Book, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    book.sentValue += 1;
    const value = book.sentValue;
    await client.call(changeConfiguration, { key, value: String(value) });
    book.acknowledgedValue = value;
    book.acknowledgedChanges += 1;
  }
}

const started = async (place: ServiceProcess): Promise<RunningService> =>
  await startService(place, { words: ['--no-security'] });

/** Writes go on side by side until the process is killed in the middle of them. */
async function liveAndDie(service: RunningService, book: Book, ids: string[]): Promise<void> {
  const client = clientOf(service);
  const until = isWhole
    ? Math.min(wanted, acknowledged(book) + 1 + Math.floor(systemRandom.fraction() * mostOfLife))
    : wanted;
  const over = new AbortController();
  const writers = [
    ...[1, 2, 3].map(() => decide(client, book, ids)),
    configure(client, book, () => over.signal.aborted),
  ];
  let isKilled = false;
  const all = Promise.allSettled(
    // What breaks off with the process was not acknowledged; nothing else may fail.
    writers.map(async (writer) => {
      await writer.catch((error: unknown) => {
        if (isKilled) return;
        over.abort();
        throw error;
      });
    }),
  );
  while (acknowledged(book) < until && !over.signal.aborted) await delay(1);
  await delay(systemRandom.fraction() * 15);
  isKilled = true;
  await service.kill();
  over.abort();
  const failed = (await all).filter(({ status }) => status === 'rejected');
  expect([failed, service.said()]).toEqual([[], service.said()]);
}

test('what a service acknowledged over HTTP is there after each kill -9 in the middle of its work, and there once', {
  timeout: 300_000 + wanted * 4000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'cms-acknowledged-'));
  const database = isWhole ? null : await createTestDatabase();
  const repository = join(folder, 'widgets');
  initRepositoryWith(repository, {
    'a.js': Array.from({ length: wanted }, (_, n) => `// TODO: mend part ${n} of the whole\n`).join(
      'export const next = 1;\n'.repeat(3),
    ),
  });
  const place = await createServiceProcess({
    folder: join(folder, 'service'),
    config: {
      repositories: [{ match: repository }],
      analyzer: { maxIssuesPerRepo: wanted },
    },
    env: database === null ? {} : { DATABASE_URL: database.url },
  });
  try {
    let service = await started(place);
    const first = clientOf(service);
    const ids: string[] = [];
    await vi.waitFor(
      async () => {
        const { items } = await first.call(listTasks, { state: ['proposed'], limit: 1000 });
        ids.splice(0, ids.length, ...items.map(({ id }) => id));
        expect(ids).toHaveLength(wanted);
      },
      { timeout: 200_000 + wanted * 1000, interval: 200 },
    );
    // What is approved waits, so that no agent works.
    await first.call(pauseWork, {});
    const book: Book = {
      asked: [],
      acknowledgedValue: wanted,
      sentValue: wanted,
      acknowledgedChanges: 0,
    };
    let kills = 0;
    while (acknowledged(book) < wanted) {
      await liveAndDie(service, book, ids);
      service = await started(place);
      kills += 1;
    }

    const client = clientOf(service);
    const lost: string[] = [];
    const twice: string[] = [];
    for (const { id, kind, answered } of book.asked) {
      const { state, approvals } = await client.call(showTask, { id });
      const isThere = kind === 'reject' ? state === 'rejected' : approvals.length > 0;
      if (answered && !isThere) lost.push(`${kind} ${id}: ${state}`);
      if (approvals.length > 1) twice.push(`${kind} ${id}`);
      const { entries } = await client.call(listAudit, { target: id, event: 'task.moved' });
      const done = entries.filter(({ facts }) => facts['from'] === 'proposed').length;
      if (answered && done === 0) lost.push(`the audit entry of ${kind} ${id}`);
      if (done > 1) twice.push(`the audit entry of ${kind} ${id}`);
    }
    expect([lost, twice]).toEqual([[], []]);
    const { keys } = await client.call(showConfiguration, {});
    const value = Number(keys.find((one) => one.key === key)?.value);
    expect(value).toBeGreaterThanOrEqual(book.acknowledgedValue);
    expect(value).toBeLessThanOrEqual(book.sentValue);
    const verified = await client.call(verifyAudit, {});
    expect(verified).toMatchObject({ ok: true });
    expect(await service.stop()).toBe(0);
    process.stdout.write(
      `${acknowledged(book)} acknowledged writes (${book.acknowledgedChanges} of the configuration) over ${kills} kills\n`,
    );
  } finally {
    await database?.drop();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
});
