import type { z } from 'zod';
import type { Actor } from '../../domain/actor.ts';
import type { TaskQueries } from '../../domain/ports/task-queries.ts';
import type { RepositoryRef } from '../../domain/repository.ts';
import type { Run } from '../../domain/run.ts';
import { servesPeople, turnsTheLoop } from '../../domain/service-role.ts';
import { AppError } from '../../lib/app-error.ts';
import type { PipelinePorts } from '../../pipeline/pipeline-ports.ts';
import type { Served } from '../gate.ts';
import { serve } from '../gate.ts';
import { reaches, requireReach } from '../repository-rights.ts';
import {
  listeningOn,
  pauseWork,
  resumeWork,
  serviceStatus,
  startService,
  stopService,
} from './contract.ts';
import type { ServicePorts } from './run-service.ts';
import { runService, stayUntilStopped } from './run-service.ts';
import type { OpenServer } from './server.ts';
import { withServer } from './server.ts';

export type StatusPorts = Pick<PipelinePorts, 'tasks' | 'runs' | 'pauses' | 'clock'> & {
  readonly queries: Pick<TaskQueries, 'counts'>;
  /** US dollars that all runs of a day may cost. */
  readonly budgetPerDayUsd: () => number;
  /** Of every dependency that ever failed too often. */
  readonly breakers: () => Promise<
    readonly {
      readonly name: string;
      readonly state: 'closed' | 'open' | 'half_open';
      readonly since: Date;
      readonly until: Date | null;
    }[]
  >;
  /** What is left of GitHub's limits and who waits, for each credential. */
  readonly github: () => Promise<z.infer<typeof serviceStatus.output>['github']>;
  readonly database: { readonly kind: string; readonly version: string };
  /** The last overall result of the checks. */
  readonly health: () => Promise<{
    readonly at: Date;
    readonly overall: 'healthy' | 'degraded' | 'unhealthy' | 'unknown';
  } | null>;
  readonly alertsFiring: () => Promise<number>;
  /** Of the agents that this process runs; null when it runs none. */
  readonly sandbox: z.infer<typeof serviceStatus.output>['sandbox'];
  /** Every process that runs as a service of this database, oldest first. */
  readonly processes: () => Promise<readonly ServiceProcess[]>;
  /** Asks a service on this machine to stop; AppError when it runs elsewhere. */
  readonly terminate: (holder: ServiceProcess) => void;
  /** Name of this machine. */
  readonly machine: string;
  /** Finds a watched repository by what a person typed. */
  readonly repository: (name: string) => RepositoryRef;
};

interface ServiceProcess {
  readonly pid: number;
  readonly host: string;
  readonly role: string;
  readonly isUnsealed: boolean;
}

/** Status and pause: what needs the store only. */
export function statusHandlers(ports: StatusPorts): readonly Served[] {
  const pausedNames = async (actor: Actor): Promise<string[]> =>
    (await ports.pauses.paused())
      .map(({ repository }) => repository?.name ?? null)
      .filter((name) => name === null || reaches(actor, 'repo:read', name))
      .map((name) => name ?? 'everything');
  return [
    serve(serviceStatus, async (_input, { actor }) => {
      const processes = await ports.processes();
      const [first] = processes;
      const { states, waiting } = await ports.queries.counts({});
      const live = await ports.runs.live();
      const day = new Date(ports.clock.now());
      day.setUTCHours(0, 0, 0, 0);
      const health = await ports.health();
      return {
        service: {
          running: first !== undefined,
          pid: first?.pid ?? null,
          host: first?.host ?? null,
        },
        processes: processes.map(({ role, pid, host, isUnsealed }) => ({
          role,
          pid,
          host,
          isUnsealed,
        })),
        database: ports.database,
        states,
        waiting,
        runsLive: live.length,
        live: (await Promise.all(live.map((run) => liveRun(ports, actor, run)))).flat(),
        spentTodayUsd: await ports.runs.spentSince(day),
        budgetTodayUsd: ports.budgetPerDayUsd(),
        paused: await pausedNames(actor),
        health: health === null ? null : { at: health.at.toISOString(), overall: health.overall },
        sandbox: ports.sandbox,
        alertsFiring: await ports.alertsFiring(),
        github: await ports.github(),
        breakers: (await ports.breakers()).map(({ name, state, since, until }) => ({
          name,
          state,
          since: since.toISOString(),
          until: until?.toISOString() ?? null,
        })),
        resting: (await ports.pauses.resting(ports.clock.now())).map(({ agent, until, text }) => ({
          agent,
          until: until.toISOString(),
          text,
        })),
      };
    }),
    serve(stopService, async (_input, { progress }) => {
      const all = await ports.processes();
      const here = all.filter(({ host }) => host === ports.machine);
      const [first = all[0]] = here;
      if (first === undefined) return { service: false, pid: null };
      for (const process of here.length === 0 ? all : here) {
        ports.terminate(process);
        progress(`asked process ${process.pid} to stop; agents at work may end first`);
      }
      const pids = new Set(here.map(({ pid }) => pid));
      const isThere = async (): Promise<boolean> =>
        (await ports.processes()).some(({ pid, host }) => host === ports.machine && pids.has(pid));
      for (let waited = 0; await isThere(); waited += 250) {
        if (waited > 110_000) throw stillRunning(first.pid);
        await ports.clock.sleep(250);
      }
      return { service: true, pid: first.pid };
    }),
    serve(pauseWork, async ({ repo }, { actor }) => {
      const repository = repo === undefined ? null : ports.repository(repo);
      requireReach(actor, 'repo:write', repository?.name ?? null);
      await ports.pauses.pause(repository, actor.name, ports.clock.now());
      return { paused: await pausedNames(actor) };
    }),
    serve(resumeWork, async ({ repo }, { actor }) => {
      const repository = repo === undefined ? null : ports.repository(repo);
      requireReach(actor, 'repo:write', repository?.name ?? null);
      await ports.pauses.resume(repository);
      return { paused: await pausedNames(actor) };
    }),
  ];
}

