import { DBOSExecutor } from '@dbos-inc/dbos-sdk/internal/dbos-executor';

/**
 * Puts the unfinished workflows of a dead executor back into their queues, where any live executor takes them.
 * The engine exports this only internally (`recoverPendingWorkflows`, DBOS 5.3.0, pinned): look here at each upgrade.
 * Answers the ids of the workflows.
 */
export async function recoverExecutor(executorId: string): Promise<readonly string[]> {
  const engine = DBOSExecutor.globalInstance;
  if (engine === undefined) throw new Error('the durable engine is not launched');
  const handles = await engine.recoverPendingWorkflows([executorId]);
  return handles.map((handle) => handle.workflowID);
}
