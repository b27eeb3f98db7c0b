import type { HostPullRequest } from '../../domain/ports/code-host.ts';
import type { RepositoryRef } from '../../domain/repository.ts';
import { repositoryKey } from '../../domain/repository.ts';
import type { AttentionReason, Task } from '../../domain/task.ts';
import { toAppError } from '../../lib/app-error.ts';
import type { CyclePorts } from '../cycle-ports.ts';
import { forEachApart } from '../settle.ts';
import type { Followed } from './follow.ts';
import { handOver } from './hand-over.ts';

/**
 * Looks whether the ground moved under tasks that are about to start or in review: the repository is gone, archived or
 * closed to us, goes by another name, or a person opened a pull request for the same issue.
 */
export async function followDrift(ports: CyclePorts): Promise<Followed> {
  const moved: Task[] = [];
  const tasks = await ports.tasks.list({ states: ['approved', 'in_review'] });
  const targets = new Map(tasks.map(({ target }) => [repositoryKey(target), target]));
  const failed = await forEachApart(
    [...targets.values()],
    (target) => repositoryKey(target),
    async (target) => {
      const here = tasks.filter((task) => repositoryKey(task.target) === repositoryKey(target));
      const lost = await lostGround(ports, target, here);
      for (const task of lost === null ? [] : here) {
        if (lost !== null) moved.push(await handOver(ports, task, lost.reason, lost.text));
      }
      if (lost === null) moved.push(...(await followPeople(ports, target, here)));
    },
  );
  return { moved, failed };
}

interface Lost {
  readonly reason: AttentionReason;
  readonly text: string;
}

async function lostGround(
  ports: CyclePorts,
  target: RepositoryRef,
  tasks: readonly Task[],
): Promise<Lost | null> {
  try {
    const { ref, archived } = await ports.host(target.host).repository(target);
    if (archived) {
      const text = `${target.name} is archived, so nothing can be pushed or merged there. Unarchive it and retry the task, or reject it.`;
      return { reason: 'repository_archived', text };
    }
    if (ref.name.toLowerCase() !== target.name.toLowerCase()) {
      for (const task of tasks) await noteName(ports, task, ref.name);
    }
    return null;
  } catch (thrown) {
    return lostBy(thrown, target);
  }
}

/** What an error says about our place in the repository; thrown on when it says nothing. */
export function lostBy(thrown: unknown, { name }: RepositoryRef): Lost {
  const { kind } = toAppError(thrown);
  if (kind === 'not_found') {
    const text = `${name} is deleted, or the service may not see it any more. Give its token access and retry the task, or reject it.`;
    return { reason: 'repository_gone', text };
  }
  if (kind === 'forbidden') {
    const text = `The service may not do in ${name} what it has to: ${toAppError(thrown).message} Give its token write again and retry the task, or reject it.`;
    return { reason: 'access_withdrawn', text };
  }
  throw thrown;
}

/** The host leads from the old name to the new one, so the work goes on; the configuration should follow. */
async function noteName(ports: CyclePorts, task: Task, name: string): Promise<void> {
  await ports.tasks.transact((transaction) =>
    ports.tasks.addNote(transaction, {
      taskId: task.id,
      at: ports.clock.now(),
      code: 'repository_renamed',
      text: `${task.target.name} is called ${name} now. The work goes on there; write the new name into the configuration.`,
      key: `renamed:${name}`,
    }),
  );
}

async function followPeople(
  ports: CyclePorts,
  target: RepositoryRef,
  tasks: readonly Task[],
): Promise<readonly Task[]> {
  const asked = tasks.filter(
    ({ issueNumber, agent }) => issueNumber !== null && ports.delegates(agent) === null,
  );
  if (asked.length === 0) return [];
  const host = ports.host(target.host);
  const self = (await host.self()).toLowerCase();
  const theirs = (await host.pullRequests(target, { state: 'open' })).filter(
    ({ author }) => author.toLowerCase() !== self,
  );
  const moved: Task[] = [];
  for (const task of asked) {
    const rival = theirs.find((pull) => isFor(ports, task, pull));
    if (rival === undefined) continue;
    const key = `human-pr:${rival.number}`;
    // A person who saw it and went on need not be asked again.
    if ((await ports.tasks.notes(task.id)).some((note) => note.key === key)) continue;
    const text = `${rival.author} has opened ${rival.url} for the same issue, so this waits. Retry the task to go on all the same, or reject it.`;
    moved.push(await handOver(ports, task, 'human_pull_request', text, { key }));
  }
  return moved;
}

/** Whether the pull request names the task's issue as its own. */
function isFor(ports: CyclePorts, task: Task, { title, body, number }: HostPullRequest): boolean {
  if (number === task.pullRequest?.number) return false;
  const manager = ports.settings.managerOf(task.target);
  const words = `${title}\n${body}`.toLowerCase();
  const name = manager.name.toLowerCase().replace(/[.+?^${}()|[\]\\]/gu, '\\$&');
  const places = [`${name}#`, `/${name}/issues/`];
  if (repositoryKey(manager) === repositoryKey(task.target)) {
    places.push('(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):?\\s+#');
  }
  return new RegExp(`(?:${places.join('|')})${task.issueNumber}(?!\\d)`, 'u').test(words);
}
