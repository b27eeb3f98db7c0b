import { hostname } from 'node:os';
import type { RepositoryRef } from '../domain/repository.ts';
import { runsAgents, servesPeople, turnsTheLoop } from '../domain/service-role.ts';
import type { AddRoutes } from '../doors/http/server.ts';
import { liftSuspension } from '../integrations/github/credentials/standing.ts';
import type { GithubTables } from '../integrations/github/tables.ts';
import { systemClock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { systemRandom } from '../lib/random.ts';
import { watchHandlers } from '../operations/changes/watch-handler.ts';
import { credentialHandlers } from '../operations/credentials/handlers.ts';
import type { Gate, GateAudit, Served } from '../operations/gate.ts';
import { issueHandlers } from '../operations/issues/handlers.ts';
import { scanHandlers } from '../operations/scans/handlers.ts';
import { startService } from '../operations/service/contract.ts';
import { startHandlers, statusHandlers } from '../operations/service/handlers.ts';
import { beside } from '../operations/service/server.ts';
import { executeTask } from '../operations/tasks/contract.ts';
import { executeHandlers } from '../operations/tasks/execute-handler.ts';
import type { LoadedConfig } from '../platform/config/load-config.ts';
import type { Config } from '../platform/config/schema.ts';
import { readSecrets } from '../platform/config/secrets.ts';
import { createValidator } from '../platform/config/validator.ts';
import { serviceHolder, serviceProcesses } from '../platform/database/service-claim.ts';
import { correlationIdHere } from '../platform/logging/context.ts';
import type { LineSink, Logger } from '../platform/logging/logger.ts';
import type { Redactor } from '../platform/redaction/redactor.ts';
import { type BreakerTables, breakerStates } from '../platform/resilience/breakers.ts';
import type { PerformanceWatch } from '../platform/telemetry/monitor-performance.ts';
import type { Telemetry } from '../platform/telemetry/telemetry.ts';
import { createChangeFeed } from '../storage/change-feed.ts';
import { githubStanding } from './code-host/github-standing.ts';
import { hookOperations } from './code-host/open-hooks.ts';
import { openWebhooks } from './code-host/open-webhooks.ts';
import { expand, withManager } from './code-host/watched-repositories.ts';
import { auditReloads } from './configuration/audit-reloads.ts';
import type { LiveConfig } from './configuration/live-config.ts';
import { allSecrets } from './configuration/named-secrets.ts';
import { publishConfig } from './configuration/publish-config.ts';
import { trackerOperations } from './configuration/read-tracker.ts';
import { runningConfigOperations } from './configuration/running-config.ts';
import { type GuardRooms, openGuard } from './doors/open-guard.ts';
import { createServerOpener } from './doors/open-http.ts';
import type { IdentityRooms } from './doors/open-identity.ts';
import { openIdentity } from './doors/open-identity.ts';
import { openMcp } from './doors/open-mcp.ts';
import { protectionOperations } from './doors/open-protection.ts';
import { openHealthRooms } from './health/health-rooms.ts';
import { healthChecks } from './health/open-health.ts';
import { terminate } from './lifecycle.ts';
import type { OpenOptions, WorkingRooms } from './open-options.ts';
import { configFolder } from './open-options.ts';
import { importable } from './store/credentials.ts';
import { mergeOf } from './store/local-merge.ts';
import { openArchive } from './store/open-archive.ts';
import { auditOperations, gateAuditOf, keepAudit } from './store/open-audit.ts';
import { backupOperations, keepBackups } from './store/open-backup.ts';
import { openReading } from './store/open-reading.ts';
import type { StoreRooms } from './store/open-store.ts';
import { openStore } from './store/open-store.ts';
import { keepVault } from './store/open-vault.ts';
import { openAlerts } from './watching/open-alerts.ts';
import { openNotifications } from './watching/open-notifications.ts';
import { openCollector } from './watching/open-otlp.ts';
import { openTelemetryRooms } from './watching/open-telemetry.ts';
import { attachToService } from './work/attach-service.ts';
import { openObstacles } from './work/obstacles.ts';
import { openAgents } from './work/open-agents.ts';
import { pipelinePorts } from './work/open-pipeline.ts';
import { openProcess } from './work/open-process.ts';
import { createScan } from './work/open-scan.ts';
import { openProcessSlot } from './work/process-slot.ts';
import { createSettings, inheritedPolicy, namedRepository, policyEntry } from './work/settings.ts';
import { createSupervisor } from './work/supervisor.ts';
import { tellUnsealed } from './work/tell-unsealed.ts';

export interface RoomParts {
  readonly options: OpenOptions;
  readonly loaded: LoadedConfig;
  /** What holds now; `loaded` is what held at the start. */
  readonly live: LiveConfig;
  readonly logger: Logger;
  readonly redactor: Redactor;
  readonly log: Log;
  readonly performance: Pick<PerformanceWatch, 'counts'>;
  readonly telemetry: Telemetry;
  /** Who takes the lines of the logger as well. */
  readonly collectors: LineSink[];
  /** Of this process; there once everything that it serves is built. */
  readonly gate: () => Gate;
}

/** Handlers behind a store, and with `engine` those that do the work. */
export interface Rooms {
  readonly served: readonly Served[];
  readonly audit: GateAudit;
  /** Who somebody is, for the doors. */
  readonly identity: IdentityRooms;
  /** Limits and blocks. */
  readonly guard: GuardRooms;
  /** What drives the loop; null unless it was asked for. */
  readonly engine: WorkingRooms | null;
  close(): Promise<void>;
}

export async function openRooms(parts: RoomParts): Promise<Rooms> {
  const { options, loaded } = parts;
  const { config } = loaded;
  const role = options.role ?? 'all';
  const current = (): Config => parts.live.current();
  const settings = createSettings(current, configFolder(options, loaded));
  const secret = (name: string): string | undefined =>
    allSecrets({ secrets: readSecrets(options.env, current()) })[name];
  const deps = { config, current, settings, secret, clock: systemClock, random: systemRandom };
  const isWorking = options.needs === 'engine' && runsAgents(role);
  const slot = await openProcessSlot(config.dataDir, systemClock, isWorking);
  const store = await openStore({
    ...deps,
    maker: slot.name,
    dataDir: config.dataDir,
    folder: configFolder(options, loaded),
    env: options.env,
    log: parts.log,
    redactor: parts.redactor,
    telemetry: parts.telemetry,
    version: options.version,
  });
  const closers: (() => Promise<void>)[] = [() => store.close()];
  const close = async (): Promise<void> => {
    for (const closer of closers.toReversed()) await closer();
  };
  try {
    const collector = await openCollector({
      ...parts,
      config,
      credentials: store.credentials,
      version: options.version,
    });
    closers.push(() => collector.close());
    const routes: AddRoutes[] = [];
    const { version } = options;
    const server = createServerOpener(
      {
        config,
        version,
        log: parts.log,
        env: options.env,
        gate: parts.gate,
        routes: () => routes,
      },
      store,
      () => identity,
      () => guard.guard,
      () => figures.exposition(),
    );
    const figures = openTelemetryRooms({
      telemetry: parts.telemetry,
      config: current,
      store,
      folder: options.folder,
      version: options.version,
      log: parts.log,
    });
    closers.push(() => figures.close());
    const identity = identityOf(parts, store, server.origin);
    const guard = openGuard({
      database: store.database,
      audit: store.audit,
      config: current,
      log: parts.log,
      isOff: server.isUnsecured,
    });
    const notifications = openNotifications({
      ...deps,
      config: current,
      store,
      log: parts.log,
      version,
    });
    const agents = await openAgents({
      ...deps,
      secret: (name) => store.credentials.take(name, 'an agent run'),
      folder: configFolder(options, loaded),
      dataDir: config.dataDir,
      path: options.env['PATH'] ?? '',
      warn: (message, facts) => parts.logger.warn(message, facts),
      redact: (text) => parts.redactor.redact(text),
      isWorking,
      slot,
    });
    const scan = createScan({
      config: current,
      store,
      settings,
      clock: systemClock,
      random: systemRandom,
      telemetry: parts.telemetry,
    });
    const pipeline = pipelinePorts(
      parts,
      store,
      agents,
      settings,
      scan,
      openObstacles({
        store,
        config,
        agents,
        isMemoryTight: () => health.isMemoryTight(),
        isWorking,
      }),
      identity.accounts,
    );
    const repositories = (): Promise<readonly RepositoryRef[]> =>
      expand(parts.live.current(), configFolder(options, loaded), store);
    const named = (name: string): RepositoryRef =>
      namedRepository(name, configFolder(options, loaded));
    const { log, redactor } = parts;
    const validator = createValidator();
    const hooks = { config: current, store, redactor, log, repositories };
    const reading = openReading({
      store,
      pipeline,
      config: current,
      clock: systemClock,
      inheritedPolicy: () => inheritedPolicy(current()),
      policyEntry: (target) => policyEntry(current(), target, configFolder(options, loaded)),
      watched: repositories,
      repository: named,
      merge: mergeOf(store),
    });
    const health = openHealthRooms({
      config: current,
      configFolder: configFolder(options, loaded),
      path: options.env['PATH'] ?? '',
      store,
      pipeline,
      history: figures.history,
      log: parts.log,
    });
    const alerts = openAlerts({
      config: current,
      store,
      history: figures.history,
      blocks: guard.blocks,
      health,
      flush: () => figures.flush(),
      log: parts.log,
    });
    const archive = openArchive({ config, store, version: options.version, log: parts.log });
    const served = [
      ...reading.served,
      ...statusHandlers({
        ...pipeline,
        database: { kind: store.database.kind, version: store.database.version },
        terminate,
        processes: () => serviceProcesses(store.database),
        machine: hostname(),
        ...reading.ports,
        health: () => health.latest(),
        alertsFiring: () => alerts.firing(),
        sandbox: isWorking ? { name: agents.sealing.sandbox, missing: agents.missing } : null,
        budgetPerDayUsd: () => current().executor.budget.perDayUsd,
        github: () => githubStanding(store.database),
        breakers: () => breakerStates(store.database.kysely<BreakerTables>(), systemClock.now()),
      }),
      ...issueHandlers({
        ...pipeline,
        repository: named,
        known: async () => withManager(current(), await repositories()),
      }),
      ...health.handlers({
        checks: () =>
          healthChecks({
            loaded: { ...loaded, config: current() },
            reload: () => parts.live.state(),
            validator,
            database: store.database,
            performance: parts.performance,
            vault: store.vault,
            audit: store.audit,
            longestBlockMs: () => figures.longestBlockMs(),
            archive: archive.standing,
          }),
      }),
      ...credentialHandlers({
        vault: store.vault,
        lift: (credential) => liftSuspension(store.database.kysely<GithubTables>(), credential),
        now: () => systemClock.now(),
        environment: () => importable(loaded),
      }),
      ...scanHandlers({ pipeline, scan, repositories, repository: named }),
      ...trackerOperations(store, options.folder),
      ...auditOperations({ audit: store.audit, clock: systemClock, version: options.version }),
      ...backupOperations({ store, config: () => config, version: options.version }),
      ...protectionOperations(current, store, guard),
      ...runningConfigOperations(
        options,
        loaded,
        parts.live,
        (text) => parts.redactor.redact(text),
        { gate: parts.gate, validator },
      ),
      ...identity.served,
      ...agents.served,
      ...hookOperations(hooks),
      ...figures.served,
      ...alerts.served,
      ...notifications.served,
    ];
    let working: Rooms['engine'] = null;
    const loop = {
      store,
      pipeline,
      config: current,
      repositories,
      scan,
      isHeld: () => health.isMemoryTight(),
    };
    const isBeside =
      options.operation === executeTask.name && (await serviceHolder(store.database)) !== undefined;
    if (isBeside) {
      const attached = await attachToService(loop, parts.log);
      closers.push(() => attached.close());
      served.push(...executeHandlers(attached.service, reading.ports));
    } else if (options.needs === 'engine') {
      const isStart = options.operation === startService.name;
      auditReloads(parts.live, store.audit, parts.log);
      const process = await openProcess({
        ...loop,
        role,
        isService: options.operation !== executeTask.name,
        random: systemRandom,
        telemetry: parts.telemetry,
        endLeftovers: () => slot.endLeftovers(),
      });
      const { service, leads } = process;
      // Who is refused beside another service has written nothing.
      await tellUnsealed(store.trail, agents.sealing, config, correlationIdHere(systemRandom));
      closers.push(publishConfig(store.database, parts.live, loaded.file, parts.log));
      closers.push(() => process.close());
      const kept = { ...deps, env: options.env, log: parts.log, leads, isOwnProcess: isStart };
      closers.push(await keepVault(store.vault, kept));
      closers.push(
        identity.keepTidy(),
        keepAudit(store.audit, { ...deps, log: parts.log, leads }),
        health.keep({ ...service.cycle, onAsked: process.onHealthAsked }),
        keepBackups(config, parts.gate, { ...deps, log: parts.log, leads }, () => undefined),
      );
      if (isStart)
        closers.push(
          figures.keep(server.address),
          alerts.keep({ leads, onAlert: process.onAlert }),
          notifications.keep(),
          collector.keep(figures.exposition),
        );
      const webhooks = openWebhooks({
        ...service,
        ...hooks,
        ...process,
        telemetry: parts.telemetry,
        guard: guard.guard,
      });
      routes.push(
        webhooks.route,
        openMcp({ gate: parts.gate, identity, guard: guard.guard, version }),
      );
      if (isStart && role === 'scheduler') closers.push(webhooks.work());
      const openServer = servesPeople(role)
        ? beside(server.open, () => {
            const told = figures.publish(server.address());
            const stop = turnsTheLoop(role) ? webhooks.work() : async () => undefined;
            const stopArchive = isStart ? archive.keep() : async () => undefined;
            return async () => {
              await Promise.all([told, stop(), stopArchive()]);
            };
          })
        : server.openProbes;
      working = { service, sandbox: agents.sealing.sandbox, openServer };
      served.push(
        ...startHandlers(
          service,
          openServer,
          () => identity.welcome(),
          createSupervisor(options.env, parts.log),
        ),
        ...executeHandlers(service, reading.ports),
        ...watchHandlers(createChangeFeed(store.database, { clock: systemClock, log: parts.log })),
      );
    }
    return { served, audit: gateAuditOf(store.audit), identity, guard, engine: working, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function identityOf(parts: RoomParts, store: StoreRooms, origin: () => string): IdentityRooms {
  return openIdentity({
    ...store,
    config: () => parts.live.current(),
    origin,
    clock: systemClock,
    random: systemRandom,
    log: parts.logger,
  });
}
