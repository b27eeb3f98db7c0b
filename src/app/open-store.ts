import { mkdir } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { EffectRequest } from '../domain/effect.ts';
import { intentIdOf } from '../domain/effect.ts';
import type { ChangeFeed } from '../domain/ports/change-feed.ts';
import type { CodeHost } from '../domain/ports/code-host.ts';
import type { Effects, Transaction } from '../domain/ports/effects.ts';
import type { GitPush, Mirrors, Workspaces } from '../domain/ports/git.ts';
import type {
  AuditTrail,
  FindingStore,
  PauseStore,
  RunStore,
  TaskStore,
} from '../domain/ports/stores.ts';
import type { HostName } from '../domain/repository.ts';
import { repositoryKey } from '../domain/repository.ts';
import { createGit } from '../integrations/git/git.ts';
import { createMirrors } from '../integrations/git/mirrors.ts';
import { createGitPush } from '../integrations/git/push.ts';
import type { OpenTreeReader } from '../integrations/git/tree-reader.ts';
import { createTreeReader } from '../integrations/git/tree-reader.ts';
import { createWorkspaces } from '../integrations/git/workspaces.ts';
    github ??= withExposureWatch(
      withCleanWrites(
        openGithub({
          ...parts,
          database,
          markers,
          push,
          breakers,
          access: accessOf(),
          credentials,
          sealing: vault,
        }),
        redact,
      ),
      {
        ...parts,
        audit,
        correlationId: () => currentCorrelationId() ?? random.uuid(),
        suspend: (name) => suspendExposed(parts, database, credentials, name),
      },
    );
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
    workspaces: createWorkspaces({ git, root: join(dataDir, 'workspaces') }),
    close: async () => {
      trees.close();
      await audit.close();
      await database.close();
    },
  };
}

/** Tokens go by the name of their credential; those of an app end by themselves within the hour. */
async function suspendExposed(
  { current, clock }: Pick<StoreParts, 'current' | 'clock'>,
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
