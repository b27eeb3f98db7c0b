import type { RepositoryRef } from '../../domain/repository.ts';
import { repositoryKey } from '../../domain/repository.ts';
import type { ServiceRole } from '../../domain/service-role.ts';
import { taskStates } from '../../domain/task.ts';
import { AppError } from '../../lib/app-error.ts';
import type { CycleSummary, Problem } from '../../pipeline/cycle.ts';
import { dispatch, managersOf, progressed, runCycle } from '../../pipeline/cycle.ts';
import type { CyclePorts } from '../../pipeline/cycle-ports.ts';
import { explain } from '../../pipeline/explain.ts';
import { watchTexts } from '../../pipeline/follow/read-texts.ts';
import type { ServiceSummary } from './contract.ts';

/** What a running service needs beside the cycle itself. */
export interface ServicePorts {
  readonly role: ServiceRole;
  /** Whether this process turns the loop now; of several only one does. */
  readonly leads: () => boolean;
  /** Calls back when something may be startable at once: an approval, a free place, a pause that ended. Answers what stops it. */
  readonly onNews: (call: () => void) => () => Promise<void>;
  /** Aborted, with the reason, when this process can do no more work. */
  readonly lost: AbortSignal;
  /** Agents at work in this process. */
  readonly drain: (drainMs: number) => Promise<void>;
  readonly cycle: CyclePorts;
  /** The watched repositories, patterns looked up. */
  readonly repositories: () => Promise<readonly RepositoryRef[]>;
  /** Attempts that are at work in the engine. */
  readonly busy: () => Promise<boolean>;
  /** Takes writes outside as far as they go now; `timed` wait for a dead sender's lease or for the second look. */
  readonly settleDue: () => Promise<{ readonly settled: number; readonly timed: number }>;
  /** Told once everything that was found has been proposed or taken over, and nothing is at work. */
  readonly allSeen: () => Promise<void>;
  readonly times: () => {
    readonly scanMs: number;
    readonly pollMs: number;
    readonly drainMs: number;
  };
}

export interface ServiceOptions {
  readonly once: boolean;
  readonly maxMs: number | null;
  readonly signal: AbortSignal;
  readonly progress: (text: string) => void;
  /** Called after a round of proposing; the demo approves here. Answers how many it decided on. */
  readonly onProposed?: () => Promise<number>;
}

type Total = Pick<
  ServiceSummary,
  'cycles' | 'scanned' | 'findings' | 'proposed' | 'approved' | 'refused' | 'started'
>;

/** Runs the loop: for ever until the signal, or once until nothing can go on without a person. */
export async function runService(
  ports: ServicePorts,
  options: ServiceOptions,
): Promise<ServiceSummary> {
  const signal = AbortSignal.any([options.signal, ports.lost]);
  if (options.once) await untilAlone(ports, signal);
  const stopStarting = options.once
    ? async () => undefined
    : startOnNews({ ...ports, leads: () => !signal.aborted && ports.leads() });
  const over = new AbortController();
  const watching = options.once
    ? null
    : watchTexts(ports.cycle, async () => managersOf(ports.cycle, await ports.repositories()), {
        leads: ports.leads,
        signal: AbortSignal.any([signal, over.signal]),
      });
  try {
    return await turnLoop(ports, { ...options, signal });
  } finally {
    over.abort();
    await watching;
    await stopStarting();
  }
}

