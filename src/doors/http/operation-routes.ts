import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Actor } from '../../domain/actor.ts';
import { AppError, toAppError } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import { sha256 } from '../../lib/hash.ts';
import type { Route } from '../../operations/api-client/route.ts';
import { routeOf } from '../../operations/api-client/route.ts';
import type { Caller, CallOptions, Gate } from '../../operations/gate.ts';
import type { Contract } from '../../operations/operation.ts';
import { signOut } from '../../operations/sessions/contract.ts';
import type { InputSchema } from '../../operations/unknown-fields.ts';
import { inputSchemaOf } from '../../operations/unknown-fields.ts';
import { bootstrapUsers } from '../../operations/users/contract.ts';
import { clientIdOf } from '../../platform/ratelimit/client-address.ts';
import type { Callers, Sender } from './callers.ts';
import { callBlocks, connectionSignal, sendBlocks, streamBlocks } from './event-stream.ts';
import type { FirstAnswers } from './first-answers.ts';
import { keyOf, underKey } from './first-answers.ts';
import { limitHeadersOf, problemOf, refuse } from './problem.ts';
import { readInput } from './read-input.ts';

/** Streams that one process keeps open, and that one address may. */
const mostStreams = 500;
const mostStreamsOfOne = 50;

export interface OperationRouteParts {
  readonly gate: Gate;
  readonly callers: Callers;
  readonly answers: FirstAnswers;
  readonly clock: Clock;
  /** Who acts without sessions; null while they are on. */
  readonly owner: Actor | null;
  /** Whether there is an account yet. */
  readonly isBootstrapped: () => Promise<boolean>;
  /** Ends every stream: the service stops. */
  readonly ended: AbortSignal;
}

interface Served {
  readonly contract: Contract;
  readonly route: Route;
  readonly schema: InputSchema;
  /** The answer has a secret in it, which goes out once and stands nowhere else. */
  readonly isSecret: boolean;
}

/** Makes a route of every operation that has this door. Two on one address make the start fail. */
export function addOperationRoutes(app: FastifyInstance, parts: OperationRouteParts): void {
  const streams = countStreams();
  for (const contract of parts.gate.contracts()) {
    if (!contract.doors.includes('http')) continue;
    const route = routeOf(contract);
    const served = {
      contract,
      route,
      schema: inputSchemaOf(contract),
      isSecret: contract.shows !== undefined,
    };
    app.route({
      method: route.method,
      url: route.path.replaceAll(/\{(\w+)\}/gu, ':$1'),
      handler: async (request, reply) => {
        const sender = await parts.callers.senderOf(request);
        if (parts.owner === null) await requireAccounts(parts, contract);
        const input = readInput(request, route, served.schema);
        if (contract.kind === 'stream')
          return stream(parts, served, streams, { request, reply, sender, input });
        return call(parts, served, { request, reply, sender, input });
      },
    });
  }
}

/** Until there is an account, nothing can be asked but to make the first one. */
async function requireAccounts(
  { isBootstrapped }: OperationRouteParts,
  { name }: Contract,
): Promise<void> {
  if (name === bootstrapUsers.name || (await isBootstrapped())) return;
  throw refuse({
    kind: 'unavailable',
    code: 'not_bootstrapped',
    message: 'There are no accounts yet.',
    next: 'Make the first administrator with the link that `claude-manager start` prints, or run `claude-manager users bootstrap`.',
  });
}

interface Asked {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly sender: Sender;
  readonly input: unknown;
}

async function call(
  parts: OperationRouteParts,
  { contract, isSecret }: Served,
  asked: Asked,
): Promise<unknown> {
  const { request, reply, sender, input } = asked;
  const key = contract.effect === 'read' ? undefined : keyOf(request.headers['idempotency-key']);
  const isKeyed = key !== undefined && sender.actor.kind !== 'anonymous';
  const signal = connectionSignal(reply, new AbortController().signal);
  const run = async (options: CallOptions): Promise<unknown> =>
    admitted(parts.gate, contract, asked, {
      ...options,
      allowance: (left) => {
        if (!reply.sent) void reply.headers(limitHeadersOf(left));
      },
      ...(isKeyed
        ? {
            once: underKey(parts.answers, key, contract, isSecret, sender.actor, input, () => {
              if (!reply.sent) void reply.header('idempotency-replayed', 'true');
            }),
          }
        : {}),
    });
  if (wantsEvents(request) && !isSecret) {
    return sendBlocks(
      reply,
      callBlocks(
        (progress) => run({ progress }),
        (thrown) => problemOf(thrown, request.id),
        AbortSignal.any([signal, parts.ended]),
      ),
    );
  }
  // A write goes on to its end when its caller goes away; a read is not worth that.
  const answer = withoutSecret(
    parts,
    asked,
    await run(contract.effect === 'read' ? { signal } : {}),
    contract,
  );
  if (request.method !== 'GET' && request.method !== 'HEAD') return reply.send(answer);
  return sendTagged(request, reply, answer);
}

