import { z } from 'zod';
import { key, lines, section, webAddress } from '../key.ts';

const webhook = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,39}$/u, 'expected lower-case letters, digits and hyphens')
    .meta({ description: 'How the log of deliveries calls it.', example: 'chat' }),
  url: webAddress.meta({
    description: 'Where messages are posted to.',
    example: 'https://hooks.example.com/backlog',
  }),
  events: key(lines, ['task.*'], {
    description: 'Which messages it gets: task.approved, task.done, …; a star takes all of a kind.',
    example: ['task.proposed', 'task.needs_attention'],
  }),
  secret: z.string().min(1).meta({
    description: 'Name of the credential that messages are signed with.',
    example: 'BACKLOG_WEBHOOK_SECRET',
  }),
});

export const notifications = section('Other programs that are told what happens to tasks.', {
  webhooks: key(z.array(webhook).refine(hasUniqueNames, 'two of them have the same name'), [], {
    description: 'Who is told; names are unique.',
    example: [
      { name: 'chat', url: 'https://hooks.example.com/backlog', secret: 'BACKLOG_WEBHOOK_SECRET' },
    ],
  }),
  allowedHosts: key(lines, [], {
    description:
      'Hosts inside your own network that messages may go to; other addresses must be public.',
    example: ['backlog.internal'],
  }),
  keepDays: key(z.number().int().min(1).max(3650), 30, {
    description: 'How long the log of deliveries is kept.',
  }),
});

function hasUniqueNames(webhooks: readonly { readonly name: string }[]): boolean {
  return new Set(webhooks.map(({ name }) => name)).size === webhooks.length;
}
