import { type KeyRow, seen, told } from './key-row.ts';
import { agents, owning, policy, proposing, watching } from './looks.ts';

const entry = { repositories: [{ match: 'acme/*' }] };
const night = { days: ['mon'], from: '10:00', to: '14:00', timezone: 'UTC' };
const quiet = { 'executor.quietHours': [{ ...night, to: '11:00' }] };
const mine = { 'executor.agents': { mine: { kind: 'command', command: ['true'] } } };
const app = { id: 1, privateKey: 'KEY', installationId: 1 };
const credential = { 'github.credentials': [{ match: 'a/*', token: 'ONE' }] };
const appCredential = { 'github.credentials': [{ match: 'a/*', app }] };
const runner = (title: string) => ['src/integrations/agents/runner.test.ts', title] as const;
const faults = (title: string) => ['src/integrations/github/github-faults.test.ts', title] as const;
const bounded = ['src/app/work/open-agents.ts', 'bounds().'] as const;
const githubApp = ['test/end-to-end/github-app.test.ts', 'the whole loop works as an app'] as const;

/** Keys of what the product does: GitHub, scanning, agents, approvals, repositories. */
export const productRows: Readonly<Record<string, KeyRow>> = {
  'github.username': seen(owning, 'somebody-else'),
  'github.managerRepo': seen(watching, 'acme/other', { 'github.managerRepo': 'acme/manager' }),
  'github.app': told(app, githubApp, ['src/app/code-host/github-access.ts', '?? app']),
  'github.credentials': told(credential['github.credentials'], githubApp, [
    'src/app/code-host/github-access.ts',
    'credentials',
  ]),
  'github.credentials[].match': told(
    'b/*',
    githubApp,
    ['src/app/code-host/github-access.ts', 'match'],
    credential,
  ),
  'github.credentials[].token': told(
    'TWO',
    githubApp,
    ['src/app/code-host/github-access.ts', 'token'],
    credential,
  ),
  'github.credentials[].app.id': told(
    2,
    ['src/integrations/github/credentials/credentials.test.ts', 'says where it is not installed'],
    ['src/app/code-host/github-access.ts', 'app'],
    appCredential,
  ),
  'github.credentials[].app.privateKey': told(
    'OTHER',
    ['src/integrations/github/credentials/credentials.test.ts', 'its key is wrong'],
    ['src/app/code-host/github-access.ts', 'privateKey'],
    appCredential,
  ),
  'github.credentials[].app.installationId': told(
    7,
    ['src/integrations/github/credentials/credentials.test.ts', 'sees what it is installed on'],
    ['src/app/code-host/github-access.ts', 'installationId'],
    appCredential,
  ),
  'github.reposToScan': seen(watching, ['acme/widgets'], { 'github.managerRepo': 'acme/manager' }),
  'github.apiUrl': told('http://127.0.0.1:9/api', faults('a write to where nothing listens'), [
    'src/app/code-host/open-github.ts',
    'apiUrl',
  ]),
  'github.serverUrl': told(
    'http://127.0.0.1:9',
    faults('git gets its credential by environment, bound to the server'),
    ['src/app/code-host/open-github.ts', 'serverUrl'],
  ),
  'github.pollSeconds': told(
    9,
    ['test/webhooks.test.ts', 'starts the work without a poll'],
    ['src/app/work/open-loop.ts', 'github.pollSeconds'],
  ),
  'github.labels.approved': seen(proposing, 'go'),
  'github.labels.proposal': seen(proposing, 'idea'),
  'github.labels.agents': seen(proposing, { 'mine-task': 'mine' }),
  'github.webhooks.path': told(
    '/hooks',
    ['test/webhooks.test.ts', 'only what is signed over exactly these bytes is taken'],
    ['src/app/code-host/open-webhooks.ts', 'webhooks.path'],
  ),
  'github.webhooks.onlyFromGithub': told(
    true,
    ['test/webhooks.test.ts', 'only from the addresses that GitHub names'],
    ['src/app/code-host/open-webhooks.ts', 'webhooks.onlyFromGithub'],
  ),
  'github.webhooks.keepDays': told(
    60,
    ['test/webhooks.test.ts', 'each delivery once'],
    ['src/app/code-host/open-webhooks.ts', 'webhooks.keepDays'],
  ),
  'analyzer.scanForTodos': told(
    false,
    ['src/pipeline/scan/scan-repository.test.ts', 'a finding that goes is fixed'],
    ['src/app/work/open-scan.ts', 'scanForTodos ?'],
  ),
  'analyzer.scanOpenIssues': told(
    false,
    ['src/pipeline/scan/scan-repository.test.ts', 'quiet issues with a label are findings'],
    ['src/app/work/open-scan.ts', 'scanOpenIssues ?'],
  ),
  'analyzer.tags': told(
    ['REVISIT'],
    ['src/pipeline/scan/scan-path.test.ts', 'tag'],
    ['src/app/work/open-scan.ts', 'analyzer.tags'],
  ),
  'analyzer.issueLabels': told(
    ['wanted'],
    ['src/pipeline/scan/scan-repository.test.ts', 'fresh, unlabeled and own ones are not'],
    ['src/app/work/open-scan.ts', 'analyzer.issueLabels'],
  ),
  'analyzer.maxIssuesPerRepo': seen(proposing, 2, entry),
  'analyzer.staleAfterDays': told(
    9,
    ['src/pipeline/scan/scan-repository.test.ts', 'quiet issues with a label'],
    ['src/app/work/open-scan.ts', 'analyzer.staleAfterDays'],
  ),
  'analyzer.intervalMinutes': told(
    5,
    ['src/pipeline/cycle.test.ts', 'scan'],
    ['src/app/work/open-loop.ts', 'analyzer.intervalMinutes'],
  ),
  'executor.terragonUsername': seen(agents, '@other'),
  'executor.reviewer': seen(policy, 'codex'),
  'executor.default': seen(proposing, 'codex'),
  'executor.maxConcurrent': told(
    3,
    ['src/platform/durable/engine.test.ts', 'queue'],
    ['src/app/work/open-engine.ts', 'executor.maxConcurrent'],
  ),
  'executor.maxConcurrentPerRepository': seen(policy, 3),
  'executor.maxConcurrentPerAgent': told(
    3,
    ['src/pipeline/sharing.test.ts', 'keep the cap of the repository and of the agent'],
    ['src/app/work/settings.ts', 'maxConcurrentPerAgent'],
  ),
  'executor.agents.<name>.maxConcurrent': told(
    3,
    ['src/pipeline/sharing.test.ts', 'keep the cap of the repository and of the agent'],
    ['src/app/work/settings.ts', 'maxConcurrent'],
    mine,
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
    ['src/app/work/open-loop.ts', 'executor.drainMinutes'],
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
  'executor.limits.cpus': told(
    1.5,
    ['src/integrations/sandbox/sandbox.suite.ts', 'cpus'],
    [bounded[0], 'bounds().cpus'],
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
    ['src/app/work/open-agents.ts', 'sandbox: wanted'],
  ),
  'executor.allowUnsandboxed': told(
    true,
    ['src/integrations/sandbox/choose-sandbox.test.ts', 'allowUnsandboxed'],
    ['src/app/work/open-agents.ts', 'allowUnsandboxed || isDemo'],
  ),
  'executor.egress': seen(policy, ['a.example']),
  'executor.prompts': told(
    '/srv/prompts',
    ['src/pipeline/execute/prompt.test.ts', 'template'],
    ['src/app/work/settings.ts', 'prompts === null'],
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
  'repositories[].maxConcurrent': seen(policy, 3, entry),
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
};