async function turnLoop(ports: ServicePorts, options: ServiceOptions): Promise<ServiceSummary> {
  const total = { ...nothing };
  const problems = new Map<string, Problem>();
  const { clock } = ports.cycle;
  const began = clock.monotonicMs();
  const beganAt = clock.now();
  let scannedAt = -Infinity;
  const isOver = (): boolean =>
    options.signal.aborted ||
    (options.maxMs !== null && clock.monotonicMs() - began > options.maxMs);
  let isAllFound = false;
  while (!isOver()) {
    if (!ports.leads()) {
      await rest(ports, options.signal, lookForLeadMs);
      continue;
    }
    try {
      const isScanDue =
        clock.monotonicMs() - scannedAt >= (options.once ? Infinity : ports.times().scanMs);
      const scan = scannedAt === -Infinity || isScanDue;
      if (scan) scannedAt = clock.monotonicMs();
      const summary = await round(ports, scan, options, problems);
      add(total, summary);
      if (scan) isAllFound = summary.problems.length === 0 && summary.held === 0;
      const isAllSeen = isAllFound && summary.unpublished === 0 && !progressed(summary);
      if (isAllSeen && !(await ports.busy())) await ports.allSeen();
      const decided = (await options.onProposed?.()) ?? 0;
      total.approved += decided;
      const worked = await whileBusy(ports, options, isOver, total);
      if (!options.once) await rest(ports, options.signal);
      else if (progressed(summary) || worked || decided > 0) continue;
      else if (!(await settleLate(ports, options, isOver))) break;
    } catch (error) {
      if (options.once) throw error;
      // The database may be away; a service waits for it and goes on.
      ports.cycle.log.warn('a round of the cycle failed', { error });
      await rest(ports, options.signal);
    }
  }
  if (options.signal.aborted) await drain(ports, options);
  if (ports.lost.aborted) throw ports.lost.reason;
  const summary = await report(ports, total, [...problems.values()]);
  return { ...summary, problems: [...summary.problems, ...(await unable(ports, beganAt))] };
}

/** Work that could not be done because something is missing on this machine; a person has to see to it. */
async function unable({ cycle }: ServicePorts, since: Date): Promise<readonly Problem[]> {
  const failed = await cycle.tasks.list({ states: ['failed'], limit: 50 });
  const found: Problem[] = [];
  for (const task of failed) {
    if (task.updatedAt < since) continue;
    const { code, text, next } = await explain(cycle, task);
    if (code !== 'failed_configuration') continue;
    const where = `${repositoryKey(task.target)} task ${task.id}`;
    found.push({ where, kind: 'unavailable', code, message: text, next });
  }
  return found;
}

async function round(
  ports: ServicePorts,
  scan: boolean,
  options: ServiceOptions,
  problems: Map<string, Problem>,
): Promise<CycleSummary> {
  if (scan) options.progress('scanning');
  const summary = await runCycle(ports.cycle, await ports.repositories(), {
    scan,
    signal: options.signal,
  });
  // Only what is still wrong in the last round is a problem; the first scan's troubles stay until scanned again.
  if (scan) problems.clear();
  for (const problem of summary.problems) problems.set(`${problem.where}:${problem.code}`, problem);
  if (progressed(summary)) {
    options.progress(
      `${summary.findings} findings, ${summary.proposed} proposed, ${summary.approved} approved, ${summary.refused} refused, ${summary.started} started`,
    );
  }
  return summary;
}

/** While agents work, starts what becomes free; once-mode waits here until all is quiet. Answers whether anything was at work. */
async function whileBusy(
  ports: ServicePorts,
  options: ServiceOptions,
  isOver: () => boolean,
  total: { started: number },
): Promise<boolean> {
  let worked = false;
  while (options.once && !isOver() && (await ports.busy())) {
    worked = true;
    await ports.cycle.clock.sleep(250);
    total.started += await dispatch(ports.cycle);
  }
  return worked;
}

/** Longer than a lease and the second look together; a write that takes longer is settled by the next start. */
const lateWritesMs = 100_000;

/** Waits for writes that a killed process or a lost answer left unclear; answers whether any was settled. */
async function settleLate(
  ports: ServicePorts,
  options: ServiceOptions,
  isOver: () => boolean,
): Promise<boolean> {
  const { clock } = ports.cycle;
  const until = clock.monotonicMs() + lateWritesMs;
  let total = 0;
  for (let told = false; !isOver(); told = true) {
    const { settled, timed } = await ports.settleDue();
    total += settled;
    if (timed === 0 || clock.monotonicMs() > until) break;
    if (!told) options.progress(`waiting to look again for ${timed} writes that may have arrived`);
    await clock.sleep(1000);
  }
  return total > 0;
}

/** How soon a process notices that the lead has come to it. */
const lookForLeadMs = 250;
/** A process that was killed a moment ago keeps the lead until the database has noticed. */
const otherMayEndMs = 5000;

