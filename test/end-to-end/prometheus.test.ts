import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { createGithubLoop, type GithubLoop } from '../support/github-loop.ts';
import { type RunningService, startService } from '../support/running-service.ts';

const run = promisify(execFile);
const documents = new URL('../../docs/monitoring/', import.meta.url);
const ruleFiles = ['alert-rules.yml', 'objective-rules.yml'].map(
  (name) => new URL(name, documents).pathname,
);
const hasPrometheus = await run('prometheus', ['--version']).then(
  () => true,
  () => false,
);

interface Answer {
  readonly status: string;
  readonly error?: string;
  readonly data?: { readonly result: readonly unknown[] };
}

/** Where Prometheus itself is missing (Debian: the package `prometheus`), the queries are not tried. */
describe.skipIf(!hasPrometheus)('a real Prometheus that scrapes a running service', () => {
  let folder: string;
  let loop: GithubLoop;
  let service: RunningService;
  let prometheus: ChildProcess;
  let port = 0;

  const ask = async (query: string): Promise<Answer> => {
    const address = `http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(query)}`;
    return (await (await fetch(address)).json()) as Answer;
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'prometheus-'));
    loop = await createGithubLoop({
      targets: { widgets: { 'a.js': '// TODO: take care of empty lists\nexport {};\n' } },
    });
    service = await startService(loop.service, { words: ['--no-security'] });
    port = await freePort();
    await writeFile(
      join(folder, 'prometheus.yml'),
      [
        'global: { scrape_interval: 1s, evaluation_interval: 1s }',
        `rule_files: [${ruleFiles.map((file) => `'${file}'`).join(', ')}]`,
        'scrape_configs:',
        '  - job_name: claude-manager',
        `    static_configs: [{ targets: ['${new URL(service.address).host}'] }]`,
        '',
      ].join('\n'),
    );
    prometheus = spawn(
      'prometheus',
      [
        `--config.file=${join(folder, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--log.level=error',
      ],
      { stdio: 'ignore' },
    );
    await vi.waitFor(
      async () => {
        await (await fetch(`${service.address}/api/v1/tasks`)).arrayBuffer();
        const scraped = await ask('count_over_time(claude_manager_operation_calls_total[5m]) > 2');
        expect(scraped.data?.result.length).toBeGreaterThan(0);
      },
      { timeout: 150_000, interval: 1000 },
    );
  }, 420_000);
  afterAll(async () => {
    prometheus?.kill('SIGKILL');
    await service?.stop();
    await loop?.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  test('answers every query of the Grafana dashboard with figures', async () => {
    const text = await readFile(new URL('grafana-dashboard.json', documents), 'utf8');
    const { panels } = JSON.parse(text) as {
      readonly panels: readonly {
        readonly title: string;
        readonly targets: readonly { readonly expr: string }[];
      }[];
    };
    const queries = panels.flatMap(({ title, targets }) =>
      targets.map(({ expr }) => ({ title, expr })),
    );
    expect(queries.length).toBeGreaterThan(5);
    // A rate needs two looks at a figure, and on a busy machine some are told late.
    await vi.waitFor(
      async () => {
        const silent: string[] = [];
        for (const { title, expr } of queries) {
          const answer = await ask(expr);
          expect(answer, `${title}: ${expr}`).toMatchObject({ status: 'success' });
          if (answer.data?.result.length === 0) silent.push(title);
        }
        expect(silent).toEqual([]);
      },
      { timeout: 100_000, interval: 1000 },
    );
  }, 420_000);

  test('takes every alert rule, evaluates it without an error, and finds a service that is well', async () => {
    const address = `http://127.0.0.1:${port}/api/v1/rules`;
    const rulesNow = async () => {
      const { data } = (await (await fetch(address)).json()) as {
        data: {
          groups: {
            rules: { name: string; health: string; lastError?: string; state: string }[];
          }[];
        };
      };
      return data.groups.flatMap(({ rules }) => rules);
    };
    await vi.waitFor(
      async () => {
        const rules = await rulesNow();
        expect(rules.length).toBeGreaterThan(12);
        expect(rules.filter(({ health }) => health !== 'ok')).toEqual([]);
      },
      { timeout: 180_000, interval: 500 },
    );
    const firing = (await rulesNow()).filter(({ state }) => state === 'firing');
    expect(firing.map(({ name }) => name)).toEqual([]);
  });
});

test.skipIf(!hasPrometheus)('promtool takes the alert rules', async () => {
  const { stdout } = await run('promtool', ['check', 'rules', ...ruleFiles]);
  expect(stdout.match(/SUCCESS/gu)).toHaveLength(2);
});
