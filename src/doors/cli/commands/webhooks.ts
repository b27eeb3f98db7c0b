import type { Command } from 'commander';
import type { DeliveryLine, HookLine } from '../../../operations/webhooks/contract.ts';
import {
  listDeliveries,
  listWebhooks,
  setUpWebhooks,
  workAgain,
} from '../../../operations/webhooks/contract.ts';
import { count } from '../flag-values.ts';
import { type ListPage, moreText, printable, table } from '../output/terminal.ts';
import type { Run } from '../run.ts';

/** `webhooks …`: what GitHub sends us. */
export function addWebhookCommands(program: Command, run: Run): void {
  const webhooks = program.command('webhooks').description('deliveries from GitHub: hooks and log');
  webhooks
    .command('setup')
    .description(setUpWebhooks.summary)
    .option('--url <address>', 'where GitHub reaches this service (default: server.publicUrl)')
    .action(
      run<{ url?: string }, readonly (HookLine & { done: string })[]>(
        setUpWebhooks,
        ([{ url }]) => (url === undefined ? {} : { url }),
        (lines) =>
          table([
            ['REPOSITORY', 'HOOK', 'PROBLEM'],
            ...lines.map(({ repository, done, problem }) => [
              printable(repository),
              done,
              printable(problem ?? ''),
            ]),
          ]),
        { exitCode: (lines) => (lines.some(({ done }) => done === 'failed') ? 1 : 0) },
      ),
    );
  webhooks
    .command('list')
    .description(listWebhooks.summary)
    .action(
      run<never, readonly HookLine[]>(
        listWebhooks,
        () => ({}),
        (lines) =>
          table([
            ['REPOSITORY', 'STATE', 'PROBLEM'],
            ...lines.map(({ repository, state, problem }) => [
              printable(repository),
              state,
              printable(problem ?? ''),
            ]),
          ]),
      ),
    );
  webhooks
    .command('deliveries')
    .description(listDeliveries.summary)
    .option('--state <state>', 'waiting, done or failed')
    .option('--limit <number>', 'at most so many', count)
    .option('--after <cursor>', 'the next page, as the page before named it')
    .action(
      run<object, ListPage<DeliveryLine>>(
        listDeliveries,
        ([flags]) => ({ ...flags }),
        ({ items }) =>
          table([
            ['RECEIVED', 'EVENT', 'STATE', 'TRIES', 'ID', 'ERROR'],
            ...items.map((one) => [
              one.receivedAt,
              one.event,
              one.state,
              String(one.attempts),
              one.id,
              printable(one.error ?? ''),
            ]),
          ]),
        { json: (page) => page.items, notice: moreText },
      ),
    );
  webhooks
    .command('redeliver <id>')
    .description(workAgain.summary)
    .action(
      run<string, { id: string }>(
        workAgain,
        ([id]) => ({ id }),
        ({ id }) => `${id} is worked through again.\n`,
      ),
    );
}
