import type { Log } from '../../lib/log.ts';
import type { ServicePorts } from '../../operations/service/run-service.ts';
import { workflowIdOf } from '../../pipeline/execute/attempt.ts';
import type { PipelinePorts } from '../../pipeline/pipeline-ports.ts';
import type { Database } from '../../platform/database/database.ts';
import type { DurableClient } from '../../platform/durable/client.ts';
import { createDurableClient } from '../../platform/durable/client.ts';
import { makeEngineSchema } from '../../platform/durable/engine-schema.ts';
import { type WorkNotice, workChannel } from '../../storage/dispatch-notices.ts';
import { engineLogOf } from './open-engine.ts';
import type { LoopParts } from './open-loop.ts';
import { openLoop } from './open-loop.ts';

/** What `execute` needs when a service already runs: it enqueues there and waits for the end. */
export interface Attached {
  readonly service: Pick<ServicePorts, 'cycle' | 'busy'>;
  close(): Promise<void>;
}

/** Hands attempts to the running service of this database; nothing is claimed and no agent is run here. */
export async function attachToService(parts: LoopParts, log: Log): Promise<Attached> {
  const client = await clientOf(parts.store.database, log);
  const handed = new Set<string>();
  const { cycle } = openLoop(parts, client);
  return {
    service: {
      cycle: {
        ...cycle,
        startAttempt: async (ref, turn) => {
          handed.add(workflowIdOf(ref));
          return await cycle.startAttempt(ref, turn);
        },
        settleLeftovers: async () => 0,
      },
      busy: async () => {
        const states = await Promise.all([...handed].map((id) => client.status(id)));
        return states.some((view) => view?.state === 'queued' || view?.state === 'running');
      },
    },
    close: () => client.close(),
  };
}

/** For a process that runs no agents itself: what it starts is done by the workers of this database. */
export async function reachWorkers(
  database: Pick<Database, 'url' | 'pool'>,
  pipeline: Pick<PipelinePorts, 'clock' | 'log'>,
  random: Parameters<typeof makeEngineSchema>[1]['random'],
): Promise<DurableClient> {
  const log = engineLogOf(pipeline);
  const found = await database.pool.query<{ there: boolean }>(
    `select to_regclass('dbos.workflow_status') is not null as there`,
  );
  // The first process of all may be one that starts no engine.
  if (found.rows[0]?.there !== true) {
    await makeEngineSchema(database, { clock: pipeline.clock, random, log });
  }
  return await clientOf(database, log);
}

/** Whoever runs agents looks at once for what it queues. */
async function clientOf(
  database: Pick<Database, 'url' | 'pool'>,
  log: Log,
): Promise<DurableClient> {
  const client = await createDurableClient({ databaseUrl: database.url }, { log });
  return {
    ...client,
    start: async (...work) => {
      await client.start(...work);
      await database.pool.query('select pg_notify($1, $2)', [
        workChannel,
        'work' satisfies WorkNotice,
      ]);
    },
  };
}
