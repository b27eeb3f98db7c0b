import { z } from 'zod';
import { key, lines, positive, section } from '../key.ts';

export const alerts = section('What a running service tells people when something is not well.', {
  enabled: key(z.boolean(), true, { description: 'Look for trouble again and again.' }),
  everySeconds: key(positive.max(3600), 30, {
    description: 'Seconds between two looks.',
    restart: true,
  }),
  availability: key(z.number().min(0.5).max(0.9999), 0.999, {
    description:
      'Share of operations that must not fail; alerts tell how fast the rest is used up.',
  }),
  latencyFactor: key(z.number().min(1.1).max(100), 2, {
    description:
      'An operation is slow when its 95th percentile is so many times that of `performance baseline`.',
  }),
  webhookCredential: key(z.string().min(1).nullable(), null, {
    description:
      'Name of the credential that holds the address alerts are posted to, in the form that Slack takes; null posts nowhere.',
    example: 'ALERT_WEBHOOK_URL',
  }),
  issues: key(z.boolean(), false, {
    description:
      'Also open an issue in the manager repository for each alert, and close it when the alert is over.',
  }),
  allowedHosts: key(lines, [], {
    description:
      'Hosts inside your own network that the address may lead to; others must be public.',
    example: ['chat.internal'],
  }),
});
