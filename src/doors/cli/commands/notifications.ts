import type { Command } from 'commander';
import type { MessageLine, ReceiverLine } from '../../../operations/notifications/contract.ts';
import {
  listMessages,
  listReceivers,
  sendAgain,
  testReceiver,
} from '../../../operations/notifications/contract.ts';
import { count } from '../flag-values.ts';
import { type ListPage, moreText, printable, table } from '../output/terminal.ts';
import type { Run } from '../run.ts';

/** `notifications …`: what we tell other programs. */
export function addNotificationCommands(program: Command, run: Run): void {
  const notifications = program
    .command('notifications')
    .description('messages to other programs (notifications.webhooks of the configuration)');
  notifications
    .command('list')
    .description(listReceivers.summary)
    .action(
      run<never, readonly ReceiverLine[]>(
        listReceivers,
        () => ({}),
        (lines) =>
          lines.length === 0
            ? 'Nobody is told. Name programs in notifications.webhooks of the configuration.\n'
            : table([
                ['NAME', 'EVENTS', 'WAITING', 'FAILED', 'LAST DELIVERED', 'URL'],
                ...lines.map((one) => [
                  one.name,
                  one.events.map(printable).join(' '),
                  String(one.waiting),
                  String(one.failed),
                  one.lastDeliveredAt ?? '',
                  printable(one.url),
                ]),
              ]),
      ),
    );
  notifications
    .command('deliveries')
    .description(listMessages.summary)
    .option('--receiver <name>', 'only messages to this one')
    .option('--state <state>', 'waiting, delivered or failed')
    .option('--limit <number>', 'at most so many', count)
    .option('--after <cursor>', 'the next page, as the page before named it')
    .action(
      run<object, ListPage<MessageLine>>(
        listMessages,
        ([flags]) => ({ ...flags }),
        ({ items }) =>
          table([
            ['CREATED', 'RECEIVER', 'TYPE', 'STATE', 'TRIES', 'STATUS', 'ID', 'PROBLEM'],
            ...items.map((one) => [
              one.createdAt,
              one.receiver,
              one.type,
              one.state,
              String(one.attempts),
              one.status === null ? '' : String(one.status),
              one.id,
              printable(one.problem ?? ''),
            ]),
          ]),
        { json: (page) => page.items, notice: moreText },
      ),
    );
  notifications
    .command('redeliver <id>')
    .description(sendAgain.summary)
    .action(
      run<string, { id: string }>(
        sendAgain,
        ([id]) => ({ id }),
        ({ id }) => `${id} is sent again by the running service.\n`,
      ),
    );
  notifications
    .command('test <receiver>')
    .description(testReceiver.summary)
    .action(
      run<string, { id: string }>(
        testReceiver,
        ([receiver]) => ({ receiver }),
        ({ id }) =>
          `Message ${id} waits for the running service; see \`claude-manager notifications deliveries\`.\n`,
      ),
    );
}
