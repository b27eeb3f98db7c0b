import { type KeyRow, seen, told } from './key-row.ts';
import { agents, owning, policy, proposing, watching } from './looks.ts';
import { scanning, sealing, sharing, turning, wording } from './work-looks.ts';

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
  'github.pollSeconds': seen(turning, 9),
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
  'analyzer.scanForTodos': seen(scanning, false),
  'analyzer.scanOpenIssues': seen(scanning, false),
  'analyzer.tags': seen(scanning, ['REVISIT']),
  'analyzer.issueLabels': seen(scanning, ['wanted']),
  'analyzer.maxIssuesPerRepo': seen(proposing, 2, entry),
  'analyzer.staleAfterDays': seen(scanning, 9),
  'analyzer.intervalMinutes': seen(turning, 5),
  'executor.terragonUsername': seen(agents, '@other'),
  'executor.reviewer': seen(policy, 'codex'),
  'executor.default': seen(proposing, 'codex'),
  'executor.maxConcurrent': told(
    3,
    ['src/platform/durable/engine.test.ts', 'queue'],
    ['src/app/work/open-engine.ts', 'executor.maxConcurrent'],
  ),
  'executor.maxConcurrentPerRepository': seen(policy, 3),
  'executor.maxConcurrentPerAgent': seen(sharing, 3),
  'executor.agents.<name>.maxConcurrent': seen(sharing, 3, mine),
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
  'executor.drainMinutes': seen(turning, 0),
  'executor.budget.perRunUsd': seen(policy, 1),
  'executor.budget.perTaskUsd': seen(policy, 1),
  'executor.budget.perRepositoryDayUsd': seen(policy, 1),
  'executor.budget.perDayUsd': seen(policy, 9),
  'executor.budget.perMonthUsd': seen(policy, 1),
  'executor.budget.perRunTokens': seen(policy, 1),
  'executor.budget.perRunTurns': seen(policy, 1),
  'executor.limits.memoryMb': seen(sealing, 64),
  'executor.limits.processes': seen(sealing, 64),
  'executor.limits.cpus': told(
    1.5,
    ['src/integrations/sandbox/sandbox.suite.ts', 'cpus'],
    [bounded[0], 'bounds().cpus'],
  ),
  'executor.limits.fileMb': seen(sealing, 8),
  'executor.limits.outputMb': seen(policy, 1),
  'executor.limits.changedFiles': seen(policy, 1),
  'executor.limits.patchKb': seen(policy, 1),
  'executor.limits.binaryFileKb': seen(policy, 1),
  'executor.sandbox': seen(sealing, 'none'),
  'executor.allowUnsandboxed': seen(sealing, true, { 'executor.sandbox': 'none' }),
  'executor.egress': seen(policy, ['a.example']),
  'executor.prompts': seen(wording, 'words'),
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
