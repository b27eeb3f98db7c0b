import { tmpdir } from 'node:os';
import { createAgents } from '../../integrations/agents/create-agents.ts';
import { readBudgetsLeft } from '../../integrations/github/governor/budget-left.ts';
import { githubLimits } from '../../integrations/github/governor/limits.ts';
import type { Config } from '../../platform/config/schema.ts';
import type { Database } from '../../platform/database/database.ts';
import { effectChecks } from '../../platform/effects/effect-check.ts';
import { type HealthCheck, notMeasured, seldomMs } from '../../platform/health/check.ts';
import { databaseServerCheck, poolCheck } from '../../platform/health/database-checks.ts';
import { folderCheck } from '../../platform/health/folder-checks.ts';
import { highIsBad } from '../../platform/health/level.ts';
import { diskCheck } from '../../platform/health/machine-checks.ts';
import { networkCheck } from '../../platform/health/network-check.ts';
import type { Trend } from '../../platform/health/process-checks.ts';
import {
  cpuCheck,
  fileDescriptorCheck,
  processMemoryCheck,
} from '../../platform/health/process-checks.ts';
import type { Census } from '../../platform/identity/census.ts';
import { type BreakerTables, breakerStates } from '../../platform/resilience/breakers.ts';
import { readPipelineState } from '../../storage/pipeline-state.ts';
import { agentEntries } from '../work/open-agents.ts';
import { pipelineChecks } from './pipeline-checks.ts';
import type { LeftoverParts } from './remedies/leftovers.ts';
import { leftoverCheck } from './remedies/leftovers.ts';
import { lockCheck } from './remedies/stale-lock.ts';

export interface MoreHealthParts {
  readonly config: () => Config;
  readonly configFolder: string;
  readonly path: string;
  readonly database: Pick<Database, 'pool' | 'kysely'>;
  readonly census: Pick<Census, 'counts' | 'endedSessions'>;
  readonly trend: Trend;
  readonly leftovers: LeftoverParts;
  readonly now: () => Date;
  /** What the telemetry counted lately; null when nothing did. */
  readonly figures: () => Promise<RecentFigures | null>;
}

export interface RecentFigures {
  readonly calls: number;
  readonly failed: number;
  readonly p95Ms: number;
}

/** More than this is pressure on the memory; see the limit of an idle service. */
export const memoryLimitMb = 1024;

/** Room for every log file with its rotated ones. */
export function logQuotaBytes({ logging }: Config): number {
  return logging.maxFileMb * (logging.maxFiles + 2) * 4 * 2 ** 20;
}

/** What can be measured with nothing but this machine. */
export function machineOnlyChecks(config: Config, trend: Trend): readonly HealthCheck[] {
  return [
    cpuCheck(),
    processMemoryCheck(trend, memoryLimitMb),
    fileDescriptorCheck(),
    diskCheck(tmpdir(), 'temporary_space', false),
    folderCheck({
      name: 'logs',
      folders: [config.logDir],
      quotaBytes: logQuotaBytes(config),
      remedy: 'The running service removes the oldest rotated files; lower logging.maxFiles.',
    }),
    lockCheck(config.dataDir),
    networkCheck(config.github.managerRepo === null ? null : config.github.apiUrl),
  ];
}

/** With the store. */
export function storeChecks(parts: MoreHealthParts): readonly HealthCheck[] {
  const { database, config, census, now } = parts;
  const { poolSize } = config().database;
  return [
    ...machineOnlyChecks(config(), parts.trend),
    leftoverCheck(parts.leftovers),
    poolCheck(database.pool, poolSize),
    databaseServerCheck(database.pool),
    ...effectChecks(database),
    ...pipelineChecks(
      () => readPipelineState(database),
      () => ({
        scanMinutes: config().analyzer.intervalMinutes,
        runMinutes: config().executor.timeoutMinutes,
      }),
    ),
    budgetCheck(database),
    breakerCheck(database, now),
    agentsCheck(parts),
    expiredSessionsCheck(census, now),
    signInCheck(census, now),
    ...performanceChecks(parts.figures),
  ];
}

const hourMs = 3_600_000;

/** The service removes ended sessions every hour; what ended two hours ago shows that nobody does. */
function expiredSessionsCheck(census: MoreHealthParts['census'], now: () => Date): HealthCheck {
  return {
    name: 'expired_sessions',
    category: 'security',
    critical: false,
    measure: async () => {
      const left = await census.endedSessions(new Date(now().getTime() - 2 * hourMs));
      return highIsBad({
        value: left,
        unit: 'count',
        odd: 1,
        bad: 10_000,
        evidence: `${left} sessions ended more than two hours ago and are still kept.`,
        remedy: 'The running service removes them; start it.',
      });
    },
  };
}

