import {
  agents,
  calling,
  type Look,
  limits,
  logging,
  owning,
  policy,
  proposing,
  serving,
  signingIn,
  watching,
} from './looks.ts';

/** How one key is seen to change what the program does. */
export interface KeyRow {
  /** A value that is not the default. */
  readonly other: unknown;
  /** What else the file says, before and after; keys by their path. */
  readonly base?: Readonly<Record<string, unknown>>;
  /** Asked before and after: the answers differ. */
  readonly look?: Look;
  /** Else the test that sees it, and the place where the key gets there. */
  readonly seenIn?: readonly [file: string, title: string];
  readonly wiredIn?: readonly [file: string, text: string];
}

const seen = (look: Look, other: unknown, base?: KeyRow['base']): KeyRow => ({
  other,
  look,
  ...(base === undefined ? {} : { base }),
});
const told = (
  other: unknown,
  seenIn: readonly [string, string],
  wiredIn: readonly [string, string],
  base?: KeyRow['base'],
): KeyRow => ({ other, seenIn, wiredIn, ...(base === undefined ? {} : { base }) });

const entry = { repositories: [{ match: 'acme/*' }] };
const night = { days: ['mon'], from: '10:00', to: '14:00', timezone: 'UTC' };
const quiet = { 'executor.quietHours': [{ ...night, to: '11:00' }] };
const mine = { 'executor.agents': { mine: { kind: 'command', command: ['true'] } } };
const app = { id: 1, privateKey: 'KEY', installationId: 1 };
const credential = { 'github.credentials': [{ match: 'a/*', token: 'ONE' }] };
const appCredential = { 'github.credentials': [{ match: 'a/*', app }] };
const rotation = { rotateEveryDays: 90, rotator: 'generate', keepOldHours: 24 };
const rotating = { 'security.vault.rotate': { SECRET_ONE: rotation } };
const webhook = { name: 'chat', url: 'https://a.example', events: ['task.*'], secret: 'ONE' };
const told_ = { 'notifications.webhooks': [webhook] };
const server = { 'server.port': 0 };
const big = { 'logging.maxFileMb': 1 };

const githubApp = ['test/end-to-end/github-app.test.ts', 'the whole loop works as an app'] as const;
const vault = (title: string) => ['src/platform/vault/vault.test.ts', title] as const;
const runner = (title: string) => ['src/integrations/agents/runner.test.ts', title] as const;
const faults = (title: string) => ['src/integrations/github/github-faults.test.ts', title] as const;
const outbox = (title: string) => ['src/platform/outbox/outbox.test.ts', title] as const;
const otlp = 'src/platform/otlp/otlp.test.ts';
const rotated = 'a file is rotated for its age too';
const bounded = ['src/app/open-agents.ts', 'bounds().'] as const;

