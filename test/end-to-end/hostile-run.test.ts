import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { git } from '../support/github-emulator/git-repository.ts';
import { createGithubLoop, type GithubLoop, manager, token } from '../support/github-loop.ts';
import { type Baits, layBaits, reachedWithout } from '../support/hostile-baits.ts';
import { type ModelServer, startModelServer } from '../support/model-server.ts';
import { type Watched, watchAgents } from '../support/watch-agents.ts';
import { type HostileReport, hostileCommand } from './hostile-agent.suite.ts';

const modelKey = 'sk-ant-canary-9876543210-run';
const secrets = [token, modelKey];

interface Refusal {
  readonly place?: string;
  readonly attempts?: number;
  readonly attemptsInAll?: number;
}

describe('a run of an agent that tries everything, through the whole service', () => {
  let root = '';
  let loop: GithubLoop;
  let model: ModelServer;
  let baits: Baits;
  let report: HostileReport;
  let refusals: readonly Refusal[] = [];
  let watched: Watched;

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'cms-hr-'));
    baits = await layBaits(root, secrets);
    model = await startModelServer([{ text: 'nothing' }]);
    const plan = {
      ...baits.plan,
      workspace: null,
      reportFile: 'report.json',
      sleepSeconds: 42_000_000 + process.pid,
      only: null,
    };
    const hostile = {
      kind: 'command',
      command: [...hostileCommand, JSON.stringify(plan)],
      task: 'stdin',
      env: { ANTHROPIC_BASE_URL: model.url },
      secrets: ['ANTHROPIC_API_KEY'],
    };
    loop = await createGithubLoop({
      targets: {
        widgets: { 'list.js': '// TODO: handle the empty list\nexport const first = 1;\n' },
      },
      config: {
        executor: { default: 'hostile', agents: { hostile } },
        repositories: [
          {
            match: 'acme/*',
            egress: ['allowed.test'],
            checks: ['curl -s http://checked.test/ | grep -q refused'],
          },
        ],
      },
      env: { ANTHROPIC_API_KEY: modelKey },
    });
    await loop.once();
    loop.emulator.as('wendy').label(manager, loop.proposals()[0]?.number ?? 0, 'approved-for-dev');
    watched = watchAgents(join(loop.service.folder, 'data'), secrets);
    const ended = await loop.once();
    await watched.end();
    const [pull] = loop.pulls('acme/widgets');
    if (pull === undefined) throw new Error(`nothing was delivered: ${JSON.stringify(ended)}`);
    const place = `${pull.pull?.headSha}:report.json`;
    report = JSON.parse(await git(loop.emulator.gitFolder('acme/widgets'), 'show', place));
    const rows = await loop.query<{ facts: Refusal }>(
      "select body::jsonb->'facts' as facts from audit_entries where event = 'run.egress_refused' order by seq",
    );
    refusals = rows.map(({ facts }) => facts);
  }, 420_000);

  afterAll(async () => {
    await loop.close();
    await model.close();
    await baits.close();
    await rm(root, { recursive: true, force: true, maxRetries: 5 });
    await watched.end();
  });

  test('gets nothing, though each of its baits is reached by who is not sealed in', async () => {
    expect(report.succeeded).toEqual([]);
    const folder = await mkdtemp(join(root, 'work-'));
    const plan = {
      ...baits.plan,
      workspace: folder,
      reportFile: 'report.json',
      sleepSeconds: null,
      only: reachedWithout,
    };
    const [program = '', ...words] = hostileCommand;
    await promisify(execFile)(program, [...words, JSON.stringify(plan)], {
      cwd: folder,
      env: { PATH: process.env['PATH'] },
    });
    const control = JSON.parse(
      await readFile(join(folder, 'report.json'), 'utf8'),
    ) as HostileReport;
    expect(control.succeeded.toSorted()).toEqual(reachedWithout.toSorted());
    expect(report.tried).toBeGreaterThanOrEqual(149);
  });

  test('has every refused way out in the audit log, by place and counted', () => {
    const places = refusals.filter(({ place }) => place !== undefined);
    const total = refusals.find(({ attemptsInAll }) => attemptsInAll !== undefined);
    const past = places.filter(({ place }) => place === 'past the proxy');
    // The check of the policy asks once, too.
    expect(places.map(({ place }) => place)).toContain('checked.test:80');
    const byPlace = places.reduce((sum, { attempts = 0 }) => sum + attempts, 0);
    const byProxy = (total?.attemptsInAll ?? byPlace) - (past[0]?.attempts ?? 0);
    expect(byProxy).toBe(report.refused.byProxy + 1);
    expect(past).toHaveLength(1);
    expect(past[0]?.attempts).toBeGreaterThanOrEqual(report.refused.byKernel);
    expect(report.refused.byKernel).toBeGreaterThanOrEqual(7);
  });

  test('has them named in its pull request', () => {
    const body = loop.pulls('acme/widgets')[0]?.body ?? '';
    for (const { place, attempts } of refusals) {
      if (place === undefined) continue;
      expect(body).toContain(
        `<code>${place}${place === 'past the proxy' ? ` (${attempts} times)` : ''}`,
      );
    }
  });

  test('never has the token or the key of the model anywhere near, while the model gets it', () => {
    expect([...watched.hits]).toEqual([]);
    expect(watched.looks).toBeGreaterThanOrEqual(10);
    expect(watched.processes.size).toBeGreaterThanOrEqual(5);
    const asked = model.requests.filter(({ path }) => path.startsWith('/v1/messages'));
    expect(asked.map(({ headers }) => headers['x-api-key'])).toEqual([modelKey]);
  });
});
