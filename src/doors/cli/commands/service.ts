import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import { type ServiceRole, serviceRoles } from '../../../domain/service-role.ts';
import { AppError } from '../../../lib/app-error.ts';
import { proofBudgetUsd } from '../../../operations/agents/contract.ts';
import type { DoctorReport } from '../../../operations/health/contract.ts';
import { doctor } from '../../../operations/health/contract.ts';
import type { ServiceSummary } from '../../../operations/service/contract.ts';
import {
  detachService,
  listeningOn,
  pauseWork,
  resumeWork,
  runDemo,
  serviceStatus,
  startService,
  stopService,
} from '../../../operations/service/contract.ts';
import type { CommandContext, GlobalFlags } from '../command-context.ts';
import { exitCodeOfProblems } from '../exit-codes.ts';
import { counted, printable, table } from '../output/terminal.ts';
import type { Run } from '../run.ts';

interface StartFlags {
  readonly mode: 'robust' | 'interactive' | 'daemon' | 'legacy';
  readonly once?: boolean;
  readonly maxMinutes?: number;
  readonly port?: number;
  readonly security?: boolean;
  readonly role: ServiceRole;
}

/** `start`, `demo`, `status`, `doctor`, `pause`, `resume`, `stop`. */
export function addServiceCommands(
  program: Command,
  run: Run,
  context: Pick<CommandContext, 'showScreen'>,
): void {
  program
    .command('start')
    .description(startService.summary)
    .addOption(
      new Option('--mode <mode>', 'how to run')
        .choices(['robust', 'interactive', 'daemon', 'legacy'])
        .default('robust'),
    )
    .option('--once', 'until nothing can go on without a person, then print a summary and end')
    .option('--max-minutes <minutes>', 'with --once: give up waiting after so long', positive)
    .option('--port <port>', 'of the server (default: server.port, 8080); 0 takes a free one', port)
    .option('--security', 'with sessions and rate limits of the server (default)')
    .option('--no-security', 'without them, on this machine only')
    .addOption(
      new Option('--role <role>', 'what this process does, beside others on one DATABASE_URL')
        .choices([...serviceRoles])
        .default('all'),
    )
    .action(async (flags: StartFlags, command: Command) => {
      const { mode, once, maxMinutes, port, role, security } = flags;
      if (mode === 'interactive') {
        if (once === true) command.error('error: --once runs without a screen');
        if (role !== 'all')
          command.error('error: the screen is for a service that does everything');
        await context.showScreen(program.opts<GlobalFlags>(), {
          ...(port === undefined ? {} : { port }),
          ...(security === undefined ? {} : { security }),
        });
        return;
      }
      if (mode === 'daemon') {
        if (once === true) throw onceDetached();
        const start = run<object, Detached>(
          detachService,
          () => ({ port, security, role }),
          detachedText,
        );
        await start(flags, command);
        return;
      }
      const start = run<object, ServiceSummary>(
        startService,
        () => ({ mode, once: once ?? false, maxMinutes, port, role, security }),
        summaryText,
        {
          // Whoever ends a service that runs on is told by the code that it ended in order; its problems are in the summary.
          exitCode: once === true ? exitCodeOfProblems : () => 0,
          isForLogs: (line) => line.startsWith(listeningOn),
          // Work without a label for an agent went to Terragon; what the file or the environment says goes before.
          fallbacks: () => (mode === 'legacy' ? { 'executor.default': 'terragon' } : {}),
        },
      );
      await start(flags, command);
    });
  program
    .command('demo')
    .description(runDemo.summary)
    .option('--once', 'run it to the end without waiting for a person, and print what came out')
    .option('--port <port>', 'of the dashboard (default: 8080); 0 takes a free one', port)
    .action(
      run<{ once?: boolean; port?: number }, ServiceSummary & { folder: string; sandbox: string }>(
        runDemo,
        ([{ once, port }]) => ({ once: once ?? false, port }),
        (answer) =>
          `${summaryText(answer)}sandbox: ${answer.sandbox}\nsamples: ${answer.folder}\nlook:    claude-manager --config ${answer.folder}/config.json tasks list\n`,
        { exitCode: exitCodeOfProblems },
      ),
    );
  program
    .command('status')
    .description(serviceStatus.summary)
    .addOption(
      new Option('--format <format>', 'how it is printed')
        .choices(['table', 'json', 'summary'])
        .default('table'),
    )
    .action(async (flags: { format: string }, command: Command) => {
      await run<object, StatusAnswer>(
        serviceStatus,
        () => ({}),
        (answer) =>
          flags.format === 'json'
            ? `${JSON.stringify(answer)}\n`
            : statusText(answer, flags.format === 'summary'),
      )(flags, command);
    });
  program
    .command('doctor')
    .description(doctor.summary)
    .option(
      '--free',
      `prove no agent whose work costs money; without it each with a key here may cost up to $${proofBudgetUsd}`,
    )
    .action(
      run<{ free?: boolean }, DoctorReport>(
        doctor,
        ([{ free }]) => ({ file: program.opts<{ config?: string }>().config, free }),
        doctorText,
        {
          exitCode: ({ healthy }) => (healthy ? 0 : 1),
        },
      ),
    );
  for (const contract of [pauseWork, resumeWork]) {
    program
      .command(contract.name.split('.')[1] ?? '')
      .description(contract.summary)
      .option('--repo <repository>', 'only this repository')
      .action(
        run<{ repo?: string }, { paused: readonly string[] }>(
          contract,
          ([{ repo }]) => ({ repo }),
          ({ paused }) =>
            paused.length === 0 ? 'Nothing is paused.\n' : `Paused: ${paused.join(', ')}\n`,
        ),
      );
  }
  program
    .command('stop')
    .description(stopService.summary)
    .action(
      run<object, { service: boolean; pid: number | null }>(
        stopService,
        () => ({}),
        ({ service, pid }) =>
          service
            ? `Stopped the service (process ${pid}) and its database.\n`
            : 'No service ran.\n',
      ),
    );
}