/** A run at work, unless it is in a repository whose tasks the actor may not see. */
async function liveRun(
  ports: Pick<StatusPorts, 'tasks'>,
  actor: Actor,
  { id, taskId, agent, startedAt }: Run,
) {
  const task = await ports.tasks.get(taskId);
  if (task === null || !reaches(actor, 'tasks:read', task.target.name)) return [];
  const title = task.proposal.title;
  return [{ runId: id, taskId, title, agent, startedAt: startedAt.toISOString() }];
}

/** `start`: runs the loop in this process, and the server beside it. */
export function startHandlers(
  ports: ServicePorts,
  openServer: OpenServer,
  /** What somebody who starts the service must know; null when there is nothing. */
  welcome: () => Promise<string | null> = async () => null,
  supervisor: StartWatcher = noSupervisor,
): readonly Served[] {
  return [
    serve(startService, async (input, { signal, progress, reveal }) => {
      const { once, maxMinutes, mode, port, role, security = mode !== 'legacy' } = input;
      if (role !== ports.role) throw otherRole(role, ports.role);
      if (mode === 'interactive') throw onlyAtATerminal();
      const said = notYet(mode);
      if (said !== null) progress(said);
      if (once && !turnsTheLoop(role)) throw noRound(role);
      const maxMs = maxMinutes === undefined ? null : maxMinutes * 60_000;
      const run = () =>
        turnsTheLoop(role)
          ? runService(ports, { once, maxMs, signal, progress })
          : stayUntilStopped(ports, { signal, progress });
      // Workers and schedulers answer nobody but probes, and those only where a port is said.
      if (port === undefined && (once || !servesPeople(role))) {
        if (!once) {
          progress(`${role} of the service, process ${process.pid}`);
          tellSupervisor(supervisor, signal, { address: null, said: [] });
        }
        return run();
      }
      const server = await openServer({ port, security });
      progress(`${listeningOn} ${server.address}`);
      const first = servesPeople(role) ? await welcome() : null;
      if (first !== null) reveal(first);
      const told = { address: server.address, said: first === null ? [] : [first] };
      tellSupervisor(supervisor, signal, told);
      return withServer(server, signal, run);
    }),
  ];
}

/** Whoever started this process and waits until it answers. */
interface StartWatcher {
  ready(told: { readonly address: string | null; readonly said: readonly string[] }): void;
  stopping(): void;
}

function tellSupervisor(
  supervisor: StartWatcher,
  signal: AbortSignal,
  told: Parameters<StartWatcher['ready']>[0],
): void {
  supervisor.ready(told);
  signal.addEventListener('abort', () => supervisor.stopping(), { once: true });
}

/** A program that embeds us has built everything. */
function otherRole(asked: string, built: string): AppError {
  return new AppError({
    kind: 'invalid_input',
    code: 'role_not_built',
    message: `This manager was built for the role "${built}" and cannot run as "${asked}".`,
    next: 'Run `claude-manager start --role` in a process of its own.',
    details: { field: 'role' },
  });
}

function noRound(role: string): AppError {
  return new AppError({
    kind: 'invalid_input',
    code: 'once_needs_the_loop',
    message: `The role "${role}" turns no loop, so there is nothing to do once.`,
    next: 'Leave --once out, or use the role "all" or "scheduler".',
    details: { field: 'once' },
  });
}

const noSupervisor: StartWatcher = { ready: () => undefined, stopping: () => undefined };

/** What is different in a mode, said before it runs. */
function notYet(mode: string): string | null {
  if (mode === 'legacy')
    return 'legacy: scans, proposes and runs what is labeled, as the first generation did; no sessions and no rate limits unless --security is said; approval, the right of the approver, sandbox and audit stay';
  return null;
}

function onlyAtATerminal(): AppError {
  return new AppError({
    kind: 'invalid_input',
    code: 'screen_missing',
    message: 'The interactive mode fills a terminal, and this caller has none.',
    next: 'Start it at the command line with `claude-manager start --mode interactive`.',
  });
}

function stillRunning(pid: number): AppError {
  return new AppError({
    kind: 'timeout',
    code: 'service_still_running',
    message: `The service (process ${pid}) has not ended yet; it waits for agents at work.`,
    next: `Wait for it, or end it at once with \`kill -INT ${pid}\` twice; its work is taken up at the next start.`,
  });
}
