import { auditing } from './audit-looks.ts';
import { connecting, waiting } from './github-looks.ts';
import { minding, storing, vaulting } from './keeping-looks.ts';
import { type KeyRow, seen, told } from './key-row.ts';
import { limits, signingIn } from './looks.ts';
import { calling, logging, serving, starting } from './service-looks.ts';
import { collecting, telling, waitingFor } from './telling-looks.ts';
import { alerting, archiving, backing, figuring } from './watching-looks.ts';

const rotation = { rotateEveryDays: 90, rotator: 'generate', keepOldHours: 24 };
const often = { 'security.vault.rotate': { SECRET_ONE: { ...rotation, rotateEveryDays: 30 } } };
const rotating = { 'security.vault.rotate': { SECRET_ONE: rotation } };
const webhook = { name: 'chat', url: 'http://127.0.0.1/one', events: ['task.*'], secret: 'ONE' };
const receiver = {
  'notifications.webhooks': [webhook],
  'notifications.allowedHosts': ['127.0.0.1'],
};
const collector = { 'telemetry.otlp.endpoint': 'http://127.0.0.1:4318' };
const server = { 'server.port': 0 };
const once = { 'resilience.github.retry.attempts': 1 };
const big = { 'logging.maxFileMb': 1 };

/** Keys of the service round it: server, security, logs, figures, dependencies, backups, alerts. */
export const serviceRows: Readonly<Record<string, KeyRow>> = {
  environment: seen(starting, 'production'),
  dataDir: seen(backing, '/srv/other'),
  logDir: seen(logging, '/srv/elsewhere'),
  'server.host': seen(serving, '127.0.0.2', server),
  'server.port': seen(serving, 0, { 'server.port': 18_083 }),
  'server.publicUrl': seen(serving, 'https://manager.example.com', server),
  'server.allowedHosts': seen(serving, ['manager.internal'], server),
  'server.trustedProxies': seen(serving, ['127.0.0.1'], server),
  'server.bodyLimitKb': seen(serving, 1, server),
  'server.maxConnections': seen(serving, 1, server),
  'server.maxConnectionsPerAddress': told(
    7,
    [
      'src/doors/http/limit-connections.test.ts',
      'one address holds so many connections and no more, which takes nothing from another',
      'maxConnectionsPerAddress: 3',
    ],
    ['src/app/doors/open-http.ts', 'maxConnectionsPerAddress: server.maxConnectionsPerAddress'],
  ),
  'security.rate_limiting.max_requests_per_minute': seen(limits, 5),
  'security.rate_limiting.block_duration_minutes': seen(limits, 5, {
    'security.rate_limiting.violations_before_block': 1,
  }),
  'security.rate_limiting.violations_before_block': seen(limits, 1),
  'security.rate_limiting.max_requests_per_minute_per_address': seen(limits, 8),
  'security.rate_limiting.dashboard_reads_per_minute': seen(limits, 4),
  'security.rate_limiting.probe_requests_per_minute': seen(limits, 3),
  'security.rate_limiting.never_blocked': seen(limits, ['203.0.113.0/24'], {
    'security.rate_limiting.violations_before_block': 1,
  }),
  'security.inspection.probes_before_block': seen(limits, 2),
  'security.authentication.session_timeout_minutes': seen(signingIn, 60),
  'security.authentication.session_max_minutes': seen(signingIn, 100),
  'security.authentication.password_min_length': seen(signingIn, 20),
  'security.authentication.max_login_attempts': seen(signingIn, 2),
  'security.authentication.require_2fa': seen(signingIn, true),
  'security.vault.keyFile': seen(vaulting, 'named.key'),
  'security.vault.rotate': seen(vaulting, often['security.vault.rotate']),
  'security.vault.rotate.<name>.rotateEveryDays': seen(vaulting, 30, rotating),
  'security.vault.rotate.<name>.rotator': seen(vaulting, ['make-secret'], often),
  'security.vault.rotate.<name>.keepOldHours': seen(vaulting, 1, often),
  'security.audit.retentionDays': seen(auditing, 100),
  'security.audit.anchorFile': seen(auditing, '/srv/anchors.jsonl'),
  'security.audit.syslog': seen(auditing, true),
  'logging.level': seen(logging, 'DEBUG'),
  'logging.format': seen(logging, 'text'),
  'logging.structured_logging': seen(logging, false),
  'logging.security_logging': seen(logging, false),
  'logging.maxFileMb': seen(logging, 1),
  'logging.maxFiles': seen(logging, 1, big),
  'logging.rotateHours': seen(logging, 1),
  'logging.keepDays': seen(logging, 1),
  'logging.standardOutput': seen(logging, true),
  'performance.monitoringEnabled': seen(figuring, false),
  'performance.retentionDays': seen(figuring, 7),
  'telemetry.otlp.endpoint': seen(collecting, 'http://127.0.0.1:4318'),
  'telemetry.otlp.signals': seen(collecting, ['logs'], collector),
  'telemetry.otlp.credential': seen(collecting, 'OTLP_AUTHORIZATION', collector),
  'telemetry.otlp.everySeconds': seen(collecting, 1, collector),
  ...called('github', { retry: true, inFlight: false, waiting: false }),
  'resilience.github.connectMs': seen(connecting, 500, once),
  'resilience.github.firstByteMs': seen(waiting, 500, once),
  'resilience.github.timeoutMs': seen(waiting, 500, once),
  'resilience.github.inFlight': seen(waiting, 2, once),
  ...called('git', { retry: true, inFlight: true, waiting: true }),
  ...called('agents', { retry: false, inFlight: false, waiting: false }),
  ...called('notifications', { retry: false, inFlight: true, waiting: false }),
  'database.poolSize': seen(storing, 3, { 'resilience.git.timeoutMs': 300 }),
  'backup.intervalHours': seen(backing, 1),
  'backup.keep': seen(backing, 2),
  'backup.folder': seen(backing, '/srv/backups'),
  'backup.archiveSeconds': seen(archiving, 5),
  'backup.archiveDays': told(
    2,
    [
      'src/platform/archive/moments.test.ts',
      'what no moment of the days that are kept needs is removed, the newest base never',
      'pruneChains(folder, minute(63))',
    ],
    ['src/app/store/open-archive.ts', 'keepDays: archiveDays'],
  ),
  'alerts.enabled': seen(alerting, false),
  'alerts.availability': seen(alerting, 0.9),
  'alerts.latencyFactor': seen(alerting, 5),
  'alerts.webhookCredential': seen(alerting, 'ALERTS'),
  'alerts.everySeconds': seen(minding, 1),
  'alerts.issues': seen(alerting, true, { 'github.managerRepo': 'acme/manager' }),
  'alerts.allowedHosts': seen(alerting, ['127.0.0.1'], { 'alerts.webhookCredential': 'ALERTS' }),
  'notifications.webhooks': seen(telling, [webhook], {
    'notifications.allowedHosts': ['127.0.0.1'],
  }),
  'notifications.webhooks[].name': seen(telling, 'other', receiver),
  'notifications.webhooks[].url': seen(telling, 'http://127.0.0.1/two', receiver),
  'notifications.webhooks[].events': seen(telling, ['task.done'], receiver),
  'notifications.webhooks[].secret': seen(telling, 'TWO', receiver),
  'notifications.allowedHosts': seen(telling, ['127.0.0.1'], {
    'notifications.webhooks': [webhook],
  }),
  'notifications.keepDays': seen(telling, 3),
};

