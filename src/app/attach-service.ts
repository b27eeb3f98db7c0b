import type { Log } from '../lib/log.ts';
import type { ServicePorts } from '../operations/service/run-service.ts';
import type { CyclePorts } from '../pipeline/cycle-ports.ts';
import { workflowIdOf } from '../pipeline/execute/attempt.ts';
import { roundWorkflowIdOf } from '../pipeline/follow/round.ts';
import { createDurableClient } from '../platform/durable/client.ts';
import type { EngineParts } from './open-engine.ts';
import { agentQueue, attemptName, roundName } from './open-engine.ts';

/** What `execute` needs when a service already runs: it enqueues there and waits for the end. */
export interface Attached {
  readonly service: Pick<ServicePorts, 'cycle' | 'busy'>;
  close(): Promise<void>;
}

/** Hands attempts to the running service of this database; nothing is claimed and no agent is run here. */
export async function attachToService(
  parts: Pick<EngineParts, 'store' | 'pipeline' | 'scan'>,
  log: Log,
): Promise<Attached> {
  const client = await createDurableClient({ databaseUrl: parts.store.database.url }, { log });
  const handed = new Set<string>();
  const cycle: CyclePorts = {
    ...parts.pipeline,
    scan: parts.scan,
    startAttempt: async (ref) => {
      const id = workflowIdOf(ref);
      handed.add(id);
      if ((await client.status(id)) !== undefined) return false;
      await client.enqueue(attemptName, id, ref, agentQueue);
      return true;
    },
    startRound: async (ref) => {
      const id = roundWorkflowIdOf(ref);
      handed.add(id);
      if ((await client.status(id)) !== undefined) return false;
      await client.enqueue(roundName, id, ref, agentQueue);
      return true;
    },
    settleLeftovers: async () => 0,
  };
  return {
    service: {
      cycle,
      busy: async () => {
        const states = await Promise.all([...handed].map((id) => client.status(id)));
        return states.some((view) => view?.state === 'queued' || view?.state === 'running');
      },
    },
    close: () => client.close(),
  };
}