interface Detached {
  readonly pid: number;
  readonly address: string | null;
  readonly pidFile: string;
  readonly logFile: string;
  readonly said: readonly string[];
}

function detachedText({ pid, address, pidFile, logFile, said }: Detached): string {
  return [
    ...said,
    `The service runs as process ${pid}${address === null ? '' : ` on ${address}`}.`,
    `pid:  ${pidFile}`,
    `logs: ${logFile}`,
    'See `claude-manager status`; end it with `claude-manager stop`.',
    '',
  ].join('\n');
}

function onceDetached(): AppError {
  return new AppError({
    kind: 'invalid_input',
    code: 'once_detached',
    message: '--once prints what came of it, and a detached service prints to its log.',
    next: 'Leave out --once or --mode daemon.',
  });
}

interface StatusAnswer {
  readonly service: {
    readonly running: boolean;
    readonly pid: number | null;
    readonly host: string | null;
  };
  readonly processes: readonly {
    readonly role: string;
    readonly pid: number;
    readonly host: string;
    readonly isUnsealed: boolean;
  }[];
  readonly database: { readonly kind: string; readonly version: string };
  readonly states: Readonly<Record<string, number>>;
  readonly runsLive: number;
  readonly spentTodayUsd: number;
  readonly paused: readonly string[];
  readonly github: readonly {
    readonly credential: string;
    readonly pointsLeft: number;
    readonly contentLeft: number;
    readonly inFlight: number;
    readonly waiting: Readonly<Record<string, number>>;
    readonly restingUntil: string | null;
    readonly standing: string;
    readonly suspendedSince: string | null;
  }[];
  readonly breakers: readonly {
    readonly name: string;
    readonly state: string;
    readonly until: string | null;
  }[];
  readonly resting: readonly { readonly agent: string; readonly until: string }[];
}

