/** One command or option of the specification, what it is here, and what came of typing it. */
export interface SpecificationRow {
  /** As the specification writes it, in the order of its text. */
  readonly written: string;
  /** Typed here; `ID`, `N` and `PORT` are filled in by the test. */
  readonly here: string;
  /** In words, for the page. */
  readonly outcome: string;
  /**
   * Where it is typed: `work` is a folder with a local repository, an agent and an approved task, `production` one with
   * config.production.json.example as its configuration, `service` starts a service there and ends it by SIGTERM once it
   * has said `shows`.
   */
  readonly place: 'work' | 'production' | 'service';
  readonly exitCode: number;
  /** Found in what it printed, on either stream. */
  readonly shows: RegExp;
  /** A file that it writes. */
  readonly writes?: readonly string[];
}

const robust = {
  outcome:
    'runs the loop, the server and the checks until it is ended; exit code 0; 4 while a service runs on the data folder',
  place: 'service',
  exitCode: 0,
  shows: /listening on http/u,
} as const;
const healthy = {
  place: 'work',
  exitCode: 0,
  shows: /score \d+ of 100; \d+ of \d+ checks healthy/u,
} as const;

export const specificationRows: readonly SpecificationRow[] = [
  { written: 'start --mode robust', here: 'start --mode robust', ...robust },
  {
    written: 'validate --environment production',
    here: 'validate --environment production',
    outcome:
      'prints what is wrong, odd or better with its line, then the production checklist; exit code 0 when nothing is wrong',
    place: 'production',
    exitCode: 0,
    shows: /valid for production[\s\S]*production checklist: \d pass, \d fail, \d not measured/u,
  },
  {
    written: 'health --detailed',
    here: 'health --detailed',
    outcome: 'every check with value, limit and time; exit code 1 only when unhealthy',
    ...healthy,
  },
  {
    written: 'security audit --hours 24',
    here: 'security audit --hours 24',
    outcome: 'events by area, open issues with evidence; exit code 1 when there are open issues',
    place: 'work',
    exitCode: 0,
    shows: /AREA +ENTRIES[\s\S]*No open issues\./u,
  },
  {
    written: 'metrics --output production_metrics',
    here: 'metrics --output production_metrics',
    outcome: 'writes production_metrics.json and production_metrics.prom and prints their paths',
    place: 'work',
    exitCode: 0,
    shows: /production_metrics\.prom/u,
    writes: ['production_metrics.json', 'production_metrics.prom'],
  },
  {
    written: 'health --category resources --category security',
    here: 'health --category resources --category security',
    outcome: 'only these categories',
    ...healthy,
  },
  {
    written: 'health --continuous',
    here: 'health --continuous --every 1',
    outcome: 'measures again and again until Ctrl-C or SIGTERM; exit code as the last report',
    place: 'service',
    exitCode: 0,
    shows: /checks healthy[\s\S]*checks healthy/u,
  },
  {
    written: 'health --export health_report.json',
    here: 'health --export health_report.json',
    outcome: 'writes the whole report, or leaves the old one',
    ...healthy,
    writes: ['health_report.json'],
  },
  {
    written: 'validate --environment development',
    here: 'validate --environment development',
    outcome: 'the rules of a workplace: what only production must not have is no error',
    place: 'work',
    exitCode: 0,
    shows: /config\.json: valid for development/u,
  },
  {
    written: 'validate --environment production --report',
    here: 'validate --environment production --report',
    outcome: 'the report, which is the default; --no-report prints only the verdict',
    place: 'production',
    exitCode: 0,
    shows: /suggestions:[\s\S]*production checklist/u,
  },
  {
    written: 'start --mode legacy',
    here: 'start --mode legacy',
    outcome:
      'as the first generation: no sessions, no rate limits, on this machine only; tasks without a label for an agent go to Terragon',
    place: 'service',
    exitCode: 0,
    shows: /no sessions and no rate limits[\s\S]*listening on http/u,
  },
  {
    written: 'start --mode interactive --security',
    here: 'start --mode interactive --security',
    outcome:
      'a terminal screen over the running loop; without a terminal it says so and ends with 2 or 4',
    place: 'work',
    exitCode: -1,
    shows: /terminal/u,
  },
  {
    written: 'validate',
    here: 'validate',
    outcome: 'development, with the report',
    place: 'work',
    exitCode: 0,
    shows: /valid for development/u,
  },
  {
    written: 'security status',
    here: 'security status',
    outcome: 'limits, blocks, sign-in, credentials and audit log as they stand',
    place: 'work',
    exitCode: 0,
    shows: /requests a minute[\s\S]*blocked/u,
  },
  {
    written: '--mode robust',
    here: 'start --mode robust --port PORT',
    outcome: 'listens on that port of 127.0.0.1',
    place: 'service',
    exitCode: 0,
    shows: /listening on http:\/\/127\.0\.0\.1:PORT/u,
  },
  {
    written: 'health --category resources',
    here: 'health --category resources',
    outcome: 'memory, its growth, processor, disk, files, logs, locks',
    ...healthy,
  },
  {
    written: '--debug start --mode robust',
    here: '--debug start --mode robust',
    outcome: 'logs at level DEBUG, on standard error as well, and prints causes of errors',
    place: 'service',
    exitCode: 0,
    shows: /DEBUG[\s\S]*listening on http|listening on http[\s\S]*DEBUG/u,
  },
  {
    written: 'cp config.json.example config.json',
    here: '--config config.json.example validate',
    outcome: 'the example is valid as it is',
    place: 'production',
    exitCode: 0,
    shows: /config\.json\.example: valid for development/u,
  },
  {
    written: '--config FILE',
    here: '--config other.json config get github.managerRepo',
    outcome: 'reads that file instead of config.json of the folder',
    place: 'production',
    exitCode: 0,
    shows: /acme\/other/u,
  },
  {
    written: '--verbose',
    here: '--verbose scan --repo ./r --dry-run',
    outcome: 'says what it does, although nobody watches a terminal',
    place: 'work',
    exitCode: 0,
    shows: /scanning [\s\S]*would be proposed/u,
  },
  {
    written: '--no-validate-config',
    ...robust,
    here: '--no-validate-config --config unsound.json start',
    outcome:
      'starts although the rules of the configuration find errors; its form is always checked (test/end-to-end/daemon.test.ts)',
  },
  {
    written: 'start --mode daemon',
    here: 'start --mode daemon --once',
    outcome:
      'leaves a service of its own, a pid file and a log (test/end-to-end/daemon.test.ts); together with --once it is refused with 2',
    place: 'work',
    exitCode: 2,
    shows: /--once prints what came of it/u,
  },
  {
    written: 'start --no-security',
    here: 'start --no-security',
    ...robust,
    outcome: 'without sessions and rate limits, on this machine only, audited',
  },
  {
    written: 'validate --environment staging --no-report',
    here: 'validate --environment staging --no-report',
    outcome: 'one line with the verdict; what must not go live is an error already',
    place: 'production',
    exitCode: 0,
    shows: /^\S*config\.json: valid for staging\n$/u,
  },
  {
    written: 'security cleanup',
    here: 'security cleanup',
    outcome: 'removes expired sessions, blocks and tokens, never an audit entry',
    place: 'work',
    exitCode: 0,
    shows: /Removed \d+ sessions, \d+ tokens and \d+ blocks/u,
  },
  {
    written: 'metrics --no-history',
    here: 'metrics --output now --no-history',
    outcome: 'only the figures of this moment',
    place: 'work',
    exitCode: 0,
    shows: /now\.json/u,
    writes: ['now.json', 'now.prom'],
  },
  {
    written: 'status --format table',
    here: 'status --format table',
    outcome: 'service, database, tasks, money, pauses',
    place: 'work',
    exitCode: 0,
    shows: /database {2,}external PostgreSQL/u,
  },
  {
    written: 'status --format json',
    here: 'status --format json',
    outcome: 'one JSON document',
    place: 'work',
    exitCode: 0,
    shows: /^\{"service":/u,
  },
  {
    written: 'status --format summary',
    here: 'status --format summary',
    outcome: 'one line',
    place: 'work',
    exitCode: 0,
    shows: /^service [^\n]+\n$/u,
  },
  {
    written: 'scan --repo R --secure',
    here: 'scan --repo ./r --secure',
    outcome: 'scans and proposes; no repository named is all of them',
    place: 'work',
    exitCode: 0,
    shows: /\d+ proposed/u,
  },
  {
    written: 'scan --no-secure',
    here: 'scan --no-secure',
    outcome: 'the same; that it was asked for stands in the audit log',
    place: 'work',
    exitCode: 0,
    shows: /\d+ proposed/u,
  },
  {
    written: 'execute --task-id ID',
    here: 'execute --task-id ID',
    outcome:
      'one approved task now, through the same gates, followed to its pull request; one that a running service has delivered already is refused with 1',
    place: 'work',
    exitCode: 0,
    shows: /in_review/u,
  },
  {
    written: 'execute --issue N --repo R --no-secure',
    here: 'execute --issue N --repo ./r --no-secure',
    outcome: 'the same by its issue; --no-secure stands in the audit log and changes nothing else',
    place: 'work',
    exitCode: 0,
    shows: /in_review/u,
  },
  {
    written: 'performance report',
    here: 'performance report',
    outcome: 'calls, errors, throughput, percentiles over the last hours',
    place: 'work',
    exitCode: 0,
    shows: /WHAT +NAME +CALLS[\s\S]*^operation/mu,
  },
  {
    written: 'performance function NAME',
    here: 'performance function tasks.approve',
    outcome: 'the same for one operation, job, scanner or function',
    place: 'work',
    exitCode: 0,
    shows: /^operation +tasks\.approve/mu,
  },
  {
    written: 'performance api-calls',
    here: 'performance api-calls',
    outcome: 'the same for requests to other services',
    place: 'work',
    exitCode: 0,
    shows: /^upstream/mu,
  },
];

/** The page of docs/reference that names every command and option of the specification with its outcome. */
export function specificationPage(): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|');
  const lines = specificationRows.map(
    ({ written, here, outcome, exitCode }, index) =>
      `| ${index + 1} | \`${cell(written)}\` | \`claude-manager ${cell(here)}\` | ${cell(outcome)} | ${exitCode < 0 ? '2 or 4' : exitCode} |`,
  );
  return `# The commands of the specification

Every command and option of the specification in the order of its text (\`python -m src.main_gen2\` is \`claude-manager\`),
then those that it lists elsewhere. Made from \`scripts/specification-table.ts\` by \`node scripts/generate-reference.ts\`.
\`test/specification.test.ts\` types each of them into the real program, compares exit code and words, and looks at what it
did (\`test/specification-effects.ts\`: files, numbers, entries, what it leaves out). \`ID\`, \`N\` and \`PORT\` are a task,
the number of its issue and a free port, \`other.json\` and \`unsound.json\` configurations that differ.

| | written | typed here | what comes of it | exit code |
|---|---|---|---|---|
${lines.join('\n')}

## Its files and sections

| specification | here |
|---|---|
| \`config.json\` with \`security\`, \`logging\`, \`performance\` | [config.json.example](../../config.json.example), [config.production.json.example](../../config.production.json.example); a test holds them against the specification |
| \`logs/application.json\`, \`security.json\`, \`performance.json\`, \`errors.json\` | the same four files in \`logDir\`; \`performance.json\` has its lines within a second, the others at once |
| \`monitor_performance\`, \`make_robust\`, \`secure_operation_context\` | \`monitorPerformance\`, \`makeRobust\`, \`manager.secureOperation\`: [embedding](../guides/embedding.md) |
| \`pip install\`, \`pytest tests/ -v\` | \`./run\` installs what the lock file names; \`./run test\` |
| production checklist | \`validate --environment production\`; [production](../guides/production.md) |
| SECURITY.md, PERFORMANCE_MONITORING.md, TESTING.md, docs/API.md | [SECURITY.md](../../SECURITY.md), [PERFORMANCE_MONITORING.md](../../PERFORMANCE_MONITORING.md), [TESTING.md](../../TESTING.md), [API.md](../API.md) |

## Its claims about cost and gain

Figures of a quiet machine where nothing else is said; where each comes from stands in [benchmarks](benchmarks.md).

| the specification says | measured here | by |
|---|---|---|
| memory: 10 to 15 MB more | 2.0 MB; 3.6 MB with the audit log, at a load of 7 | \`bench/overhead.ts\` |
| processor: less than 2 % more | 1.75 % at 20 operations a second; **not reached** under load (2.5 %) | \`bench/overhead.ts\` |
| storage: logs take 20 to 30 % more | 29 %; the audit log takes 1,797 bytes an operation in the database besides | \`bench/overhead.ts\` |
| network: nothing more | no connection by network in 600 operations, bare, robust and audited; health checks look at GitHub twice a minute and at its name and port once | \`strace -e connect\` over \`bench/overhead.ts 200\` |
| connections to the database are reused | a question takes 0.09 ms over one that is there, 13 ms over a new one (embedded, load of 5) | 300 and 60 questions, medians, once by hand |
| results of validation are cached | 48 ms the first time, 0.2 ms again (\`config.production.json.example\`, load of 8) | 300 times each, medians, once by hand |
| components are loaded when needed | \`--version\` takes 41 ms of processor, \`--help\` 133 ms, a service until it listens 3.0 to 3.4 s; bare Node 30 ms | \`bench/start.ts\` |
| all reading and writing is asynchronous | names no figure; how long the process stands still is measured all the time (\`health\`, check \`event_loop\`); the gain is **not measured** | |
| 99.9 % reliability | **just not reached**: 99.894 % of 84,339 calls in half an hour with ten faults beside the test suite, nearly all that failed while a killed service was started anew; all other nine faults together 2 calls; more in [benchmarks](benchmarks.md) | \`npm run test:availability\` |

It claims nothing about how many tasks are handed out, listed or searched; what those take stands in [benchmarks](benchmarks.md).
`;
}
