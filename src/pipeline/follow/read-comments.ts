import type { RepositoryRef } from '../../domain/repository.ts';
import { repositoryKey } from '../../domain/repository.ts';
import type { PipelinePorts } from '../pipeline-ports.ts';
import type { Failure } from '../settle.ts';
import { forEachApart } from '../settle.ts';

/**
 * Reads what was lately said where we propose and where pull requests of ours are open. The loop makes nothing of it:
 * whoever watches what is read for secrets of ours sees one that stands there within a round, without webhooks.
 */
export async function readComments(
  ports: Pick<PipelinePorts, 'tasks' | 'host'>,
  managers: readonly RepositoryRef[],
): Promise<readonly Failure[]> {
  const followed = await ports.tasks.list({ states: ['in_review', 'needs_attention'] });
  const places = new Map(
    [
      ...managers,
      ...followed.flatMap(({ pullRequest }) =>
        pullRequest === null ? [] : [pullRequest.repository],
      ),
    ].map((ref) => [repositoryKey(ref), ref]),
  );
  return await forEachApart([...places.values()], repositoryKey, async (ref) => {
    await ports.host(ref.host).latestComments(ref);
  });
}