/** Rows of a dependency under `resilience`. */
function called(
  section: 'github' | 'git' | 'agents' | 'notifications',
  has: { readonly retry: boolean; readonly inFlight: boolean; readonly waiting: boolean },
): Readonly<Record<string, KeyRow>> {
  const look = calling(section);
  const at = `resilience.${section}`;
  return {
    ...(section === 'notifications'
      ? {
          [`${at}.timeoutMs`]: seen(waitingFor, 20_000, { ...receiver, [`${at}.timeoutMs`]: 250 }),
        }
      : {}),
    ...(section === 'git'
      ? { [`${at}.timeoutMs`]: seen(storing, 600, { [`${at}.timeoutMs`]: 300 }) }
      : {}),
    ...(has.retry
      ? {
          [`${at}.retry.attempts`]: seen(look, 5),
          [`${at}.retry.baseMs`]: seen(look, 50),
          [`${at}.retry.capMs`]: seen(look, 60),
        }
      : {}),
    ...(has.inFlight ? { [`${at}.inFlight`]: seen(look, 2) } : {}),
    ...(has.waiting ? { [`${at}.waiting`]: seen(look, 3) } : {}),
    [`${at}.breaker.failureRatio`]: seen(look, 0.99),
    [`${at}.breaker.windowMs`]: seen(look, 2000),
    [`${at}.breaker.minimumCalls`]: seen(look, 30),
    [`${at}.breaker.openMs`]: seen(look, 20_000),
  };
}
