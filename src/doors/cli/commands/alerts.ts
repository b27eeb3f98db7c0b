import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import type { AlertLine, SilenceLine } from '../../../operations/alerts/contract.ts';
import {
  createSilence,
  endSilence,
  listAlerts,
  listSilences,
  resolveAlert,
  silenceAlert,
} from '../../../operations/alerts/contract.ts';
import { table } from '../output/terminal.ts';
import type { Run } from '../run.ts';

interface SilenceFlags {
  readonly hours?: number;
  readonly for?: number;
  readonly subject?: string;
  readonly reason?: string;
}

/** `alerts list|silence|silences|unsilence|resolve`. */
export function addAlertCommands(program: Command, run: Run): void {
  const alerts = program.command('alerts').description('what a running service found not well');
  alerts
    .command('list')
    .description(listAlerts.summary)
    .option('--all', 'with those that are over')
    .action(
      run<object, { items: readonly AlertLine[] }>(
        listAlerts,
        ([flags]) => flags,
        ({ items }) => (items.length === 0 ? 'No alerts.\n' : alertTable(items)),
        { exitCode: ({ items }) => (items.some(({ state }) => state === 'firing') ? 1 : 0) },
      ),
    );
  const silenceOne = run<string & SilenceFlags, AlertLine>(
    silenceAlert,
    ([id, flags]) => ({ id, hours: lengthOf(flags), reason: flags.reason }),
    ({ id, silencedUntil }) => `Alert ${id} is silent until ${silencedUntil ?? ''}.\n`,
  );
  const silenceKind = run<string & SilenceFlags, SilenceLine>(
    createSilence,
    ([what, flags]) => ({
      ...(what === 'all' ? {} : { kind: what }),
      subject: flags.subject,
      hours: lengthOf(flags),
      reason: flags.reason,
    }),
    (silence) =>
      `Nobody is told of ${whatOf(silence)} until ${silence.until} (silence ${silence.id}).\n`,
  );
  alerts
    .command('silence')
    .description(
      'Tell nobody of an alert, of a kind of alerts or of all of them for some hours, whether they stand or begin meanwhile',
    )
    .argument('<what>', 'id of an alert as the list prints it, a kind such as latency, or all')
    .option('--hours <number>', 'for how long; 4 hours when not said', hoursOf)
    .option('--for <time>', 'the same as 30m, 2h or 3d', timeOf)
    .option('--subject <text>', 'of the kind only what is about this')
    .option('--reason <text>', 'why, for whoever looks')
    .action((what: string, ...rest: readonly unknown[]) =>
      (/^[0-9a-f]{12}$/u.test(what) ? silenceOne : silenceKind)(what, ...rest),
    );
  alerts
    .command('silences')
    .description(listSilences.summary)
    .action(
      run<object, { items: readonly SilenceLine[] }>(
        listSilences,
        () => ({}),
        ({ items }) => (items.length === 0 ? 'No silences.\n' : silenceTable(items)),
      ),
    );
  alerts
    .command('unsilence')
    .description(endSilence.summary)
    .argument('<silence>', 'id, as `alerts silences` prints it')
    .action(
      run<string, SilenceLine>(
        endSilence,
        ([id]) => ({ id }),
        (silence) => `People are told of ${whatOf(silence)} again.\n`,
      ),
    );
  alerts
    .command('resolve')
    .description(resolveAlert.summary)
    .argument('<alert>', 'id, as the list prints it')
    .action(
      run<string, AlertLine>(
        resolveAlert,
        ([id]) => ({ id }),
        ({ id }) => `Alert ${id} is over.\n`,
      ),
    );
}

function whatOf({ kind, subject }: Pick<SilenceLine, 'kind' | 'subject'>): string {
  const about = subject === null ? '' : ` (${subject})`;
  return `${kind === null ? 'all alerts' : `alerts of the kind ${kind}`}${about}`;
}

function lengthOf(flags: Pick<SilenceFlags, 'hours' | 'for'>): number {
  return flags.for ?? flags.hours ?? 4;
}

const hoursIn = { m: 1 / 60, h: 1, d: 24 } as const;

/** Hours of a time such as 30m, 2h or 3d. */
function timeOf(text: string): number {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)([mhd])$/u.exec(text) ?? [];
  if (number === '') throw new InvalidArgumentError('Give a time such as 30m, 2h or 3d.');
  return hoursOf(String(Number(number) * hoursIn[unit as keyof typeof hoursIn]));
}

function hoursOf(text: string): number {
  const value = Number(text);
  if (value > 0 && value <= 720) return value;
  throw new InvalidArgumentError('Give a number of hours above 0, at most 720.');
}

function alertTable(items: readonly AlertLine[]): string {
  const rows = items.map((one) => [
    one.id,
    one.state + (one.silencedUntil === null ? '' : ' (silenced)'),
    one.severity,
    one.kind,
    one.since,
    one.text,
  ]);
  return table([['ID', 'STATE', 'SEVERITY', 'KIND', 'SINCE', 'WHAT'], ...rows], 100);
}

function silenceTable(items: readonly SilenceLine[]): string {
  const rows = items.map(({ id, until, by, reason, ...silence }) => [
    id,
    whatOf(silence),
    until,
    by,
    reason ?? '',
  ]);
  return table([['ID', 'WHAT', 'UNTIL', 'BY', 'WHY'], ...rows], 100);
}
