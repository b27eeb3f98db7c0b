import { auditing } from './audit-looks.ts';
import { connecting, waiting } from './github-looks.ts';
import { type KeyRow, seen, told } from './key-row.ts';
import { limits, signingIn } from './looks.ts';
import { calling, logging, serving } from './service-looks.ts';
import { collecting, telling } from './telling-looks.ts';
import { alerting, backing, figuring } from './watching-looks.ts';

const rotation = { rotateEveryDays: 90, rotator: 'generate', keepOldHours: 24 };
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

const vault = (title: string) => ['src/platform/vault/vault.test.ts', title] as const;

/** Keys of the service round it: server, security, logs, figures, dependencies, backups, alerts. */
export const serviceRows: Readonly<Record<string, KeyRow>> = {
  dataDir: told(
    '/srv/other',
    ['test/end-to-end/daemon.test.ts', 'a detached service answers'],
    ['src/app/open-rooms.ts', 'dataDir: config.dataDir'],
  ),
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
    ['src/doors/http/limit-connections.test.ts', 'one address holds so many connections'],
    ['src/app/doors/open-http.ts', 'server.maxConnectionsPerAddress'],
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
  'security.vault.keyFile': told(
    '/srv/vault.key',
    vault('without the key, or with another one, nothing is read'),
    ['src/app/store/open-vault.ts', 'config.security.vault.keyFile'],
  ),
  'security.vault.rotate': told(
    rotating['security.vault.rotate'],
    vault('a secret of ours is made anew when it is due'),
    ['src/app/store/open-vault.ts', 'security.vault.rotate'],
  ),
  'security.vault.rotate.<name>.rotateEveryDays': told(
    30,
    vault('a secret of ours is made anew when it is due'),
    ['src/app/store/open-vault.ts', 'security.vault.rotate'],
    rotating,
  ),
  'security.vault.rotate.<name>.rotator': told(
    ['make-secret'],
    vault('a program gets the value that stands and its name'),
    ['src/app/store/open-vault.ts', 'security.vault.rotate'],
    rotating,
  ),
  'security.vault.rotate.<name>.keepOldHours': told(
    1,
    vault('the one before holds a while'),
    ['src/app/store/open-vault.ts', 'security.vault.rotate'],
    rotating,
  ),
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
  'database.poolSize': told(
    3,
    ['src/platform/database/database.test.ts', 'pool'],
    ['src/app/store/open-store.ts', 'poolSize: config.database.poolSize'],
  ),
  'backup.intervalHours': seen(backing, 1),
  'backup.keep': seen(backing, 2),
  'backup.folder': seen(backing, '/srv/backups'),
  'alerts.enabled': seen(alerting, false),
  'alerts.availability': seen(alerting, 0.9),
  'alerts.latencyFactor': seen(alerting, 5),
  'alerts.webhookCredential': seen(alerting, 'ALERTS'),
  'alerts.everySeconds': told(
    60,
    ['src/platform/alerts/alerts.test.ts', 'that has to last is pending first'],
    ['src/app/watching/open-alerts.ts', 'alerts.everySeconds'],
  ),
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
    ...(section === 'git' || section === 'notifications'
      ? {
          [`${at}.timeoutMs`]: told(
            500,
            [
              'src/platform/resilience/make-robust.test.ts',
              'a try that takes too long is a timeout',
            ],
            [
              section === 'git' ? 'src/app/store/open-store.ts' : 'src/app/watching/open-alerts.ts',
              'timeoutMs',
            ],
          ),
        }
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
