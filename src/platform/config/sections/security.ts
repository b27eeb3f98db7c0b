import { z } from 'zod';
import { addresses, key, lines, naturalNumber, positive, section } from '../key.ts';

/** How one credential gets its next value. */
const rotation = z.strictObject({
  rotateEveryDays: positive.max(3650).meta({ description: 'Age at which it is replaced.' }),
  rotator: z.union([z.literal('generate'), lines.min(1)]).meta({
    description:
      '"generate" for secrets of our own making (32 random bytes as hex), or a program with its arguments: it gets the value that stands on standard input and prints the new one.',
  }),
  keepOldHours: z.number().min(0).max(720).default(24).meta({
    description: 'For so long whoever checks accepts the value before as well.',
  }),
});

export const security = section('Limits and sign-in.', {
  rate_limiting: section('Requests of one API client.', {
    max_requests_per_minute: key(naturalNumber.max(100_000), 60, {
      description: 'Operations a minute for one client; 0 turns the limit off.',
    }),
    block_duration_minutes: key(positive.max(43_200), 30, {
      description: 'How long a client that keeps breaking the limit is blocked.',
    }),
    violations_before_block: key(naturalNumber.max(1000), 3, {
      description: 'Refused calls within ten minutes until a client is blocked; 0 never blocks.',
    }),
    max_requests_per_minute_per_address: key(naturalNumber.max(1_000_000), 600, {
      description:
        'Operations a minute of all signed-in clients behind one address together; 0 turns the limit off.',
    }),
    dashboard_reads_per_minute: key(naturalNumber.max(1_000_000), 1200, {
      description: 'What the dashboard of one person may read a minute; 0 turns the limit off.',
    }),
    probe_requests_per_minute: key(naturalNumber.max(1_000_000), 600, {
      description: 'Health probes and metrics a minute for one address; 0 turns the limit off.',
    }),
    never_blocked: key(addresses, [], {
      description:
        'Addresses and networks that are limited but never blocked; this machine itself never is.',
      example: ['10.20.0.0/16'],
    }),
  }),
  inspection: section('Input that looks like an attack; it is flagged and never changed.', {
    probes_before_block: key(naturalNumber.max(1000), 5, {
      description:
        'Different hostile values in fields with a grammar (never in free text) within ten minutes until a client is blocked; 0 never blocks.',
    }),
  }),
  authentication: section('People who sign in.', {
    session_timeout_minutes: key(positive.max(43_200), 480, {
      description: 'A session without activity ends after so many minutes.',
    }),
    session_max_minutes: key(positive.max(43_200), 720, {
      description: 'A session ends after so many minutes, whatever was done in it.',
    }),
    password_min_length: key(naturalNumber.min(8).max(64), 12, {
      description: 'A password has at least so many characters.',
    }),
    max_login_attempts: key(positive.max(100), 5, {
      description: 'Wrong passwords before an account is locked.',
    }),
    require_2fa: key(z.boolean(), false, {
      description: 'Everybody needs a second factor to sign in.',
    }),
  }),
  vault: section('Where credentials are kept, encrypted.', {
    keyFile: key(z.string().min(1).nullable(), null, {
      description:
        'File with the keys of the vault (mode 0600), relative to the configuration; keys/vault.key in the data folder when null. CMS_VAULT_KEY, the systemd credential cms-vault-key and CMS_VAULT_KEY_FILE go before it.',
      restart: true,
      example: '/etc/claude-manager/vault.key',
    }),
    rotate: key(
      z.record(z.string().min(1), rotation),
      {},
      {
        description: 'Credentials that get a new value by themselves, by name.',
        example: { GITHUB_WEBHOOK_SECRET: { rotateEveryDays: 90, rotator: 'generate' } },
      },
    ),
  }),
  audit: section('The log of who did what.', {
    retentionDays: key(positive.min(90).max(36_500), 365, {
      description: 'Entries older than this are removed by a signed statement.',
      restart: true,
    }),
    anchorFile: key(z.string().min(1).nullable(), null, {
      description:
        'A second file for the signed checkpoints, where the database and the data folder are not: another disk, a mount of another machine.',
      restart: true,
      example: '/mnt/witness/claude-manager.jsonl',
    }),
    syslog: key(z.boolean(), false, {
      description: 'Send the signed checkpoints to the system log (program logger) as well.',
      restart: true,
    }),
  }),
});
