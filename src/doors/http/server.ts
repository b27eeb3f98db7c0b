import type { IncomingHttpHeaders } from 'node:http';
import compress from '@fastify/compress';
import cookie from '@fastify/cookie';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { fastify } from 'fastify';
import type { Actor } from '../../domain/actor.ts';
import { AppError, toAppError } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { apiRoot, routeOf } from '../../operations/api-client/route.ts';
import type { Gate } from '../../operations/gate.ts';
import { addressList } from '../../platform/ratelimit/client-address.ts';
import type { Authenticator } from './callers.ts';
import { createCallers } from './callers.ts';
import { addDashboard } from './dashboard.ts';
import type { FirstAnswers } from './first-answers.ts';
import { limitConnections, limitRequestsAhead } from './limit-connections.ts';
import { listen } from './listen.ts';
import { addMetrics, type MetricsText } from './metrics.ts';
import { openApiDocument } from './openapi.ts';
import { addOperationRoutes } from './operation-routes.ts';
import { addProbes, watchReadiness } from './probes.ts';
import { limitHeaders, problemOf, refuse } from './problem.ts';
import { createRequestGuards } from './request-guards.ts';
import { securityHeaders } from './security-headers.ts';
import type { HttpSettings } from './settings.ts';
import { answerBrokenRequests, type Patience, serverLimits } from './slow-senders.ts';
import { readJson } from './strict-json.ts';
import { takeTurns } from './turns.ts';

/** Adds addresses that are no operations. */
export type AddRoutes = (app: FastifyInstance) => Promise<void>;

export interface HttpDoorDeps {
  readonly gate: Gate;
  /** What else is served, with rules of its own about who may. */
  readonly routes?: readonly AddRoutes[];
  readonly authenticator: Authenticator;
  /** False until there is an account. */
  readonly isBootstrapped: () => Promise<boolean>;
  /** Who acts for direct connections from this machine; null while sessions are on. */
  readonly owner: Actor | null;
  readonly answers: FirstAnswers;
  /** The refusal of a probe that comes too often; null lets it through. */
  readonly admitProbe: (clientId: string) => AppError | null;
  /** The figures of now for Prometheus. */
  readonly metrics: MetricsText;
  /** Rejects while the service cannot do its work: its database does not answer. */
  readonly askStore: () => Promise<unknown>;
  readonly settings: HttpSettings;
  /** With who sends slowly; as in `slow-senders.ts` when left out. */
  readonly patience?: Patience;
  /** The built dashboard. */
  readonly dashboard: string;
  readonly version: string;
  readonly clock: Clock;
  readonly newCorrelationId: () => string;
  readonly log: Log;
}

/** The open door. */
export interface HttpDoor {
  /** `http://127.0.0.1:8080`. */
  readonly address: string;
  /** From now on only what is under way is finished; everything else is told to come back later. */
  drain(): void;
  /** Drains, waits for what is under way and closes. */
  close(): Promise<void>;
}

/** Requests under way get so long to end when the door closes. */
const graceMs = 15_000;

/** Opens the door. Throws AppError `unavailable` code `port_taken` or `address_unusable`. */
export async function openHttpDoor(deps: HttpDoorDeps): Promise<HttpDoor> {
  const { settings, clock } = deps;
  const ended = new AbortController();
  const isDraining = (): boolean => ended.signal.aborted;
  const app = fastify({
    ...serverLimits(deps.patience),
    bodyLimit: settings.bodyLimitBytes,
    trustProxy: settings.trustedProxies.length === 0 ? false : [...settings.trustedProxies],
    genReqId: ({ headers }) => correlationOf(headers, deps.newCorrelationId),
    frameworkErrors: (error, request, reply) => answerError(deps, error, request, reply as never),
  });
  const free = addressList([...settings.trustedProxies, '127.0.0.0/8', '::1']);
  limitConnections(app.server, { ...settings, free }, (source) => {
    deps.log.warn(
      { source, limit: settings.maxConnectionsPerAddress, category: 'security' },
      'an address holds as many connections as it may; more are dropped',
    );
  });
  limitRequestsAhead(app);
  const isAlwaysHttps = settings.publicUrl?.startsWith('https:') === true;
  answerBrokenRequests(app.server, deps.newCorrelationId, isAlwaysHttps);
  const guards = createRequestGuards(settings);
  const isHttps = (request: FastifyRequest): boolean =>
    isAlwaysHttps || request.protocol === 'https';
  const callers = createCallers({ ...deps, guards, isHttps });
  const readiness = watchReadiness(deps.askStore, clock);
  await app.register(cookie);
  await app.register(compress, { global: true, threshold: 1024, encodings: ['gzip', 'identity'] });
  takeOnlyJson(app);
  app.addHook('onRequest', async (request, reply) => {
    void reply.headers(securityHeaders(isHttps(request))).header('x-correlation-id', request.id);
    guards.checkTarget(request);
    if (isProbe(request.url)) {
      const refusal = deps.admitProbe(request.ip);
      if (refusal !== null) throw refusal;
      return;
    }
    if (!isDraining()) return;
    void reply.header('connection', 'close');
    throw stopping();
  });
  takeTurns(app, isProbe, clock);
  app.setErrorHandler((error, request, reply) => answerError(deps, error, request, reply));
  addProbes(app, { readiness, isDraining, gate: deps.gate, callers });
  addMetrics(app, { metrics: deps.metrics, gate: deps.gate, callers });
  addOperationRoutes(app, { ...deps, callers, ended: ended.signal });
  for (const add of deps.routes ?? []) await add(app);
  const contracts = deps.gate.contracts();
  const document = JSON.stringify(openApiDocument(contracts, deps.version));
  app.get(`${apiRoot}/openapi.json`, async (_request, reply) =>
    reply.type('application/json; charset=utf-8').send(document),
  );
  const servePage = await addDashboard(app, deps.dashboard);
  const methods = methodsByPath(deps.gate);
  app.setNotFoundHandler(async (request, reply) => {
    if (servePage(request, reply)) return reply;
    throw notThere(request, reply, methods);
  });
  const address = await listen(app, settings).catch(async (error: unknown) => {
    readiness.stop();
    await app.close();
    throw error;
  });
  return {
    address,
    drain: () => ended.abort(new Error('the service stops')),
    close: async () => {
      ended.abort(new Error('the service stops'));
      readiness.stop();
      const late = setTimeout(() => app.server.closeAllConnections(), graceMs);
      await app.close();
      clearTimeout(late);
    },
  };
}

