import { mkdir } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { EffectRequest } from '../../domain/effect.ts';
import { intentIdOf, repeatableKinds } from '../../domain/effect.ts';
import type { ChangeFeed } from '../../domain/ports/change-feed.ts';
import type { CodeHost } from '../../domain/ports/code-host.ts';
import type { Effects, Transaction } from '../../domain/ports/effects.ts';
import type { GitPush, Mirrors, Workspaces } from '../../domain/ports/git.ts';
import type {
  AuditTrail,
  FindingStore,
  PauseStore,
  RunStore,
  TaskStore,
} from '../../domain/ports/stores.ts';
import type { HostName } from '../../domain/repository.ts';
import { repositoryKey } from '../../domain/repository.ts';
import { createGit } from '../../integrations/git/git.ts';
import { createMirrors } from '../../integrations/git/mirrors.ts';
import { createGitPush } from '../../integrations/git/push.ts';
import type { OpenTreeReader } from '../../integrations/git/tree-reader.ts';
import { createTreeReader } from '../../integrations/git/tree-reader.ts';
import { createWorkspaces } from '../../integrations/git/workspaces.ts';
import type { AccessOf } from '../../integrations/github/credentials/access.ts';
import { suspendToken } from '../../integrations/github/credentials/standing.ts';
import type { GithubTables } from '../../integrations/github/tables.ts';
import { githubMigrations } from '../../integrations/github/tables.ts';
import type { LocalHost } from '../../integrations/local/local-host.ts';
import { createLocalHost } from '../../integrations/local/local-host.ts';
import { localMigrations } from '../../integrations/local/migrations.ts';
import type { Checkpoint } from '../../lib/checkpoint.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { Random } from '../../lib/random.ts';
import { pauseOf } from '../../pipeline/dispatch.ts';
import type { Settings } from '../../pipeline/pipeline-ports.ts';
import { noteRefusedWrite } from '../../pipeline/settle.ts';
import { alertMigrations } from '../../platform/alerts/alerts.ts';
import type { Audit } from '../../platform/audit/audit.ts';
import { auditMigrations } from '../../platform/audit/audit.ts';
import type { Config } from '../../platform/config/schema.ts';
import type { Database } from '../../platform/database/database.ts';
import { openDatabase } from '../../platform/database/database.ts';
import { migrate } from '../../platform/database/migrate.ts';
import { driftMigrations } from '../../platform/drift/published-hashes.ts';
import { durableMigrations } from '../../platform/durable/migrations.ts';
import type { EffectsOf } from '../../platform/effects/create-effects.ts';
import { createEffects } from '../../platform/effects/create-effects.ts';
import { createMarkers } from '../../platform/effects/markers.ts';
import { effectMigrations } from '../../platform/effects/migrations.ts';
import { createPeerClock, type PeerClock } from '../../platform/health/peer-clock.ts';
import { healthMigrations } from '../../platform/health/tables.ts';
import { idempotencyMigrations } from '../../platform/idempotency/migrations.ts';
import { identityMigrations } from '../../platform/identity/migrations.ts';
import { inboxMigrations } from '../../platform/inbox/migrations.ts';
import { correlationIdHere } from '../../platform/logging/context.ts';
import { outboxMigrations } from '../../platform/outbox/migrations.ts';
import { createOutbox } from '../../platform/outbox/outbox.ts';
import { ratelimitMigrations } from '../../platform/ratelimit/migrations.ts';
import type { Redactor } from '../../platform/redaction/redactor.ts';
import {
  type Breakers,
  type BreakerTables,
  createBreakers,
  resilienceMigrations,
} from '../../platform/resilience/breakers.ts';
import { telemetryMigrations } from '../../platform/telemetry/history.ts';
import type { Telemetry } from '../../platform/telemetry/telemetry.ts';
import type { Vault } from '../../platform/vault/vault.ts';
import { vaultMigrations } from '../../platform/vault/vault.ts';
import { createChangeFeed } from '../../storage/change-feed.ts';
import { createFindingStore } from '../../storage/finding-store.ts';
import { storageMigrations } from '../../storage/migrations.ts';
import { createPauseStore } from '../../storage/pause-store.ts';
import { createRunStore } from '../../storage/run-store.ts';
import { createTaskStore } from '../../storage/task-store.ts';
import { kyselyOf } from '../../storage/transaction.ts';
import { githubAccess } from '../code-host/github-access.ts';
import { openGithub } from '../code-host/open-github.ts';
import { toldTasks } from '../watching/open-notifications.ts';
import { sayAlert } from '../watching/say-alert.ts';
import { auditedTasks } from './audited-tasks.ts';
import type { Credentials } from './credentials.ts';
import { createCredentials } from './credentials.ts';
import { killPoint } from './kill-point.ts';
import { openAudit } from './open-audit.ts';
import { openVault } from './open-vault.ts';
import type { Reconciliation } from './reconciliation.ts';
import { openReconciliation, reconciliationMigration } from './reconciliation.ts';
import { cleanRequest, withCleanWrites } from './redacted-writes.ts';
import { loadSharedKey, sharedKeysMigration } from './shared-keys.ts';
import { withDuplicateWatch } from './watch-duplicates.ts';
import { createExposureWatch, type SeeText, withExposureWatch } from './watch-exposure.ts';