/** A single round needs the loop for itself. Throws AppError `service_already_running` when another process keeps it. */
async function untilAlone(ports: ServicePorts, signal: AbortSignal): Promise<void> {
  const { clock } = ports.cycle;
  const until = clock.monotonicMs() + otherMayEndMs;
  while (!ports.leads() && !signal.aborted) {
    if (clock.monotonicMs() > until) throw otherLeads();
    await rest(ports, signal, lookForLeadMs);
  }
}

function otherLeads(): AppError {
  return new AppError({
    kind: 'unavailable',
    code: 'service_already_running',
    message: 'Another service of this database turns the loop.',
    next: 'Let it work, or stop it first; `claude-manager status` names it.',
  });
}

/** Many notices in a row are one. */
const newsGatherMs = 20;

/** Starts what became startable as soon as somebody says so, beside the rounds of the loop. */
function startOnNews(ports: Pick<ServicePorts, 'cycle' | 'leads' | 'onNews'>): () => Promise<void> {
  const { clock, log } = ports.cycle;
  let isNews = false;
  let working: Promise<void> | null = null;
  const work = async (): Promise<void> => {
    while (isNews) {
      await clock.sleep(newsGatherMs);
      isNews = false;
      if (!ports.leads()) return;
      await dispatch(ports.cycle).catch((error: unknown) => {
        log.warn('what was approved could not be started at once; the next round does', { error });
      });
    }
  };
  const stop = ports.onNews(() => {
    isNews = true;
    working ??= work().finally(() => {
      working = null;
    });
  });
  return async () => {
    await stop();
    await working;
  };
}

async function rest(
  ports: ServicePorts,
  signal: AbortSignal,
  ms = ports.times().pollMs,
): Promise<void> {
  await ports.cycle.clock.sleep(ms, signal).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}

/** Nothing new is started; what is at work gets its time to end, the rest is taken up by others or at the next start. */
async function drain(ports: ServicePorts, options: ServiceOptions): Promise<void> {
  if (ports.lost.aborted) return;
  const { clock } = ports.cycle;
  const drained = ports.drain(ports.times().drainMs);
  const isSoon = await Promise.race([drained.then(() => true), clock.sleep(300).then(() => false)]);
  if (!isSoon) options.progress('waiting for agents at work to end');
  await drained;
}

/** Stays until the signal: agents run, or requests are answered, beside it. */
export async function stayUntilStopped(
  ports: ServicePorts,
  options: Pick<ServiceOptions, 'signal' | 'progress'>,
): Promise<ServiceSummary> {
  const signal = AbortSignal.any([options.signal, ports.lost]);
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  await drain(ports, { ...options, signal, once: false, maxMs: null });
  if (ports.lost.aborted) throw ports.lost.reason;
  return await report(ports, nothing, []);
}

const nothing: Total = {
  cycles: 0,
  scanned: 0,
  findings: 0,
  proposed: 0,
  approved: 0,
  refused: 0,
  started: 0,
};

function add(total: Total, summary: CycleSummary): void {
  const sum = total;
  sum.cycles += 1;
  for (const key of ['scanned', 'findings', 'proposed', 'approved', 'refused', 'started'] as const)
    sum[key] += summary[key];
}

async function report(
  ports: ServicePorts,
  total: Total,
  problems: readonly Problem[],
): Promise<ServiceSummary> {
  const counts = await ports.cycle.tasks.countByState();
  const states = Object.fromEntries(
    taskStates.flatMap((state) => (counts[state] === undefined ? [] : [[state, counts[state]]])),
  );
  const open = await ports.cycle.tasks.list({
    states: ['proposed', 'approved', 'needs_attention', 'failed'],
    limit: 50,
  });
  const waiting = [];
  for (const task of open) {
    const { code, text } = await explain(ports.cycle, task);
    waiting.push({ id: task.id, title: task.proposal.title, state: task.state, code, text });
  }
  const delivered = await ports.cycle.tasks.list({ states: ['in_review', 'done'], limit: 200 });
  const pullRequests = delivered.flatMap(({ id, proposal, pullRequest, state, target }) =>
    pullRequest === null
      ? []
      : [
          {
            task: id,
            title: `${proposal.title} (${repositoryKey(target)})`,
            url: pullRequest.url,
            state,
          },
        ],
  );
  return { ...total, states, waiting, pullRequests, problems: [...problems] };
}
