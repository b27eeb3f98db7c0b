import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Actor } from '../../domain/actor.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Problem } from '../../operations/api-client/api-error.ts';

/** So often the rights of an open stream are asked for again, and a comment proves that the connection stands. */
const recheckMs = 5000;

/** One block of a `text/event-stream`. */
function eventBlock(event: string, data: unknown, id?: string): string {
  return `event: ${event}\n${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`;
}

/** A signal that ends with the connection of the request, or with the given one. */
export function connectionSignal(reply: FastifyReply, ended: AbortSignal): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort(new Error('the caller went away')));
  return AbortSignal.any([gone.signal, ended]);
}

/** Sends blocks as they come; what is slow to read holds the source back. */
export function sendBlocks(reply: FastifyReply, blocks: AsyncIterable<string>): FastifyReply {
  return reply
    .header('content-type', 'text/event-stream; charset=utf-8')
    .header('x-accel-buffering', 'no')
    .send(Readable.from(blocks));
}

/** Progress lines while a call is at work, then `result` or `problem`. */
export async function* callBlocks(
  run: (progress: (text: string) => void) => Promise<unknown>,
  problemOf: (thrown: unknown) => Problem,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const waiting: string[] = [];
  let wake: () => void = () => undefined;
  let isDone = false;
  const push = (block: string): void => {
    waiting.push(block);
    wake();
  };
  signal.addEventListener('abort', () => wake(), { once: true });
  const ended = run((text) => push(eventBlock('progress', { text })))
    .then(
      (answer) => push(eventBlock('result', answer ?? null)),
      (thrown: unknown) => push(eventBlock('problem', problemOf(thrown))),
    )
    .finally(() => {
      isDone = true;
      wake();
    });
  yield ': open\n\n';
  while (!signal.aborted) {
    yield* waiting.splice(0);
    if (isDone) break;
    await new Promise<void>((resolve) => {
      wake = resolve;
      if (waiting.length > 0 || isDone || signal.aborted) resolve();
    });
  }
  if (!signal.aborted) await ended;
}

/**
 * The events of a stream operation. Every five seconds it is asked again who the caller is and what they may; when that
 * is over the stream says so and ends.
 */
export async function* streamBlocks(parts: {
  readonly source: AsyncIterable<unknown>;
  readonly request: FastifyRequest;
  readonly actor: () => Promise<Actor>;
  readonly mayStill: (actor: Actor) => boolean;
  readonly over: () => unknown;
  readonly problemOf: (thrown: unknown) => Problem;
  /** Ends the source. */
  readonly stop: AbortController;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}): AsyncGenerator<string> {
  const { source, signal, clock } = parts;
  const events = source[Symbol.asyncIterator]();
  yield ': open\n\n';
  try {
    let pending = events.next();
    let checkedAt = clock.monotonicMs();
    while (!signal.aborted) {
      const late = new AbortController();
      const tick = clock
        .sleep(Math.max(0, checkedAt + recheckMs - clock.monotonicMs()), late.signal)
        .then(
          () => 'tick' as const,
          () => 'tick' as const, // an event came first
        );
      const first = await Promise.race([pending, tick]);
      late.abort();
      if (first === 'tick' || clock.monotonicMs() - checkedAt >= recheckMs) {
        checkedAt = clock.monotonicMs();
        if (!parts.mayStill(await parts.actor())) throw parts.over();
        yield ': still here\n\n';
      }
      if (first === 'tick') continue;
      if (first.done === true) return;
      const { value } = first;
      yield eventBlock('message', value, cursorOf(value));
      pending = events.next();
    }
  } catch (thrown) {
    if (!signal.aborted) yield eventBlock('problem', parts.problemOf(thrown));
  } finally {
    parts.stop.abort(new Error('the stream is over'));
    await events.return?.();
  }
}

function cursorOf(value: unknown): string | undefined {
  const cursor =
    typeof value === 'object' && value !== null && 'cursor' in value ? value.cursor : undefined;
  return typeof cursor === 'string' ? cursor : undefined;
}
