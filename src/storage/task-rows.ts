import type { Insertable, Selectable } from 'kysely';
import { repositoryKey } from '../domain/repository.ts';
import type { Task, TaskOrigin } from '../domain/task.ts';
import { storedJson, storedText, storedTextOrNull } from '../lib/stored-text.ts';
import type { TaskRow } from './tables.ts';

/** A task as its row; what is queried stands in columns, the rest in jsonb. */
export function taskRow(task: Task): Insertable<TaskRow> {
  return {
    id: task.id,
    state: task.state,
    attention: task.attention,
    ...originColumns(task.origin),
    target: storedJson(task.target),
    target_key: repositoryKey(task.target),
    proposal: storedJson(task.proposal),
    rank: task.proposal.rank,
    agent: task.agent,
    base_branch: task.baseBranch,
    content_hash: task.contentHash,
    issue_number: task.issueNumber,
    published_title: storedTextOrNull(task.publishedTitle),
    published_body: storedTextOrNull(task.publishedBody),
    pull_request: task.pullRequest === null ? null : storedJson(task.pullRequest),
    attempt: task.attempt,
    note: storedTextOrNull(task.note),
    created_at: task.createdAt,
    updated_at: task.updatedAt,
    version: task.version,
  };
}

/** The task of a row; columns were written by `taskRow` alone, so their words are those of the domain. */
export function taskOf(row: Selectable<TaskRow>): Task {
  return {
    id: row.id,
    state: row.state as Task['state'],
    attention: row.attention as Task['attention'],
    origin: row.origin as TaskOrigin,
    target: row.target as Task['target'],
    proposal: row.proposal as Task['proposal'],
    agent: row.agent,
    baseBranch: row.base_branch,
    contentHash: row.content_hash,
    issueNumber: row.issue_number,
    publishedTitle: row.published_title,
    publishedBody: row.published_body,
    pullRequest: row.pull_request as Task['pullRequest'],
    attempt: row.attempt,
    note: row.note,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    version: row.version,
  };
}

function originColumns(
  origin: TaskOrigin,
): Pick<Insertable<TaskRow>, 'origin' | 'finding_id' | 'origin_repository' | 'origin_number'> {
  const json = storedJson(origin);
  if (origin.kind === 'finding') {
    return {
      origin: json,
      finding_id: storedText(origin.findingId),
      origin_repository: null,
      origin_number: null,
    };
  }
  return {
    origin: json,
    finding_id: null,
    origin_repository: repositoryKey(origin.repository),
    origin_number: origin.number,
  };
}