/** One row for each key of the schema; a key without one fails the table. */
export const keyRows: Readonly<Record<string, KeyRow>> = {
  'github.username': seen(owning, 'somebody-else'),
  'github.managerRepo': seen(watching, 'acme/other', { 'github.managerRepo': 'acme/manager' }),
  'github.app': told(app, githubApp, ['src/app/github-access.ts', '?? app']),
  'github.credentials': told(credential['github.credentials'], githubApp, [
    'src/app/github-access.ts',
    'credentials',
  ]),
  'github.credentials[].match': told(
    'b/*',
    githubApp,
    ['src/app/github-access.ts', 'match'],
    credential,
  ),
  'github.credentials[].token': told(
    'TWO',
    githubApp,
    ['src/app/github-access.ts', 'token'],
    credential,
  ),
  'github.credentials[].app.id': told(
    2,
    ['src/integrations/github/credentials/credentials.test.ts', 'says where it is not installed'],
    ['src/app/github-access.ts', 'app'],
    appCredential,
  ),
  'github.credentials[].app.privateKey': told(
    'OTHER',
    ['src/integrations/github/credentials/credentials.test.ts', 'its key is wrong'],
    ['src/app/github-access.ts', 'privateKey'],
    appCredential,
  ),
  'github.credentials[].app.installationId': told(
    7,
    ['src/integrations/github/credentials/credentials.test.ts', 'sees what it is installed on'],
    ['src/app/github-access.ts', 'installationId'],
    appCredential,
  ),
  'github.reposToScan': seen(watching, ['acme/widgets'], { 'github.managerRepo': 'acme/manager' }),
  'github.apiUrl': told('http://127.0.0.1:9/api', faults('a write to where nothing listens'), [
    'src/app/open-github.ts',
    'apiUrl',
  ]),
  'github.serverUrl': told(
    'http://127.0.0.1:9',
    faults('git gets its credential by environment, bound to the server'),
    ['src/app/open-github.ts', 'serverUrl'],
  ),
  'github.pollSeconds': told(
    9,
    ['test/webhooks.test.ts', 'starts the work without a poll'],
    ['src/app/open-engine.ts', 'github.pollSeconds'],
  ),
  'github.labels.approved': seen(proposing, 'go'),
  'github.labels.proposal': seen(proposing, 'idea'),
  'github.labels.agents': seen(proposing, { 'mine-task': 'mine' }),
  'github.webhooks.path': told(
    '/hooks',
    ['test/webhooks.test.ts', 'only what is signed over exactly these bytes is taken'],
    ['src/app/open-webhooks.ts', 'webhooks.path'],
  ),
  'github.webhooks.keepDays': told(
    60,
    ['test/webhooks.test.ts', 'each delivery once'],
    ['src/app/open-webhooks.ts', 'webhooks.keepDays'],
  ),
  'analyzer.scanForTodos': told(
    false,
    ['src/pipeline/scan/scan-repository.test.ts', 'a finding that goes is fixed'],
    ['src/app/open-scan.ts', 'scanForTodos ?'],
  ),
  'analyzer.scanOpenIssues': told(
    false,
    ['src/pipeline/scan/scan-repository.test.ts', 'quiet issues with a label are findings'],
    ['src/app/open-scan.ts', 'scanOpenIssues ?'],
  ),
  'analyzer.tags': told(
    ['REVISIT'],
    ['src/pipeline/scan/scan-path.test.ts', 'tag'],
    ['src/app/open-scan.ts', 'analyzer.tags'],
  ),
  'analyzer.issueLabels': told(
    ['wanted'],
    ['src/pipeline/scan/scan-repository.test.ts', 'fresh, unlabeled and own ones are not'],
    ['src/app/open-scan.ts', 'analyzer.issueLabels'],
  ),
  'analyzer.maxIssuesPerRepo': seen(proposing, 2),
  'analyzer.staleAfterDays': told(
    9,
    ['src/pipeline/scan/scan-repository.test.ts', 'quiet issues with a label'],
    ['src/app/open-scan.ts', 'analyzer.staleAfterDays'],
  ),
  'analyzer.intervalMinutes': told(
    5,
    ['src/pipeline/cycle.test.ts', 'scan'],
    ['src/app/open-engine.ts', 'analyzer.intervalMinutes'],
  ),
  'executor.terragonUsername': seen(agents, '@other'),
  'executor.reviewer': seen(policy, 'codex'),
  'executor.default': seen(proposing, 'codex'),
  'executor.maxConcurrent': told(
    3,
    ['src/platform/durable/engine.test.ts', 'queue'],
    ['src/app/open-engine.ts', 'executor.maxConcurrent'],
  ),
  'executor.timeoutMinutes': seen(policy, 7),
  'executor.stallMinutes': seen(policy, 7),
  'executor.maxAttempts': seen(policy, 7),
  'executor.maxRounds': seen(policy, 7),
  'executor.quietHours': seen(proposing, [night]),
  'executor.quietHours[].days': seen(proposing, ['sun'], { 'executor.quietHours': [night] }),
  'executor.quietHours[].from': seen(proposing, '12:30', { 'executor.quietHours': [night] }),
  'executor.quietHours[].to': seen(proposing, '13:00', quiet),
  'executor.quietHours[].timezone': seen(proposing, 'Asia/Tokyo', {
    'executor.quietHours': [night],
  }),
  'executor.drainMinutes': told(
    0,
    ['test/end-to-end/http-service.test.ts', 'ends in order'],
    ['src/app/open-engine.ts', 'executor.drainMinutes'],
  ),
  'executor.budget.perRunUsd': seen(policy, 1),
  'executor.budget.perTaskUsd': seen(policy, 1),
  'executor.budget.perRepositoryDayUsd': seen(policy, 1),
  'executor.budget.perDayUsd': seen(policy, 9),
  'executor.budget.perMonthUsd': seen(policy, 1),
  'executor.budget.perRunTokens': seen(policy, 1),
  'executor.budget.perRunTurns': seen(policy, 1),
  'executor.limits.memoryMb': told(
    512,
    ['src/integrations/sandbox/sandbox.suite.ts', 'memory'],
    [bounded[0], 'bounds().memoryMb'],
  ),
  'executor.limits.processes': told(
    64,
    ['src/integrations/sandbox/sandbox.suite.ts', 'processes'],
    [bounded[0], 'bounds().processes'],
  ),
  'executor.limits.fileMb': told(64, runner('stops when it fills the disk'), [
    bounded[0],
    'bounds().fileMb',
  ]),
  'executor.limits.outputMb': seen(policy, 1),
  'executor.limits.changedFiles': seen(policy, 1),
  'executor.limits.patchKb': seen(policy, 1),
  'executor.limits.binaryFileKb': seen(policy, 1),
  'executor.sandbox': told(
    'bubblewrap',
    ['src/integrations/sandbox/choose-sandbox.test.ts', 'bubblewrap'],
    ['src/app/open-agents.ts', 'sandbox: wanted'],
  ),
  'executor.allowUnsandboxed': told(
    true,
    ['src/integrations/sandbox/choose-sandbox.test.ts', 'allowUnsandboxed'],
    ['src/app/open-agents.ts', 'allowUnsandboxed || isDemo'],
  ),
  'executor.egress': seen(policy, ['a.example']),
  'executor.prompts': told(
    '/srv/prompts',
    ['src/pipeline/execute/prompt.test.ts', 'template'],
    ['src/app/settings.ts', 'prompts === null'],
  ),
  'executor.agents': seen(agents, mine['executor.agents']),
  'executor.agents.<name>.kind': seen(agents, 'codex', mine),
  'executor.agents.<name>.command': seen(agents, ['false'], mine),
  'executor.agents.<name>.env': seen(agents, { A: 'b' }, mine),
  'executor.agents.<name>.secrets': seen(agents, ['SECRET_ONE'], mine),
  'executor.agents.<name>.task': seen(agents, 'stdin', mine),
  'executor.agents.<name>.model': seen(agents, 'small', mine),
  'approval.approvers': seen(policy, 2),
  'approval.separateFrom': seen(policy, ['proposer']),
  'approval.expiresDays': seen(policy, 3),
  'approval.people': seen(policy, { ann: ['github:ann', 'user:ann'] }),
  repositories: seen(policy, [{ match: 'acme/*', checks: ['true'] }]),
  'repositories[].match': seen(watching, 'other/*', {
    ...entry,
    'github.managerRepo': 'acme/manager',
  }),
  'repositories[].host': seen(watching, 'local', {
    repositories: [{ match: 'code/widgets' }],
    'github.managerRepo': 'acme/manager',
  }),
  'repositories[].exclude': seen(watching, ['acme/old'], {
    ...entry,
    'github.managerRepo': 'acme/manager',
  }),
  'repositories[].base': seen(proposing, 'develop', entry),
  'repositories[].agent': seen(proposing, 'codex', entry),
  'repositories[].setup': seen(policy, ['true'], entry),
  'repositories[].checks': seen(policy, ['true'], entry),
  'repositories[].egress': seen(policy, ['a.example'], entry),
  'repositories[].protectedPaths': seen(policy, ['deploy/**'], entry),
  'repositories[].protectedPathsPolicy': seen(policy, 'human', entry),
  'repositories[].reviewer': seen(policy, 'codex', entry),
  'repositories[].caps.proposalsOpen': seen(proposing, 1, entry),
  'repositories[].budget.perRunUsd': seen(policy, 1, entry),
  'repositories[].budget.perTaskUsd': seen(policy, 1, entry),
  'repositories[].budget.perRepositoryDayUsd': seen(policy, 1, entry),
  'repositories[].budget.perDayUsd': seen(policy, 9, entry),
  'repositories[].approval.approvers': seen(policy, 2, entry),
  'repositories[].approval.separateFrom': seen(policy, ['editor'], entry),
  'repositories[].approval.expiresDays': seen(policy, 3, entry),
  'repositories[].paused': seen(proposing, true, entry),
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
    ['src/app/open-vault.ts', 'config.security.vault.keyFile'],
  ),
  'security.vault.rotate': told(
    rotating['security.vault.rotate'],
    vault('a secret of ours is made anew when it is due'),
    ['src/app/open-vault.ts', 'security.vault.rotate'],
  ),
  'security.vault.rotate.<name>.rotateEveryDays': told(
    30,
    vault('a secret of ours is made anew when it is due'),
    ['src/app/open-vault.ts', 'security.vault.rotate'],
    rotating,
  ),
  'security.vault.rotate.<name>.rotator': told(
    ['make-secret'],
    vault('a program gets the value that stands and its name'),
    ['src/app/open-vault.ts', 'security.vault.rotate'],
    rotating,
  ),
  'security.vault.rotate.<name>.keepOldHours': told(
    1,
    vault('the one before holds a while'),
    ['src/app/open-vault.ts', 'security.vault.rotate'],
    rotating,
  ),
  'security.audit.retentionDays': told(
    100,
    ['src/platform/audit/history.test.ts', 'removes what is old up to a checkpoint'],
    ['src/app/open-audit.ts', 'retentionDays * dayMs'],
  ),
  'security.audit.anchorFile': told(
    '/srv/anchors.jsonl',
    ['src/platform/audit/history.test.ts', 'is carried to its anchors later'],
    ['src/app/open-audit.ts', 'createAnchorFile(anchorFile)'],
  ),
  'security.audit.syslog': told(
    true,
    ['src/platform/audit/history.test.ts', 'is carried to its anchors later'],
    ['src/app/open-audit.ts', 'syslog ?'],
  ),
  'logging.level': seen(logging, 'DEBUG'),
  'logging.format': seen(logging, 'text'),
  'logging.structured_logging': seen(logging, false),
  'logging.security_logging': seen(logging, false),
  'logging.maxFileMb': seen(logging, 1),
  'logging.maxFiles': seen(logging, 1, big),
  'logging.rotateHours': told(
    1,
    ['src/platform/logging/rotating-file.test.ts', rotated],
    ['src/app/open-logger.ts', 'logging.rotateHours'],
  ),
  'logging.keepDays': told(
    1,
    ['src/platform/logging/rotating-file.test.ts', rotated],
    ['src/app/open-logger.ts', 'logging.keepDays'],
  ),
  'logging.standardOutput': told(
    true,
    ['test/end-to-end/checklist.test.ts', "log_aggregation: 'pass'"],
    ['src/app/open-logger.ts', 'logging.standardOutput &&'],
  ),
  'performance.monitoringEnabled': told(
    false,
    ['src/platform/telemetry/telemetry.test.ts', 'history'],
    ['src/app/open-telemetry.ts', 'monitoringEnabled) return'],
  ),
  'performance.retentionDays': told(
    7,
    ['src/platform/telemetry/telemetry.test.ts', 'prune'],
    ['src/app/open-telemetry.ts', 'retentionDays * dayMs'],
  ),
  'telemetry.otlp.endpoint': told(
    'http://127.0.0.1:4318',
    [otlp, 'a collector gets the lines and the steps'],
    ['src/app/open-otlp.ts', 'telemetry.otlp'],
  ),
  'telemetry.otlp.signals': told(
    ['logs'],
    [otlp, 'a collector gets the same figures'],
    ['src/app/open-otlp.ts', 'signals'],
  ),
  'telemetry.otlp.credential': told(
    'OTLP_AUTHORIZATION',
    [otlp, 'a collector that refuses is told of once'],
    ['src/app/open-otlp.ts', 'credential'],
  ),
  'telemetry.otlp.everySeconds': told(
    1,
    [otlp, 'a collector gets the same figures'],
    ['src/app/open-otlp.ts', 'everySeconds * 1000'],
  ),
  ...called('github', { retry: true, inFlight: false, waiting: false }),
  'resilience.github.connectMs': told(500, faults('connectMs'), [
    'src/app/open-github.ts',
    'limits.connectMs',
  ]),
  'resilience.github.firstByteMs': told(500, faults('firstByteMs'), [
    'src/app/open-github.ts',
    'limits.firstByteMs',
  ]),
  'resilience.github.inFlight': told(
    2,
    ['src/integrations/github/governor/governor.test.ts', 'inFlight'],
    ['src/app/github-access.ts', 'resilience.github.inFlight'],
  ),
  ...called('git', { retry: true, inFlight: true, waiting: true }),
  ...called('agents', { retry: false, inFlight: false, waiting: false }),
  ...called('notifications', { retry: true, inFlight: true, waiting: false }),
  'database.poolSize': told(
    3,
    ['src/platform/database/database.test.ts', 'pool'],
    ['src/app/open-store.ts', 'poolSize: config.database.poolSize'],
  ),
  'backup.intervalHours': told(
    1,
    ['src/platform/backup/backup.test.ts', 'keeps the newest, removes the rest'],
    ['src/app/open-backup.ts', 'intervalHours * 3_600_000'],
  ),
  'backup.keep': told(
    2,
    ['src/platform/backup/backup.test.ts', 'keeps the newest, removes the rest'],
    ['src/app/open-backup.ts', 'pruneBackups(folder, keep)'],
  ),
  'backup.folder': told(
    '/srv/backups',
    ['src/platform/backup/backup.test.ts', 'is one file of mode 0600'],
    ['src/app/open-backup.ts', 'backup.folder ??'],
  ),
  'alerts.enabled': told(
    false,
    ['src/platform/alerts/alerts.test.ts', 'is told once when it begins'],
    ['src/app/open-alerts.ts', 'alerts.enabled'],
  ),
  'alerts.availability': told(
    0.9,
    ['src/platform/alerts/alerts.test.ts', 'every kind of alert comes of something measured'],
    ['src/app/open-alerts.ts', 'alerts.availability'],
  ),
  'alerts.latencyFactor': told(
    5,
    ['src/platform/alerts/alerts.test.ts', 'every kind of alert comes of something measured'],
    ['src/app/open-alerts.ts', 'alerts.latencyFactor'],
  ),
  'alerts.webhookCredential': told(
    'ALERTS',
    ['src/platform/alerts/alerts.test.ts', 'waits in the database while its sink is down'],
    ['src/app/open-alerts.ts', 'webhookCredential: name'],
  ),
  'alerts.allowedHosts': told(
    ['chat.internal'],
    ['src/platform/outbound/public-url.test.ts', 'allowed'],
    ['src/app/open-alerts.ts', 'allowedHosts: allowed'],
  ),
  'notifications.webhooks': told(
    told_['notifications.webhooks'],
    outbox('is sent as it was committed'),
    ['src/app/open-notifications.ts', 'webhooks'],
  ),
  'notifications.webhooks[].name': told(
    'other',
    outbox('is not configured'),
    ['src/app/open-notifications.ts', 'name'],
    told_,
  ),
  'notifications.webhooks[].url': told(
    'https://b.example',
    outbox('is sent as it was committed'),
    ['src/app/open-notifications.ts', 'url'],
    told_,
  ),
  'notifications.webhooks[].events': told(
    ['task.done'],
    outbox('its receiver wants no more'),
    ['src/operations/notifications/task-message.ts', 'events'],
    told_,
  ),
  'notifications.webhooks[].secret': told(
    'TWO',
    outbox('signed as Standard Webhooks say'),
    ['src/app/open-notifications.ts', 'secret'],
    told_,
  ),
  'notifications.allowedHosts': told(
    ['a.internal'],
    ['src/platform/outbound/public-url.test.ts', 'allowed'],
    ['src/app/open-notifications.ts', 'allowedHosts'],
  ),
  'notifications.keepDays': told(3, outbox('that has ended is forgotten with its age'), [
    'src/app/open-notifications.ts',
    'notifications.keepDays',
  ]),
};

/** Rows of a dependency under `resilience`. */
function called(
  section: 'github' | 'git' | 'agents' | 'notifications',
  has: { readonly retry: boolean; readonly inFlight: boolean; readonly waiting: boolean },
): Readonly<Record<string, KeyRow>> {
  const look = calling(section);
  const at = `resilience.${section}`;
  return {
    ...(section === 'agents'
      ? {}
      : {
          [`${at}.timeoutMs`]: told(
            500,
            [
              'src/platform/resilience/make-robust.test.ts',
              'a try that takes too long is a timeout',
            ],
            [
              section === 'github'
                ? 'src/app/open-github.ts'
                : section === 'git'
                  ? 'src/app/open-store.ts'
                  : 'src/app/open-alerts.ts',
              'timeoutMs',
            ],
          ),
        }),
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
