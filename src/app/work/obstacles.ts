import type { Obstacle, Obstacles } from '../../domain/ports/obstacles.ts';
import type { RepositoryRef } from '../../domain/repository.ts';
import { readBudgetsLeft } from '../../integrations/github/governor/budget-left.ts';
import { type Clock, systemClock } from '../../lib/clock.ts';
import type { Config } from '../../platform/config/schema.ts';
import type { Database } from '../../platform/database/database.ts';
import { readStartClaim } from '../../platform/durable/start-claim.ts';
import {
  type BreakerState,
  type BreakerTables,
  breakerStates,
} from '../../platform/resilience/breakers.ts';
import {
  createStartObstacles,
  type MachineObstacle,
  type StartObstacles,
} from '../../storage/start-obstacles.ts';
import type { StoreRooms } from '../store/open-store.ts';
import type { AgentRooms } from './open-agents.ts';

export interface ObstacleParts {
  readonly database: Pick<Database, 'kysely'>;
  readonly stored: StartObstacles;
  readonly clock: Clock;
  /** By which GitHub's limits are judged; left out: the database's, as all processes write them. */
  readonly limitClock?: Clock;
  /** Name of the credential that goes to a repository. */
  readonly credentialOf: (repository: string) => string;
  /** Host of `github.serverUrl`, as the breaker of git is named. */
  readonly gitHost: string;
  /** What is in the way in this process, each code once; null in a process that starts nothing. */
  readonly here: (() => readonly MachineObstacle[]) | null;
}

/** For the rooms of this process. */
export function openObstacles({
  store,
  config,
  agents,
  isMemoryTight,
  isWorking,
}: {
  readonly store: Pick<StoreRooms, 'database' | 'credentialOf'>;
  readonly config: Config;
  readonly agents: Pick<AgentRooms, 'missing' | 'demoAlone' | 'refusal'>;
  readonly isMemoryTight: () => boolean;
  /** Whether this process starts runs. */
  readonly isWorking: boolean;
}): Obstacles {
  const here = (): readonly MachineObstacle[] => {
    const missing =
      agents.missing === null ? agents.demoAlone() : { text: agents.missing, spares: null };
    return [
      ...(missing === null ? [] : [{ code: 'dependency_missing', ...missing } as const]),
      ...(isMemoryTight()
        ? [
            {
              code: 'memory_tight',
              text: 'The service uses more memory than it should, so it starts nothing until it has let go of some.',
              spares: null,
            } as const,
          ]
        : []),
    ];
  };
  const obstacles = createObstacles({
    database: store.database,
    stored: createStartObstacles(store.database),
    clock: systemClock,
    credentialOf: store.credentialOf,
    gitHost: new URL(config.github.serverUrl).host,
    here: isWorking ? here : null,
  });
  return {
    ...obstacles,
    inTheWay: async (work) => {
      // Looked at in any case: it is written down for the processes that only look.
      const found = await obstacles.inTheWay(work);
      const text = work.agent === null ? null : agents.refusal(work.agent);
      return text === null ? found : { code: 'dependency_missing', text };
    },
  };
}

/** So long another process believes what a working one found; it looks every few seconds. */
const believedMs = 120_000;

/** What keeps work from starting, gathered from where it is kept: breakers, credentials, GitHub's limits, the machine. */
export function createObstacles(parts: ObstacleParts): Obstacles {
  const { database, clock } = parts;
  const machine = createMachineView(parts);
  return {
    claimOf: (workflowId) => readStartClaim(database, workflowId),
    inTheWay: async ({ target, manager, agent }) => {
      const now = clock.now();
      const onMachine = agent === null ? null : await machine(now, agent);
      if (onMachine !== null) return onMachine;
      const states = await breakerStates(database.kysely<BreakerTables>(), now);
      const places = target.host === 'github' ? [target, manager] : [];
      return (
        (agent === null ? null : closedAgent(states, agent, now)) ??
        closedWay(states, parts.gitHost, places, now) ??
        (await closedCredential(parts, places))
      );
    },
  };
}

/** Looks at this machine and writes it down when it changed, or reads what a working process wrote. */
function createMachineView({
  here,
  stored,
}: ObstacleParts): (now: Date, agent: string) => Promise<Obstacle | null> {
  let written: { readonly text: string; readonly at: number } | null = null;
  return async (now, agent) => {
    const all = here === null ? await stored.standing(now) : here();
    if (here !== null) {
      const text = JSON.stringify(all);
      const at = now.getTime();
      if (written?.text !== text || at - written.at > believedMs / 4) {
        await stored.write(all, new Date(at + believedMs));
        written = { text, at };
      }
    }
    const first = all.find(({ spares }) => spares !== agent);
    return first === undefined ? null : { code: first.code, text: first.text };
  };
}

const isHeld = ({ until }: BreakerState, now: Date): boolean => until !== null && until > now;

function closedAgent(states: readonly BreakerState[], agent: string, now: Date): Obstacle | null {
  const state = states.find(({ name }) => name === `agent ${agent}`);
  if (state === undefined || !isHeld(state, now)) return null;
  return {
    code: 'agent_breaker_open',
    text: `The last runs of ${agent} ended because its own service was away. It is tried again after ${state.until?.toISOString()}.`,
  };
}

function closedWay(
  states: readonly BreakerState[],
  gitHost: string,
  places: readonly RepositoryRef[],
  now: Date,
): Obstacle | null {
  if (places.length === 0) return null;
  const wholes = ['github', `git ${gitHost}`];
  const names = wholes.flatMap((whole) => [
    whole,
    ...places.map(({ name }) => `${whole} ${name.toLowerCase()}`),
  ]);
  const state = states.find((one) => names.includes(one.name) && isHeld(one, now));
  if (state === undefined) return null;
  return {
    code: 'breaker_open',
    text: `${state.name} failed too often and is left alone. It is tried again after ${state.until?.toISOString()}.`,
  };
}

async function closedCredential(
  { database, credentialOf, limitClock }: ObstacleParts,
  places: readonly RepositoryRef[],
): Promise<Obstacle | null> {
  if (places.length === 0) return null;
  const used = new Set(places.map(({ name }) => credentialOf(name)));
  const budgets = (await readBudgetsLeft(database, limitClock ?? null)).filter(({ name }) =>
    used.has(name),
  );
  const suspended = budgets.find(({ suspendedSince }) => suspendedSince !== null);
  if (suspended !== undefined)
    return {
      code: 'credential_suspended',
      text: `GitHub refused ${suspended.name} three times in a row; it is not used since ${suspended.suspendedSince?.toISOString()}. Store a valid one with \`claude-manager credentials set\`, or run \`claude-manager credentials lift "${suspended.name}"\`.`,
    };
  const paused = budgets.find(({ pausedUntil }) => pausedUntil !== null);
  if (paused === undefined) return null;
  return {
    code: 'rate_limited',
    text: `GitHub asked ${paused.name} to wait until ${paused.pausedUntil?.toISOString()}.`,
  };
}
