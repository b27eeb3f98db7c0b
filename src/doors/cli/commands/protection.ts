import type { Command } from 'commander';
import type {
  BlockLine,
  CleanupReport,
  SecurityStatus,
} from '../../../operations/protection/contract.ts';
import {
  cleanUpSecurity,
  liftBlock,
  listBlocks,
  securityStatus,
} from '../../../operations/protection/contract.ts';
import { table } from '../output/terminal.ts';
import type { Run } from '../run.ts';

/** `security status`, `security cleanup`, `security blocks list|lift`, below the command that is there. */
export function addProtectionCommands(security: Command, run: Run): void {
  security
    .command('status')
    .description(securityStatus.summary)
    .action(run<object, SecurityStatus>(securityStatus, () => ({}), statusText));
  security
    .command('cleanup')
    .description(cleanUpSecurity.summary)
    .action(
      run<object, CleanupReport>(
        cleanUpSecurity,
        () => ({}),
        ({ sessions, tokens, blocks }) =>
          `Removed ${sessions} sessions, ${tokens} tokens and ${blocks} blocks that had ended.\n`,
      ),
    );
  const blocks = security.command('blocks').description('clients that are turned away');
  blocks
    .command('list')
    .description(listBlocks.summary)
    .action(
      run<object, { items: readonly BlockLine[] }>(
        listBlocks,
        () => ({}),
        ({ items }) => (items.length === 0 ? 'Nobody is blocked.\n' : blockTable(items)),
      ),
    );
  blocks
    .command('lift')
    .description(liftBlock.summary)
    .argument('<block>', 'id or client, as the list prints them')
    .action(
      run<string, { lifted: readonly BlockLine[] }>(
        liftBlock,
        ([block]) => ({ block }),
        ({ lifted }) => lifted.map(({ subject }) => `Lifted: ${subject}\n`).join(''),
      ),
    );
}

function blockTable(items: readonly BlockLine[]): string {
  const rows = items.map(({ id, subject, reason, since, until }) => [
    id,
    subject,
    reason,
    since,
    until,
  ]);
  return table([['ID', 'CLIENT', 'REASON', 'SINCE', 'UNTIL'], ...rows]);
}

function statusText({ limits, blocks, signIn, credentials, audit }: SecurityStatus): string {
  const count = (value: number | null): string => (value === null ? 'not measured' : String(value));
  return table([
    [
      'requests a minute',
      `${limits.requestsPerMinute} a client, ${limits.requestsPerMinuteOfAddress} an address`,
    ],
    ['blocked', `${blocks.standing} now, ${blocks.begunInLastDay} begun in the last day`],
    [
      'blocks begin after',
      `${limits.violationsBeforeBlock} refusals or ${limits.probesBeforeBlock} probes in 10 min, for ${limits.blockMinutes} min`,
    ],
    [
      'accounts',
      `${count(signIn.accounts)}, ${count(signIn.withoutSecondFactor)} without a second factor (${signIn.secondFactorRequired ? 'required' : 'not required'})`,
    ],
    ['locked accounts', count(signIn.lockedAccounts)],
    ['open sessions', count(signIn.sessions)],
    ['API tokens', count(signIn.tokens)],
    [
      'credentials',
      `${count(credentials.stored)}, ${count(credentials.expired)} expired, ${count(credentials.expiringWithin14Days)} expire within 14 days`,
    ],
    [
      'audit entries',
      `${count(audit.entries)}, the last at ${audit.lastEntryAt ?? 'no time: there is none'}`,
    ],
  ]);
}
