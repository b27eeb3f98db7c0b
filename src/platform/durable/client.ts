import { DBOSClient } from '@dbos-inc/dbos-sdk';
import type { Log } from '../../lib/log.ts';
import { applicationName } from './application-name.ts';
import type { WorkflowDriver } from './engine.ts';
import { engineLog } from './engine-log.ts';
import { engineUrl } from './engine-url.ts';
import { engineStates, viewOf } from './workflow-view.ts';

/** Reaches the engine of another process: hands it work and looks after it, without working itself. */
export interface DurableClient extends WorkflowDriver {
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
    start: async (name, workflowId, input, { queue, priority } = {}) => {
      if (queue === undefined) throw new Error('work for other processes needs a queue');
      const target = { workflowName: name, workflowID: workflowId, queueName: queue };
      await client.enqueue({ ...target, priority: priority ?? 0 }, input);
    },
    status: async (workflowId) => {
      const found = await client.getWorkflow(workflowId);
      return found === undefined || found === null ? undefined : viewOf(found);
    },
    list: async ({ states, limit } = {}) => {
      const found = await client.listWorkflows({
        ...(states === undefined ? {} : { status: engineStates(states) }),
        limit: limit ?? 1000,
        sortDesc: true,
        loadInput: false,
        loadOutput: false,
      });
      return found.map(viewOf);
    },
    cancel: async (workflowId) => await client.cancelWorkflow(workflowId),
    close: async () => await client.destroy(),
  };
}
