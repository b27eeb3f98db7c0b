import { once } from 'node:events';
import { type AddressInfo, createConnection, type Socket } from 'node:net';
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { fastify } from 'fastify';
import { afterEach, expect, test, vi } from 'vitest';
import { systemClock } from '../../lib/clock.ts';
import { atOnce, createTurns, takeTurns } from './turns.ts';

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close();
});

const still = (): number => 0;

test('a few begin at once while the loop is busy, the others in the order in which they came', async () => {
  const turns = createTurns(() => true, still);
  const begun: number[] = [];
  const places = Array.from({ length: 3 * atOnce }, (_, n) => {
    const place = turns.enter();
    void place.turn.then(() => begun.push(n));
    return place;
  });
  const first = [...places.keys()].slice(0, atOnce);
  await delay(50);
  expect(begun).toEqual(first);
  places[3]?.leave();
  places[1]?.leave();
  await delay(0);
  expect(begun).toEqual([...first, atOnce, atOnce + 1]);
  for (const place of places) place.leave();
});

test('while the loop has time to spare the next begin without an end of those at work', async () => {
  let isBusy = true;
  const turns = createTurns(() => isBusy, still);
  const places = Array.from({ length: 5 * atOnce }, () => turns.enter());
  isBusy = false;
  expect(await Promise.all(places.map(({ turn }) => turn))).not.toContain(false);
  expect(await turns.enter().turn).toBe(true);
  for (const place of places) place.leave();
});

test('once the first has waited for a second, who came last is next', async () => {
  let nowMs = 0;
  const turns = createTurns(
    () => true,
    () => nowMs,
  );
  const places = Array.from({ length: atOnce + 3 }, () => turns.enter());
  const [first, , third] = places.slice(atOnce);
  nowMs += 1000;
  places[0]?.leave();
  expect(await third?.turn).toBe(true);
  const late = turns.enter();
  places[1]?.leave();
  expect(await late.turn).toBe(true);
  nowMs -= 1;
  places[2]?.leave();
  expect(await first?.turn).toBe(true);
  for (const place of places) place.leave();
});

test('who leaves before its turn does not begin, and keeps nobody waiting', async () => {
  const turns = createTurns(() => true, still);
  const places = Array.from({ length: atOnce + 2 }, () => turns.enter());
  places[atOnce]?.leave();
  expect(await places[atOnce]?.turn).toBe(false);
  places[0]?.leave();
  places[0]?.leave();
  expect(await places[atOnce + 1]?.turn).toBe(true);
  for (const place of places) place.leave();
});

test('nothing begins while connections come in, and after 50 ms all the same', async () => {
  let nowMs = 0;
  const turns = createTurns(
    () => false,
    () => nowMs,
  );
  turns.hold();
  const place = turns.enter();
  const hasBegun = vi.fn();
  void place.turn.then(hasBegun);
  for (let n = 0; n < 50; n += 1) {
    turns.hold();
    await nextTurn();
    expect(hasBegun).not.toHaveBeenCalled();
  }
  await vi.waitFor(() => expect(hasBegun).toHaveBeenCalledWith(true));
  const other = turns.enter();
  turns.hold();
  const third = turns.enter();
  expect(await other.turn).toBe(true);
  nowMs = 50;
  const holding = setInterval(() => turns.hold());
  expect(await third.turn).toBe(true);
  clearInterval(holding);
  for (const one of [place, other, third]) one.leave();
});

test('a crowd that stands before the door is taken in before the first of it is served', async () => {
  const crowd = 60;
  const app = fastify();
  takeTurns(app, () => false, { ...systemClock, monotonicMs: still });
  let taken = 0;
  const takenAtFirst: number[] = [];
  app.server.on('connection', () => void (taken += 1));
  app.get('/', async () => {
    takenAtFirst.push(taken);
    return 'done';
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  open.push(() => app.close());
  const { port } = app.server.address() as AddressInfo;
  const sockets = Array.from({ length: crowd }, () =>
    createConnection({ port, host: '127.0.0.1' }),
  );
  open.push(() => sockets.map((socket) => socket.destroy()));
  await Promise.all(
    sockets.map(async (socket) => {
      socket.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n');
      await once(socket, 'data');
    }),
  );
  expect(takenAtFirst).toEqual(Array.from({ length: crowd }, () => crowd));
});

test('a request whose caller hangs up before its turn is not served, an open stream holds no turn, and a probe waits for none', async () => {
  const served: string[] = [];
  const app = fastify();
  takeTurns(
    app,
    (url) => url === '/probe',
    systemClock,
    () => true,
  );
  const release: (() => void)[] = [];
  app.get('/slow/:n', async ({ url }) => {
    served.push(url);
    await new Promise<void>((resolve) => void release.push(resolve));
    return 'done';
  });
  app.get('/probe', async () => 'here');
  app.get('/stream', async (_request, reply) => {
    const answer = new ReadableStream({ start: (to) => to.enqueue(Buffer.from('open')) });
    return reply.send(answer);
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  open.push(() => app.close());
  const { port } = app.server.address() as AddressInfo;
  const ask = (path: string): Socket => {
    const socket = createConnection({ port, host: '127.0.0.1' });
    open.push(() => socket.destroy());
    socket.on('error', () => undefined);
    socket.write(`GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`);
    return socket;
  };
  for (let n = 0; n < atOnce; n += 1) await once(ask('/stream'), 'data');
  for (let n = 0; n < atOnce; n += 1) ask(`/slow/${n}`);
  await vi.waitFor(() => expect(served).toHaveLength(atOnce));
  const late = ask('/slow/late');
  await once(ask('/probe'), 'data');
  late.destroy();
  const last = ask('/slow/last');
  await once(ask('/probe'), 'data');
  expect(served).toHaveLength(atOnce);
  await vi.waitFor(() => {
    for (const go of release.splice(0)) go();
    expect(served).toContain('/slow/last');
  });
  await once(last, 'data');
  expect(served).not.toContain('/slow/late');
});