/** Everything that keeps or writes: database, stores, effects, audit, git, code hosts. */
export interface StoreRooms {
  readonly database: Database;
  readonly tasks: TaskStore;
  readonly findings: FindingStore;
  readonly runs: RunStore;
  readonly pauses: PauseStore;
  readonly effects: Effects & Pick<EffectsOf<Transaction, EffectRequest>, 'settleAll' | 'ofTask'>;
  readonly audit: Audit;
  readonly vault: Vault;
  readonly credentials: Credentials;
  readonly trail: AuditTrail;
  readonly host: (name: HostName) => CodeHost;
  readonly local: LocalHost;
  readonly push: GitPush;
  /** Which dependencies are left alone. */
  readonly breakers: Breakers;
  /** Against that of GitHub, by the answers that this process got. */
  readonly githubClock: Pick<PeerClock, 'apart'>;
  /** Name of the credential that goes to a repository on GitHub. */
  readonly credentialOf: (repository: string) => string;
  readonly mirrors: Mirrors;
  readonly trees: OpenTreeReader;
  /** For texts of others that come by themselves: secrets of ours in them are an incident. */
  readonly see: SeeText;
  readonly workspaces: Workspaces;
  readonly reconciliation: Reconciliation;
  readonly changes: ChangeFeed;
  /** Named points of the work at which a test ends the process. */
  readonly checkpoint: Checkpoint;
  close(): Promise<void>;
}

export interface StoreParts {
  readonly config: Config;
  readonly current: () => Config;
  readonly settings: Settings;
  readonly dataDir: string;
  /** Of this process among those on one data folder. */
  readonly maker: string;
  /** Of the configuration. */
  readonly folder: string;
  readonly secret: (name: string) => string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly redactor: Pick<Redactor, 'register' | 'redact' | 'namesIn'>;
  readonly telemetry: Pick<Telemetry, 'record'>;
  /** Of this program. */
  readonly version: string;
}

/** Every change of our schema, in the order in which they are made. */
export const migrations = [
  reconciliationMigration,
  ...storageMigrations,
  ...effectMigrations,
  ...idempotencyMigrations,
  ...auditMigrations,
  ...vaultMigrations,
  ...identityMigrations,
  ...githubMigrations,
  ...localMigrations,
  ...durableMigrations,
  ...ratelimitMigrations,
  ...resilienceMigrations,
  ...healthMigrations,
  ...driftMigrations,
  ...inboxMigrations,
  ...telemetryMigrations,
  ...alertMigrations,
  ...outboxMigrations,
  sharedKeysMigration,
];

/** Opens the store. Whatever fails halfway is closed again. */
export async function openStore(parts: StoreParts): Promise<StoreRooms> {
  const { config, dataDir, clock, random, log, env } = parts;
  await mkdir(dataDir, { recursive: true });
  const database = await openDatabase(
    { url: parts.secret('DATABASE_URL'), dataDir, poolSize: config.database.poolSize },
    { clock, random, log, searchPath: env['PATH'] },
  );
  try {
    await migrate(database, migrations);
    return await build(parts, database, await openReconciliation(database));
  } catch (error) {
    await database.close();
    throw error;
  }
}

