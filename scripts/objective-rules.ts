import { burnWindows, fewestFailures, twiceMs } from '../src/platform/alerts/burn.ts';
import {
  type CountedObjective,
  countedObjectives,
  type ObjectiveName,
  objectives,
} from '../src/platform/telemetry/objectives.ts';

const hour = 3_600_000;

/** Objectives that may be missed now and then, in their order. */
const withBudget = (Object.keys(objectives) as ObjectiveName[]).filter(
  (name) => objectives[name].target < 1,
);

export interface ObjectiveRule {
  readonly alert: string;
  readonly objective: ObjectiveName;
  /** Of the burn; null where a single bad one is told. */
  readonly limit: number | null;
  /** All of them hold. */
  readonly conditions: readonly string[];
  readonly severity: 'critical' | 'warning';
  readonly summary: string;
}

export const objectiveRules: readonly ObjectiveRule[] = [
  ...withBudget.flatMap((name) => burnWindows.map((window) => burnRule(name, window))),
  {
    alert: 'ClaudeManagerEffectTwice',
    objective: 'effects_once',
    limit: null,
    conditions: [`sum(increase(${series('effects_once', true)}[${span(twiceMs)}])) > 0`],
    severity: 'critical',
    summary: 'A write stands twice on the code host; errors.json names both places.',
  },
];

/** Rules for Prometheus that tell what the service tells by itself of its objectives, made from the same windows. */
export function objectiveRulesFile(): string {
  const rules = objectiveRules.map(
    ({ alert, objective, conditions, severity, summary }) => `      - alert: ${alert}
        expr: >
          ${conditions.join('\n          and ')}
        labels: { severity: ${severity}, objective: ${objective} }
        annotations: { summary: ${JSON.stringify(summary)} }
`,
  );
  return `# Rules for Prometheus on the objectives of the service: docs/reference/objectives.md.
# Made by \`node scripts/generate-reference.ts\`; the service tells the same by itself.
groups:
  - name: claude-manager-objectives
    rules:
${rules.join('')}`;
}

function burnRule(
  name: ObjectiveName,
  { severity, limit, longMs, shortMs }: (typeof burnWindows)[number],
): ObjectiveRule {
  const { target, promise } = objectives[name];
  const [bad, all] = [series(name, true), series(name, false)];
  const share = (ms: number): string =>
    `sum(rate(${bad}[${span(ms)}])) / sum(rate(${all}[${span(ms)}]))`;
  // Rounded, because a difference of binary fractions is no figure to read.
  const allowed = `${limit} * ${Number((1 - target).toFixed(6))}`;
  const words = name.split('_').map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return {
    alert: `ClaudeManager${words.join('')}Burn${{ 14.4: 'Fast', 6: 'Slow', 1: 'Days' }[limit]}`,
    objective: name,
    limit,
    conditions: [
      `${share(longMs)} >= ${allowed}`,
      `${share(shortMs)} >= ${allowed}`,
      `sum(increase(${bad}[${span(longMs)}])) >= ${fewestFailures}`,
    ],
    severity,
    summary: `Missed ${limit} times as often as allowed over ${span(longMs)}: ${promise}.`,
  };
}

/** The counter of what counts for an objective, or of what of it was bad. */
function series(name: ObjectiveName, isBad: boolean): string {
  const labels = [
    ...(isCounted(name) ? [`objective="${name}"`] : []),
    ...(isBad ? ['outcome="failed"'] : []),
  ];
  const family = isCounted(name) ? 'objective' : 'operation';
  return `claude_manager_${family}_calls_total${labels.length === 0 ? '' : `{${labels.join(',')}}`}`;
}

function isCounted(name: ObjectiveName): name is CountedObjective {
  return countedObjectives.some((one) => one === name);
}

/** As Prometheus writes a duration: `3d`, `6h`, `30m`. */
function span(ms: number): string {
  if (ms % (24 * hour) === 0) return `${ms / (24 * hour)}d`;
  return ms % hour === 0 ? `${ms / hour}h` : `${ms / 60_000}m`;
}

/** The page of docs/reference that names the objectives, what is counted for them and when people are told. */
export function objectivesPage(): string {
  const rows = Object.entries(objectives).map(
    ([name, { promise, counted }]) => `| \`${name}\` | ${promise} | ${counted} |`,
  );
  const windows = burnWindows.map(
    ({ severity, limit, longMs, shortMs }) =>
      `| ${limit} | ${span(longMs)} | ${span(shortMs)} | ${severity} |`,
  );
  return `# Objectives

What the service is to keep. Made from \`src/platform/telemetry/objectives.ts\` by \`node scripts/generate-reference.ts\`.
They are objectives, no measurements: what was reached stands in [benchmarks](benchmarks.md), what a running service reaches in
\`claude-manager performance report\` (area \`objective\`; availability is that of all operations) and at \`/metrics\` as
\`claude_manager_objective_calls_total\` and \`claude_manager_objective_duration_seconds\`.

| objective | promise | what counts, and when it is bad |
|---|---|---|
${rows.join('\n')}

A percentile is kept as a share: 99 % within a second is a 99th percentile of at most a second.

## When people are told

The share that may be bad is the error budget. It is told when it is used so many times faster than it lasts, over a long
window and still over a short one, which ends the alert soon after the trouble has ended (The Site Reliability Workbook,
chapter 5, table 5-8), and when there were at least ${fewestFailures} bad ones in the long window:

| times too fast | over | and over | severity |
|---|---|---|---|
${windows.join('\n')}

Of \`effects_once\` a single bad one is told, for ${span(twiceMs)}. The service tells of \`availability\` as the alert
\`error_rate\`, of the others as \`objective\`. [objective-rules.yml](../monitoring/objective-rules.yml) has the same as rules
for Prometheus, with the shares above: whoever sets \`alerts.availability\` changes them there as well.
\`test/objective-rules.test.ts\` lets both judge the same courses of events.
`;
}