/** Through the gate; what it says to somebody whose token is nobody's becomes what to do about the token. */
async function admitted(
  gate: Gate,
  contract: Contract,
  { request, sender, input }: Asked,
  options: CallOptions,
): Promise<unknown> {
  const { actor, refusal } = sender;
  if (refusal !== null && contract.permission === 'public') throw refusal;
  const clientId = clientIdOf(request.ip, request.headers);
  const caller: Caller = { door: 'http', actor, clientId, correlationId: request.id };
  try {
    return await gate.execute(contract.name, input, caller, options);
  } catch (thrown) {
    const error = toAppError(thrown);
    if (error.code !== 'permission_missing' || actor.kind !== 'anonymous') throw error;
    throw refusal ?? signInFirst(contract);
  }
}

/** The secret of a session goes into a cookie that no script reads, and nowhere else. */
function withoutSecret(
  { callers }: OperationRouteParts,
  { request, reply }: Asked,
  answer: unknown,
  { name }: Contract,
): unknown {
  if (name === signOut.name) callers.dropSession(request, reply);
  if (typeof answer !== 'object' || answer === null || !('session' in answer)) return answer;
  const { session } = answer;
  if (!isSession(session)) return answer;
  callers.keepSession(request, reply, session);
  const { secret: _secret, ...shown } = session;
  return { ...answer, session: shown };
}

function isSession(value: unknown): value is { secret: string; expiresAt: string } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'secret' in value &&
    typeof value.secret === 'string' &&
    'expiresAt' in value &&
    typeof value.expiresAt === 'string'
  );
}

/** Reads carry a tag over what they answer; who has the same already is told so in a line. */
function sendTagged(request: FastifyRequest, reply: FastifyReply, answer: unknown): FastifyReply {
  const body = JSON.stringify(answer ?? null);
  const tag = `W/"${sha256(body).slice(0, 32)}"`;
  void reply.header('etag', tag).header('cache-control', 'private, no-cache');
  const known = request.headers['if-none-match']?.split(',').map((one) => one.trim()) ?? [];
  if (known.includes(tag) || known.includes('*')) return reply.code(304).send();
  return reply.type('application/json; charset=utf-8').send(body);
}

interface StreamCount {
  enter(clientId: string): () => void;
}

function countStreams(): StreamCount {
  const open = new Map<string, number>();
  let total = 0;
  return {
    enter: (clientId) => {
      const ofOne = open.get(clientId) ?? 0;
      if (total >= mostStreams || ofOne >= mostStreamsOfOne)
        throw refuse({
          kind: 'rate_limited',
          code: 'too_many_streams',
          message: 'Too many event streams are open.',
          next: 'Close some, or ask again later.',
          details: { retryAfterSeconds: 10 },
        });
      open.set(clientId, ofOne + 1);
      total += 1;
      return () => {
        total -= 1;
        const left = (open.get(clientId) ?? 1) - 1;
        if (left === 0) open.delete(clientId);
        else open.set(clientId, left);
      };
    },
  };
}

async function stream(
  parts: OperationRouteParts,
  { contract, schema }: Served,
  streams: StreamCount,
  asked: Asked,
): Promise<FastifyReply> {
  const { request, reply } = asked;
  if (!wantsEvents(request) && request.headers.accept?.includes('*/*') === false)
    throw refuse({
      kind: 'invalid_input',
      code: 'not_acceptable',
      message: 'This address answers text/event-stream.',
    });
  const leave = streams.enter(request.ip);
  reply.raw.once('close', leave);
  const stop = new AbortController();
  const signal = AbortSignal.any([connectionSignal(reply, parts.ended), stop.signal]);
  const input = goingOn(asked.input, schema, request.headers['last-event-id']);
  const source = await admitted(parts.gate, contract, { ...asked, input }, { signal });
  return sendBlocks(
    reply,
    streamBlocks({
      source: source as AsyncIterable<unknown>,
      request,
      actor: async (): Promise<Actor> =>
        (await parts.callers.senderOf(request, { touch: false })).actor,
      mayStill: (actor) => parts.gate.mayStill(contract.name, actor),
      over: () => signInFirst(contract),
      problemOf: (thrown) => problemOf(thrown, request.id),
      stop,
      signal,
      clock: parts.clock,
    }),
  );
}

/** A browser that comes back says where it was. */
function goingOn(
  input: unknown,
  { properties = {} }: InputSchema,
  lastEventId: string | string[] | undefined,
): unknown {
  if (typeof lastEventId !== 'string' || !Object.hasOwn(properties, 'after')) return input;
  return { ...(input as object), after: lastEventId };
}

function wantsEvents({ headers }: FastifyRequest): boolean {
  return headers.accept?.includes('text/event-stream') === true;
}

function signInFirst({ name, permission }: Contract): AppError {
  return new AppError({
    kind: 'unauthenticated',
    code: 'sign_in_needed',
    message: `${name} needs somebody who is signed in and holds the permission ${permission}.`,
    next: 'Sign in, or send an API token: Authorization: Bearer TOKEN.',
  });
}
