import { isIP } from 'node:net';
import { userInfo } from 'node:os';
import type { Actor } from '../../domain/actor.ts';
import type { FirstAnswer } from '../../doors/http/first-answers.ts';
import type { AddRoutes } from '../../doors/http/server.ts';
import { AppError } from '../../lib/app-error.ts';
import { systemClock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { systemRandom } from '../../lib/random.ts';
import { freshCorrelationId } from '../../lib/trace-id.ts';
import type { Gate } from '../../operations/gate.ts';
import type { CreatedGuard } from '../../operations/guard.ts';
import type { OpenServer, RunningServer } from '../../operations/service/server.ts';
import type { Audit } from '../../platform/audit/audit.ts';
import type { Config } from '../../platform/config/schema.ts';
import type { Database } from '../../platform/database/database.ts';
import { createFirstAnswers } from '../../platform/idempotency/first-answers.ts';
import { currentCorrelationId } from '../../platform/logging/context.ts';
import type { Exposition } from '../../platform/telemetry/exposition.ts';
import { contentType } from '../../platform/telemetry/exposition.ts';
import type { Vault } from '../../platform/vault/vault.ts';
import { inheritedSocketOf } from './inherited-socket.ts';
import type { IdentityRooms } from './open-identity.ts';

/** What opens the door when the service starts. */
export interface ServerOpener {
  readonly open: OpenServer;
  /** Only `/livez` and `/readyz`. */
  readonly openProbes: OpenServer;
  /** True while the service runs without sessions and limits, as it was asked to. */
  readonly isUnsecured: () => boolean;
  /** Where it listens; null while it does not. */
  readonly address: () => string | null;
  /** Where browsers reach us: the public address, else this machine's. */
  readonly origin: () => string;
}

export interface ServerParts {
  readonly config: Config;
  readonly version: string;
  readonly log: Log;
  /** Of this process, from whoever started it. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Asked for when the door opens, because it is built after everything that it serves. */
  readonly gate: () => Gate;
  /** Addresses that are no operations: deliveries, MCP. */
  readonly routes: () => readonly AddRoutes[];
}

/** The server of this process; it is read in and built when it opens. */
export function createServerOpener(
  { config, version, log, env, gate, routes }: ServerParts,
  store: {
    readonly database: Pick<Database, 'kysely' | 'pool'>;
    readonly audit: Pick<Audit, 'record'>;
    readonly vault: Pick<Vault, 'check' | 'problem'>;
  },
  identity: () => IdentityRooms,
  guard: () => Pick<CreatedGuard, 'admitProbe'>,
  exposition: () => Exposition,
): ServerOpener {
  let isUnsecured = false;
  let openPort = config.server.port;
  let address: string | null = null;
  return {
    isUnsecured: () => isUnsecured,
    address: () => address,
    origin: () =>
      config.server.publicUrl === null
        ? `http://localhost:${openPort}`
        : new URL(config.server.publicUrl).origin,
    openProbes: async ({ port }) => {
      const { openProbeDoor } = await import('../../doors/http/probe-door.ts');
      const { host } = config.server;
      const inheritedSocket = inheritedSocketOf(env, process.pid);
      return await openProbeDoor({
        settings: { host, port: port ?? config.server.port, inheritedSocket },
        askStore: () => askStore(store),
        admitProbe: (clientId) => guard().admitProbe(clientId)?.error ?? null,
        clock: systemClock,
      });
    },
    open: async ({ port, security }): Promise<RunningServer> => {
      const { server } = config;
      const inheritedSocket = inheritedSocketOf(env, process.pid);
      if (!security) {
        requireNoProduction(config.environment);
        requireLoopback(server.host);
        await tellUnsecured(store.audit, server.host);
      }
      isUnsecured = !security;
      const { openHttpDoor } = await import('../../doors/http/server.ts');
      const answers = createFirstAnswers<FirstAnswer>(store.database, {
        clock: systemClock,
        process: systemRandom.uuid(),
      });
      const door = await openHttpDoor({
        gate: gate(),
        routes: routes(),
        authenticator: identity(),
        isBootstrapped: onceTrue(() => identity().isBootstrapped()),
        owner: security ? null : whoeverIsHere(),
        answers,
        admitProbe: (clientId) => guard().admitProbe(clientId)?.error ?? null,
        metrics: { contentType, text: () => exposition().text() },
        askStore: () => askStore(store),
        settings: {
          host: server.host,
          port: port ?? server.port,
          inheritedSocket,
          publicUrl: server.publicUrl,
          allowedHosts: server.allowedHosts,
          trustedProxies: server.trustedProxies,
          bodyLimitBytes: server.bodyLimitKb * 1024,
          maxConnections: server.maxConnections,
          maxConnectionsPerAddress: server.maxConnectionsPerAddress,
        },
        dashboard: new URL('../../../dist-web/', import.meta.url).pathname,
        version,
        clock: systemClock,
        newCorrelationId: () => freshCorrelationId(systemRandom),
        log,
      });
      address = door.address;
      openPort = Number(new URL(door.address).port);
      log.info({ address: door.address, security }, 'listening');
      const stopSweeping = sweepHourly(() => answers.sweep(), log);
      return {
        ...door,
        close: async () => {
          stopSweeping();
          address = null;
          await door.close();
        },
      };
    },
  };
}

/**
 * Rejects while the database does not answer, or what is stored in the vault is not as we stored it: then with what is
 * wrong, looked at anew each time until it is mended.
 */
async function askStore({
  database,
  vault,
}: {
  readonly database: Pick<Database, 'pool'>;
  readonly vault: Pick<Vault, 'check' | 'problem'>;
}): Promise<void> {
  await database.pool.query('select 1');
  if (vault.problem() === null) return;
  await vault.check();
  const problem = vault.problem();
  if (problem !== null) throw problem;
}

/** While sessions are switched off: nobody asks who it is that sits at this machine. */
function whoeverIsHere(): Actor {
  const { username: name } = userInfo();
  return { kind: 'command_line', name, isOwner: true, authentication: 'loopback' };
}

/** Forgets old first answers now and every hour; one that fails is tried again with the next. */
function sweepHourly(sweep: () => Promise<number>, log: Log): () => void {
  const once = (): void => {
    sweep().catch((error: unknown) => {
      log.warn({ error }, 'old idempotency keys could not be removed');
    });
  };
  once();
  const timer = setInterval(once, 3_600_000);
  return () => clearInterval(timer);
}

/** That sessions and limits were off stands in the audit log, whoever looks later. */
async function tellUnsecured(audit: Pick<Audit, 'record'>, host: string): Promise<void> {
  await audit.record(null, {
    event: 'security.switched_off',
    outcome: 'ok',
    actor: { kind: 'command_line', name: userInfo().username },
    target: null,
    correlationId: currentCorrelationId() ?? 'none',
    facts: { host, off: ['sessions', 'rate limits'] },
  });
}

/** Asks until the answer is yes, which it stays. */
function onceTrue(ask: () => Promise<boolean>): () => Promise<boolean> {
  let isTrue = false;
  return async () => (isTrue ||= await ask());
}

/** Where others depend on the service, nobody is let in without a sign-in, and nobody goes unlimited. */
function requireNoProduction(environment: Config['environment']): void {
  if (environment !== 'production') return;
  throw new AppError({
    kind: 'invalid_input',
    code: 'unsecured_in_production',
    message: 'Without sessions and rate limits nothing is served in production.',
    next: 'Leave --no-security and --mode legacy out, or set the key "environment" to development.',
  });
}

/** Without sessions whoever reaches the server may do everything, so only this machine may reach it. */
function requireLoopback(host: string): void {
  const isLoopback =
    host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
  if (isLoopback) return;
  throw new AppError({
    kind: 'invalid_input',
    code: 'unsecured_beyond_loopback',
    message: `--no-security works on this machine only, and server.host is ${host}.`,
    next: 'Leave --no-security out, or set server.host to 127.0.0.1.',
  });
}
