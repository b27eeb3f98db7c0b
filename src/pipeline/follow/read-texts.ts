import type { RepositoryRef } from '../../domain/repository.ts';
import { repositoryKey } from '../../domain/repository.ts';
import type { TaskState } from '../../domain/task.ts';
import type { PipelinePorts } from '../pipeline-ports.ts';
import type { Failure } from '../settle.ts';
import { forEachApart } from '../settle.ts';

type Ports = Pick<PipelinePorts, 'tasks' | 'host'>;

/** Of so many repositories at once; with a second for each answer five hundred of them are read within half a minute. */
const atOnce = 20;

/**
 * Reads what was lately written where we propose and where pull requests of ours are open. The loop makes nothing of it:
 * whoever watches what is read for secrets of ours sees one that stands there, without webhooks.
 */
export async function readTexts(
  ports: Ports,
  managers: readonly RepositoryRef[],
): Promise<readonly Failure[]> {
  const states: readonly TaskState[] = ['in_review', 'needs_attention'];
  const followed = await ports.tasks.list({ states, delivered: true });
  const places = new Map(
    [
      ...managers,
      ...followed.flatMap(({ pullRequest }) =>
        pullRequest === null ? [] : [pullRequest.repository],
      ),
    ].map((ref) => [repositoryKey(ref), ref]),
  );
  const read = async (ref: RepositoryRef): Promise<void> => {
    await ports.host(ref.host).latestTexts(ref);
  };
  return await forEachApart([...places.values()], repositoryKey, read, atOnce);
}

/** From the beginning of one look to that of the next one: a secret of ours is to be seen within a minute, also when a look takes long. */
export const textsEveryMs = 20_000;

/**
 * The same for as long as the signal lets it, beside the rounds of the loop: these may be hours apart, and one that scans
 * takes its time.
 */
export async function watchTexts(
  ports: Ports & Pick<PipelinePorts, 'clock' | 'log'>,
  managers: () => Promise<readonly RepositoryRef[]>,
  options: { readonly leads: () => boolean; readonly signal: AbortSignal },
): Promise<void> {
  const { signal, leads } = options;
  while (!signal.aborted) {
    const began = ports.clock.monotonicMs();
    try {
      const failed = leads() ? await readTexts(ports, await managers()) : [];
      for (const { where, error } of failed)
        ports.log.warn('the latest texts could not be read', { where, error });
    } catch (error) {
      ports.log.warn('the latest texts could not be read', { error });
    }
    const left = Math.max(0, textsEveryMs - (ports.clock.monotonicMs() - began));
    await ports.clock.sleep(left, signal).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }
}