/** A body is JSON or nothing; forms and plain text are what foreign pages can send. */
function takeOnlyJson(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    try {
      const { 'content-encoding': coding = 'identity' } = request.headers;
      if (coding !== 'identity') throw unsupported('Bodies are taken uncompressed.');
      done(null, body.length === 0 ? undefined : readJson(body as Buffer));
    } catch (error) {
      done(toAppError(error));
    }
  });
}

function answerError(
  { log }: HttpDoorDeps,
  thrown: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const error = ofFramework(thrown);
  const problem = problemOf(error, request.id);
  if (problem.status >= 500)
    log.error({ error: thrown, correlationId: request.id, code: error.code }, 'a request failed');
  if (problem.status === 401) void reply.header('www-authenticate', 'Bearer');
  void reply
    .headers(limitHeaders(error))
    .code(problem.status)
    .type('application/problem+json; charset=utf-8')
    .header('cache-control', 'no-store')
    .serializer(JSON.stringify)
    .send(problem);
}

/** What the framework refused becomes one of our refusals. */
function ofFramework(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  const status =
    thrown instanceof Error && 'statusCode' in thrown ? Number(thrown.statusCode) : 500;
  if (status === 413)
    return refuse({
      kind: 'invalid_input',
      code: 'body_too_large',
      message: 'The body is larger than this service takes.',
      next: 'Send less, or raise server.bodyLimitKb.',
    });
  if (status === 415) return unsupported('A body must be application/json.');
  if (status >= 400 && status < 500)
    return refuse({
      kind: 'invalid_input',
      code: 'request_malformed',
      message: 'The request is malformed.',
      cause: thrown,
    });
  return toAppError(thrown);
}

function unsupported(message: string): AppError {
  return refuse({
    kind: 'invalid_input',
    code: 'media_type_unsupported',
    message,
    next: 'Send JSON with Content-Type: application/json.',
  });
}

type MethodsByPath = readonly { readonly pattern: RegExp; readonly methods: readonly string[] }[];

function methodsByPath(gate: Gate): MethodsByPath {
  const found = new Map<string, string[]>([['/livez', ['GET', 'HEAD']]]);
  for (const path of ['/readyz', '/health', '/metrics', `${apiRoot}/openapi.json`, '/'])
    found.set(path, ['GET', 'HEAD']);
  for (const contract of gate.contracts().filter(({ doors }) => doors.includes('http'))) {
    const { method, path } = routeOf(contract);
    const more = method === 'GET' ? ['GET', 'HEAD'] : [method];
    found.set(path, [...(found.get(path) ?? []), ...more]);
  }
  return [...found].map(([path, methods]) => ({
    pattern: new RegExp(
      `^${path.replaceAll('.', String.raw`\.`).replaceAll(/\{\w+\}/gu, '[^/?]+')}(?:\\?|$)`,
      'u',
    ),
    methods,
  }));
}

/** An address that is known takes other methods; one that is not is not found. */
function notThere(request: FastifyRequest, reply: FastifyReply, methods: MethodsByPath): AppError {
  const allowed = methods
    .filter(({ pattern }) => pattern.test(request.url))
    .flatMap((one) => one.methods);
  if (allowed.length === 0 && request.method !== 'TRACE')
    return refuse({
      kind: 'not_found',
      code: 'address_unknown',
      message: 'There is nothing at this address.',
      next: `See ${apiRoot}/openapi.json.`,
    });
  if (allowed.length > 0) void reply.header('allow', [...new Set(allowed)].join(', '));
  return refuse({
    kind: 'invalid_input',
    code: 'method_not_allowed',
    message: 'This address does not take that method.',
    next: allowed.length === 0 ? 'See docs/API.md.' : `It takes ${allowed.join(', ')}.`,
  });
}

function isProbe(url: string): boolean {
  return /^\/(?:livez|readyz|health|metrics)(?:\?|$)/u.test(url);
}

/** The caller's own id, of a delivery the sender's, else the trace that the caller goes on with (W3C Trace Context), else a new one. */
function correlationOf(headers: IncomingHttpHeaders, newId: () => string): string {
  const given = headers['x-correlation-id'] ?? headers['x-github-delivery'];
  if (typeof given === 'string' && /^[\w.:-]{1,128}$/u.test(given)) return given;
  const [, traceId] =
    /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-/u.exec(headers['traceparent']?.toString() ?? '') ??
    [];
  return traceId === undefined || /^0+$/u.test(traceId) ? newId() : traceId;
}

function stopping(): AppError {
  return refuse({
    kind: 'unavailable',
    code: 'service_stopping',
    message: 'The service is stopping and takes nothing new.',
    next: 'Ask again when it runs again.',
    details: { retryAfterSeconds: 5 },
  });
}
