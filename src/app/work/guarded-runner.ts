import type { AgentRunner, AgentRunResult } from '../../domain/ports/agent.ts';
import type { Config } from '../../platform/config/schema.ts';
import type { Breakers } from '../../platform/resilience/breakers.ts';

/**
 * Runs agents unless the breaker of that agent is open. Only runs that end because the agent's own service is away count:
 * what an agent does badly says nothing about the next task.
 */
export function guardedRunner(
  runner: AgentRunner,
  breakers: Breakers,
  { resilience: { agents } }: Pick<Config, 'resilience'>,
): AgentRunner {
  const isAway = ({ end, stopped }: AgentRunResult): boolean =>
    stopped === null && end.kind === 'failed' && end.failure === 'transient';
  return {
    run: async (request) =>
      breakers.get<AgentRunResult>(
        `agent ${request.agent.name}`,
        agents.breaker,
        isAway,
      )(() => runner.run(request)),
  };
}
