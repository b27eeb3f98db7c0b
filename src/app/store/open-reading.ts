import type { RepositoryPolicy } from '../../domain/policy.ts';
import type { RepositoryRef } from '../../domain/repository.ts';
import type { Clock } from '../../lib/clock.ts';
import { decisionHandlers } from '../../operations/approvals/handlers.ts';
import { changeHandlers } from '../../operations/changes/handlers.ts';
import { findingHandlers } from '../../operations/findings/handlers.ts';
import type { Served } from '../../operations/gate.ts';
import { outcomeHandlers } from '../../operations/outcomes/handlers.ts';
import { accessHandler } from '../../operations/repositories/access.ts';
import type { PolicyEntry } from '../../operations/repositories/handlers.ts';
import { repositoryHandlers } from '../../operations/repositories/handlers.ts';
import { runHandlers } from '../../operations/runs/handlers.ts';
import type { TaskPorts } from '../../operations/tasks/handlers.ts';
import { decide, taskHandlers } from '../../operations/tasks/handlers.ts';
import type { PipelinePorts } from '../../pipeline/pipeline-ports.ts';
import type { Config } from '../../platform/config/schema.ts';
import { createFindingQueries } from '../../storage/finding-queries.ts';
import { createOutcomeQueries } from '../../storage/outcome-queries.ts';
import { createRepositoryQueries } from '../../storage/repository-queries.ts';
import { createRunQueries } from '../../storage/run-queries.ts';
import { createSuppressionStore } from '../../storage/suppression-store.ts';
import { createTaskQueries } from '../../storage/task-queries.ts';
import type { StoreRooms } from './open-store.ts';

export interface ReadingParts {
  readonly store: StoreRooms;
  readonly pipeline: PipelinePorts;
  readonly config: () => Config;
  readonly clock: Clock;
  readonly inheritedPolicy: (host: RepositoryRef['host']) => RepositoryPolicy;
  readonly policyEntry: (target: RepositoryRef) => PolicyEntry;
  readonly watched: () => Promise<readonly RepositoryRef[]>;
  readonly repository: (name: string) => RepositoryRef;
  readonly merge: TaskPorts['merge'];
}

type ReadingPorts = Pick<
  TaskPorts,
  'queries' | 'issueUrl' | 'repository' | 'tasks' | 'runs' | 'auditOf' | 'writes'
>;

/** What the dashboard and the API read of tasks, runs, findings, repositories and outcomes, and how people decide. */
export function openReading(parts: ReadingParts): {
  readonly served: readonly Served[];
  readonly ports: ReadingPorts;
} {
  const { store, pipeline, clock } = parts;
  const { database } = store;
  const ports: ReadingPorts = {
    queries: createTaskQueries(database, clock),
    repository: parts.repository,
    tasks: store.tasks,
    runs: store.runs,
    writes: writesOf(store),
    auditOf: auditOf(store),
    issueUrl: issueUrlOf(parts),
  };
  const suppressions = createSuppressionStore(database);
  const tasks: TaskPorts = { ...pipeline, ...ports, suppressions, merge: parts.merge };
  const served = [
    ...taskHandlers(tasks),
    ...decisionHandlers({ ...pipeline, queries: ports.queries, suppressions }),
    ...runHandlers({
      ...ports,
      runQueries: createRunQueries(database),
      settings: pipeline.settings,
      clock,
      redact: (text) => pipeline.secrets.redact(text),
      cancelTask: async (id, reason, context) => {
        await decide(tasks, id, { type: 'cancel' }, 'canceled', reason, context);
      },
    }),
    ...findingHandlers({ ...ports, findingQueries: createFindingQueries(database) }),
    ...outcomeHandlers({ ...ports, outcomeQueries: createOutcomeQueries(database), clock }),
    ...repositoryHandlers({
      ...parts,
      repositoryQueries: createRepositoryQueries(database),
      suppressions,
      pauses: store.pauses,
      settings: pipeline.settings,
    }),
    accessHandler({
      host: (name) => store.host(name),
      manager: () => {
        const { managerRepo } = parts.config().github;
        return managerRepo === null ? null : { host: 'github', name: managerRepo };
      },
      watched: parts.watched,
    }),
    ...changeHandlers(store.changes),
  ];
  return { served, ports };
}

function writesOf({ effects }: StoreRooms): ReadingPorts['writes'] {
  return async (taskId) =>
    (await effects.ofTask(taskId)).map(({ intent, error }) => ({
      id: intent.id,
      kind: intent.request.kind,
      status: intent.status,
      number: intent.result?.number ?? null,
      url: intent.result?.url ?? null,
      error: error?.message ?? null,
      createdAt: intent.createdAt.toISOString(),
    }));
}

function auditOf({ audit }: StoreRooms): ReadingPorts['auditOf'] {
  return async (taskId, page) => {
    const entries = await audit.list({ target: taskId, ...page });
    return entries.map(({ seq, at, event, outcome, actor, correlationId, facts, hash }) => ({
      seq,
      at,
      event,
      outcome,
      actor: { kind: actor.kind, name: actor.name },
      correlationId,
      facts: { ...facts },
      hash,
    }));
  };
}

function issueUrlOf({ pipeline, config }: ReadingParts): ReadingPorts['issueUrl'] {
  return (target, number) => {
    const manager = pipeline.settings.findManager(target);
    if (manager?.host !== 'github') return null;
    return `${config().github.serverUrl.replace(/\/+$/u, '')}/${manager.name}/issues/${number}`;
  };
}