async function build(
  parts: StoreParts,
  database: Database,
  reconciliation: Reconciliation,
): Promise<StoreRooms> {
  const { dataDir, clock, random, log, env, settings } = parts;
  const markerKey = await loadSharedKey('marker', { database, dataDir, random });
  const markers = createMarkers(markerKey);
  const git = createGit({ environment: env });
  const gitDeadlineMs = parts.config.resilience.git.timeoutMs;
  const push = createGitPush({ git, deadlineMs: gitDeadlineMs });
  const breakers = createBreakers({ db: database.kysely<BreakerTables>(), clock, log });
  const trees = createTreeReader({ git });
  const pauses = createPauseStore(database);
  const audit = await openAudit({ ...parts, database });
  const told = toldTasks(createTaskStore(database), {
    outbox: createOutbox(database, { clock }),
    config: parts.current,
    redact: (text) => parts.redactor.redact(text),
  });
  const tasks = auditedTasks(told, {
    audit,
    correlationId: () => correlationIdHere(random),
  });
  const vault = openVault({ ...parts, database, audit });
  const credentials = createCredentials({ vault, environment: parts.secret, clock, log });
  const redact = (text: string): string => parts.redactor.redact(text);
  const local = withCleanWrites(
    createLocalHost({ database, push, clock, markers, owner: userInfo().username }),
    redact,
  );
  const checkpoint = killPoint(env);
  const githubClock = createPeerClock(clock);
  let github: CodeHost | null = null;
  let access: AccessOf | null = null;
  const accessOf = (): AccessOf =>
    (access ??= githubAccess({ ...parts, database, credentials, sealing: vault }));
  const see = createExposureWatch({
    ...parts,
    audit,
    correlationId: () => correlationIdHere(random),
    suspend: (name) => suspendExposed(parts, database, credentials, name),
  });
  const host = (name: HostName): CodeHost => {
    if (name === 'local') return local;
    if (github !== null) return github;
    const opened = openGithub({
      ...parts,
      database,
      markers,
      push,
      breakers,
      access: accessOf(),
      credentials,
      sealing: vault,
      githubClock,
    });
    const watched = withDuplicateWatch(withCleanWrites(opened, redact), { ...parts, markers });
    github = withExposureWatch(watched, see);
    return github;
  };
  const effects = createEffects<Transaction, EffectRequest>({
    database,
    open: kyselyOf,
    host: (name) => host(name),
    idOf: (request) => intentIdOf(managerKeyOf(settings, request), request),
    keyOf: (repository) => repositoryKey(repository),
    markerKey,
    clock,
    log,
    allow: async ({ request }) => {
      if (!heldByPause.has(request.kind)) return { allowed: true };
      const target = (await tasks.get(request.taskId))?.target ?? request.repository;
      const pause = await pauseOf({ pauses, settings }, target);
      return pause === null ? { allowed: true } : { allowed: false, reason: pause.text };
    },
    audit: async ({ event, intent, facts }) => {
      if (event === 'effect.failed')
        await noteRefusedWrite({ tasks, clock }, intent, facts['message']);
      await audit.record(null, {
        event,
        outcome: event === 'effect.failed' ? 'failed' : 'ok',
        actor: { kind: 'system', name: 'effects' },
        target: intent.request.taskId,
        correlationId: intent.id,
        facts: { kind: intent.request.kind, repository: intent.request.repository.name, ...facts },
      });
    },
    lookFirst: () => !reconciliation.isDone(),
    isRepeatable: ({ kind }) => repeatableKinds.has(kind),
    checkpoint,
  });
  return {
    database,
    tasks,
    findings: createFindingStore(database),
    runs: createRunStore(database),
    pauses,
    effects: {
      ...effects,
      intend: (handle, requests) =>
        effects.intend(
          handle,
          requests.map((request) => cleanRequest(request, redact)),
        ),
    },
    audit,
    vault,
    credentials,
    trail: audit,
    host,
    local,
    push,
    breakers,
    githubClock,
    credentialOf: (repository) => accessOf()(repository).id,
    mirrors: createMirrors({
      git,
      clock,
      root: join(dataDir, 'mirrors'),
      deadlineMs: gitDeadlineMs,
    }),
    trees,
    reconciliation,
    changes: createChangeFeed(database, { clock, log }),
    checkpoint,
    see,
    workspaces: createWorkspaces({ git, root: join(dataDir, 'workspaces'), maker: parts.maker }),
    close: async () => {
      trees.close();
      await audit.close();
      await database.close();
    },
  };
}

/** Tokens go by the name of their credential; those of an app end by themselves within the hour. */
async function suspendExposed(
  { current, clock, log }: Pick<StoreParts, 'current' | 'clock' | 'log'>,
  database: Database,
  credentials: Credentials,
  name: string,
): Promise<boolean> {
  const used = [
    'GITHUB_TOKEN',
    ...current().github.credentials.flatMap(({ token }) => token ?? []),
  ];
  const token = used.includes(name) ? await credentials.take(name, 'suspending it') : undefined;
  if (token === undefined) return false;
  await suspendToken(database.kysely<GithubTables>(), name, token, clock.now());
  sayAlert(database, log);
  return true;
}

/** New things that a pause keeps back; what only tells people or tidies up goes on. */
const heldByPause: ReadonlySet<EffectRequest['kind']> = new Set([
  'create_issue',
  'push_branch',
  'open_pull_request',
]);

/** Intents are named within the manager repository of their target. */
function managerKeyOf(settings: Settings, { repository }: EffectRequest): string {
  return repositoryKey(settings.managerOf(repository));
}