function signInCheck(census: MoreHealthParts['census'], now: () => Date): HealthCheck {
  return {
    name: 'sign_in',
    category: 'security',
    critical: false,
    everyMs: seldomMs,
    measure: async () => {
      const { accounts, lockedAccounts, sessions, withoutSecondFactor } = await census.counts(
        now(),
      );
      const evidence = `${accounts} accounts, ${lockedAccounts} locked, ${withoutSecondFactor} without a second factor; ${sessions} sessions.`;
      const remedy = 'Somebody guesses passwords, or forgot one: see `claude-manager audit list`.';
      return highIsBad({ value: lockedAccounts, unit: 'count', odd: 1, bad: 20, evidence, remedy });
    },
  };
}

/** What the shared governors know of each credential's budget; they hold back before GitHub refuses. */
function budgetCheck(database: Pick<Database, 'kysely'>): HealthCheck {
  return {
    name: 'github_rate_budget',
    category: 'external',
    critical: false,
    everyMs: seldomMs,
    measure: async () => {
      const budgets = await readBudgetsLeft(database);
      if (budgets.length === 0) return notMeasured('Nothing was asked of GitHub yet.');
      const paused = budgets.filter(({ pausedUntil }) => pausedUntil !== null).length;
      const used = Math.max(
        ...budgets.map(
          ({ contentThisHour }) => (1 - contentThisHour / githubLimits.contentPerHour) * 100,
        ),
      );
      const share = paused > 0 ? 100 : Math.round(used);
      return highIsBad({
        value: share,
        unit: '%',
        odd: 80,
        bad: 101,
        evidence: `${Math.round(used)} % of the hour's content is used; ${paused} of ${budgets.length} credentials wait as GitHub asked.`,
        remedy: 'Wait; work goes on by itself. Fewer repositories or a longer interval need less.',
      });
    },
  };
}

/** Dependencies that fail so often that nothing is sent to them for a while. */
function breakerCheck(database: Pick<Database, 'kysely'>, now: () => Date): HealthCheck {
  return {
    name: 'breakers',
    category: 'external',
    critical: false,
    measure: async () => {
      const states = await breakerStates(database.kysely<BreakerTables>(), now());
      const open = states.filter(({ state }) => state !== 'closed');
      const names = open.map(({ name, until }) => `${name} until ${until?.toISOString() ?? ''}`);
      return highIsBad({
        value: open.length,
        unit: 'count',
        odd: 1,
        bad: 1_000_000,
        evidence:
          open.length === 0
            ? 'No dependency is left alone.'
            : `Left alone because they fail: ${names.join(', ')}.`,
        remedy: 'Look whether these services are well; each is tried again by itself.',
      });
    },
  };
}

/** Whether the program of the default agent is there and runs. */
function agentsCheck({ config, configFolder, path }: MoreHealthParts): HealthCheck {
  return {
    name: 'agent',
    category: 'external',
    critical: false,
    everyMs: 300_000,
    measure: async (signal) => {
      const wanted = config().executor.default;
      const all = createAgents(agentEntries(config()), { path, baseDir: configFolder });
      const agent = all.find(({ name }) => name === wanted);
      if (agent === undefined)
        return notMeasured(`The agent ${wanted} is no program of this machine.`);
      const { works, evidence, version } = await agent.probe(signal);
      return {
        status: works ? 'healthy' : 'unhealthy',
        value: works ? 1 : 0,
        threshold: 1,
        evidence: `${wanted}: ${version === null ? '' : `${version}: `}${evidence}`,
        remedy: works ? null : 'See `claude-manager doctor`.',
      };
    },
  };
}

function performanceChecks(figures: MoreHealthParts['figures']): readonly HealthCheck[] {
  const check = (
    name: string,
    read: (found: RecentFigures) => Parameters<typeof highIsBad>[0],
  ) => ({
    name,
    category: 'performance',
    critical: false,
    everyMs: seldomMs,
    measure: async () => {
      const found = await figures();
      if (found === null || found.calls === 0)
        return notMeasured('No operation was measured lately.');
      return highIsBad(read(found));
    },
  });
  return [
    check('response_times', ({ p95Ms, calls }) => ({
      value: Math.round(p95Ms),
      unit: 'ms',
      odd: 2000,
      bad: 10_000,
      evidence: `95 of 100 of ${calls} operations ended within ${Math.round(p95Ms)} ms.`,
      remedy: 'See `claude-manager performance report`.',
    })),
    check('error_rate', ({ failed, calls }) => ({
      value: Math.round((failed / calls) * 100),
      unit: '%',
      odd: 5,
      bad: 25,
      evidence: `${failed} of ${calls} operations failed.`,
      remedy: 'Look into errors.json.',
    })),
  ];
}
