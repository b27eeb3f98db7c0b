import { DBOSClient } from '@dbos-inc/dbos-sdk';
import type { Log } from '../../lib/log.ts';
import { applicationName } from './application-name.ts';
import { engineLog } from './engine-log.ts';
import { engineUrl } from './engine-url.ts';
import { viewOf, type WorkflowView } from './workflow-view.ts';

/** Reaches the engine of another process: hands it work and looks after it, without working itself. */
export interface DurableClient {
  /** Queues a workflow; with an id that is known it does nothing. */
  enqueue(name: string, workflowId: string, input: unknown, queue: string): Promise<void>;
  status(workflowId: string): Promise<WorkflowView | undefined>;
  cancel(workflowId: string): Promise<void>;
  close(): Promise<void>;
}

/** The engine must have been launched on this database once, for its tables are made then. */
export async function createDurableClient(
  options: { readonly databaseUrl: string },
  { log }: { readonly log: Log },
): Promise<DurableClient> {
  const client = await DBOSClient.create({
    systemDatabaseUrl: engineUrl(options.databaseUrl),
    systemDatabasePoolSize: 2,
    applicationName,
    logger: engineLog(log),
  });
  return {
    enqueue: async (name, workflowId, input, queue) => {
      const target = { workflowName: name, workflowID: workflowId, queueName: queue };
      await client.enqueue(target, input);
    },
    status: async (workflowId) => {
      const found = await client.getWorkflow(workflowId);
      return found === undefined || found === null ? undefined : viewOf(found);
    },
    cancel: async (workflowId) => await client.cancelWorkflow(workflowId),
    close: async () => await client.destroy(),
  };
}
