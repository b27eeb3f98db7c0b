import { expect, test } from 'vitest';
import { ApiError } from '../../src/operations/api-client/client.ts';
import { sendAll } from '../../web/data/send-all.ts';

const ids = Array.from({ length: 100 }, (_, index) => `task-${index}`);

test('a decision on a hundred proposals reaches each once though the service takes only sixty a minute', async () => {
  const taken: string[] = [];
  const slept: number[] = [];
  let room = 60;
  const send = async (id: string): Promise<void> => {
    if (room === 0) {
      throw new ApiError({ kind: 'rate_limited', code: 'rate_limited' }, { retryAfterSeconds: 7 });
    }
    room -= 1;
    taken.push(id);
  };
  const sleep = async (ms: number): Promise<void> => {
    slept.push(ms);
    room = 30;
  };
  expect(await sendAll(ids, send, sleep)).toEqual([]);
  expect(taken.toSorted()).toEqual(ids.toSorted());
  // Forty were left, and thirty more fit into each minute after the first.
  expect(slept).toEqual([7000, 7000]);
});

test('each other refusal is told with its reason after all others were sent, and is not tried again', async () => {
  const sent: string[] = [];
  const moved = new ApiError({ kind: 'conflict', code: 'task_moved' });
  const send = async (id: string): Promise<void> => {
    sent.push(id);
    if (id === 'task-3' || id === 'task-70') throw moved;
  };
  const sleep = async (): Promise<void> => expect.unreachable();
  expect(await sendAll(ids, send, sleep)).toEqual([
    { item: 'task-3', reason: moved },
    { item: 'task-70', reason: moved },
  ]);
  expect(sent).toEqual(ids);
});
