import { z } from 'zod';
import { addresses, key, naturalNumber, positive, section } from '../key.ts';

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
  }),
});