function statusText(answer: StatusAnswer, isShort: boolean): string {
  const states =
    Object.entries(answer.states)
      .map(([state, count]) => `${count} ${state}`)
      .join(', ') || 'no tasks';
  const service = answer.service.running
    ? `running (process ${answer.service.pid} on ${answer.service.host})`
    : 'not running';
  if (isShort) return `service ${service}; ${states}; $${answer.spentTodayUsd.toFixed(2)} today\n`;
  return table([
    ['service', service],
    ...(answer.processes.length < 2
      ? []
      : answer.processes.map(({ role, pid, host }): [string, string] => [
          role,
          `process ${pid} on ${host}`,
        ])),
    ...answer.processes
      .filter(({ isUnsealed }) => isUnsealed)
      .map(({ pid, host }): [string, string] => [
        'sandbox',
        `none: the agents of process ${pid} on ${host} can do anything that its user can`,
      ]),
    ['database', `${answer.database.kind} PostgreSQL ${answer.database.version}`],
    ['tasks', states],
    ['at work', String(answer.runsLive)],
    ['spent today', `$${answer.spentTodayUsd.toFixed(2)} (UTC day, reservations included)`],
    ['paused', answer.paused.join(', ') || 'nothing'],
    ...answer.github.map((left): [string, string] => ['github', githubText(left)]),
    ...answer.breakers
      .filter(({ state }) => state !== 'closed')
      .map(({ name, until }): [string, string] => [
        'breaker',
        `${name} failed too often and is left alone until ${until ?? 'the next probe'}`,
      ]),
    ...answer.resting.map(({ agent, until }): [string, string] => [
      'model_quota',
      `${agent} rests until ${until}`,
    ]),
  ]);
}

function githubText(left: StatusAnswer['github'][number]): string {
  const waiting = Object.entries(left.waiting)
    .filter(([, count]) => count > 0)
    .map(([lane, count]) => `${count} ${lane}`)
    .join(', ');
  return [
    `${left.credential}: ${left.pointsLeft} points left this minute, ${left.contentLeft} creations this hour`,
    `${left.inFlight} under way`,
    waiting === '' ? 'nobody waits' : `waiting: ${waiting}`,
    ...(left.restingUntil === null ? [] : [`rests until ${left.restingUntil}`]),
    ...(left.standing === 'suspended' ? [`suspended since ${left.suspendedSince}`] : []),
    ...(left.standing === 'refused' ? ['GitHub refused it the last time'] : []),
  ].join('; ');
}

function summaryText(answer: ServiceSummary): string {
  const states = Object.entries(answer.states)
    .map(([state, count]) => `${count} ${state}`)
    .join(', ');
  const parts = [
    `${counted(answer.scanned, 'scan')}, ${counted(answer.findings, 'finding')}; ${answer.proposed} proposed, ${answer.approved} approved, ${answer.refused} refused, ${answer.started} started\n`,
    `tasks: ${states === '' ? 'none' : states}\n`,
  ];
  if (answer.pullRequests.length > 0) {
    parts.push(
      '\npull requests:\n',
      table(answer.pullRequests.map(({ url, title, state }) => ['', state, url, title])),
    );
  }
  if (answer.waiting.length > 0) {
    parts.push(
      '\nwaiting:\n',
      table(
        answer.waiting.map(({ id, code, title, text }) => ['', id.slice(0, 12), code, title, text]),
      ),
    );
  }
  for (const { where, message, next } of answer.problems) {
    parts.push(
      `problem: ${printable(where)}: ${printable(message)}${next === null ? '' : ` ${printable(next)}`}\n`,
    );
  }
  return parts.join('');
}

function doctorText(report: DoctorReport): string {
  const lines = report.checks.map(({ name, status, evidence, mend }) => [
    status.replace('_', ' '),
    name,
    mend === null ? evidence : `${evidence} Mend: ${mend}`,
  ]);
  return table(lines, 200);
}

function port(text: string): number {
  const value = Number(text);
  if (!/^\d{1,5}$/u.test(text) || value > 65_535)
    throw new InvalidArgumentError('Give a port from 0 to 65535.');
  return value;
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('Give a number above 0.');
  return value;
}
