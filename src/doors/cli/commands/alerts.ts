import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import type { AlertLine } from '../../../operations/alerts/contract.ts';
import { listAlerts, resolveAlert, silenceAlert } from '../../../operations/alerts/contract.ts';
import { table } from '../output/terminal.ts';
import type { Run } from '../run.ts';

/** `alerts list|silence|resolve`. */
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
  alerts
    .command('silence')
    .description(silenceAlert.summary)
    .argument('<alert>', 'id, as the list prints it')
    .option('--hours <number>', 'for how long', hoursOf, 4)
    .action(
      run<string & { hours: number }, AlertLine>(
        silenceAlert,
        ([id, { hours }]) => ({ id, hours }),
        ({ id, silencedUntil }) => `Alert ${id} is silent until ${silencedUntil ?? ''}.\n`,
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
