import { z } from 'zod';
import { key, naturalNumber, positive, section } from '../key.ts';

export const security = section('Limits and sign-in.', {
  rate_limiting: section('Requests of one API client.', {
    max_requests_per_minute: key(naturalNumber.max(100_000), 60, {
      description: 'Operations a minute for one client; 0 turns the limit off.',
    }),
    block_duration_minutes: key(positive.max(43_200), 30, {
      description: 'How long a client that keeps breaking the limit is blocked.',
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
