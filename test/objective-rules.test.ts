import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { objectiveRules, objectiveRulesFile, objectivesPage } from '../scripts/objective-rules.ts';
import { burnsOf, type Minute } from '../src/platform/alerts/burn.ts';
import { type ObjectiveName, objectives } from '../src/platform/telemetry/objectives.ts';
import { seededFractions } from './support/seeded.ts';

const run = promisify(execFile);
const docs = new URL('../docs/', import.meta.url);
const hasPromtool = await run('promtool', ['--version']).then(
  () => true,
  () => false,
);

const minuteMs = 60_000;
const callsAMinute = 100;
/** Before it everything went well for three days, as long as the longest window. */
const began = 72 * 60;

/** What goes wrong from `began` on, and when it is looked at, in minutes since then. */
interface Profile {
  readonly title: string;
  /** How many times faster than allowed the error budget is used in a minute. */
  readonly burn: (minute: number) => number;
  /** Limits of the windows that tell of the availability, at each look. */
  readonly looks: Readonly<Record<number, readonly number[]>>;
}

/** More than any target allows: everything fails. */
const total = Number.POSITIVE_INFINITY;
const profiles: readonly Profile[] = [
  {
    title: 'a fast total outage is told by every window',
    burn: (minute) => (minute >= 0 ? total : 0),
    looks: { [-30]: [], 30: [14.4, 6, 1], 60: [14.4, 6, 1] },
  },
  {
    title: 'a slow burn is told once the hours are over that it may last, and by no faster window',
    burn: (minute) => (minute >= 0 ? 7.5 : 0),
    looks: { [-30]: [], 30: [], 330: [6], 480: [6], 600: [6, 1] },
  },
  {
    title:
      'a spike that ends is over for the fast windows with their short ones, for the last one after six hours',
    burn: (minute) => (minute >= 0 && minute < 20 ? total : 0),
    looks: { 30: [6, 1], 60: [1], 330: [1], 420: [] },
  },
  {
    title: 'what flaps from minute to minute is told all the while',
    burn: (minute) => (minute >= 0 && minute % 2 === 0 ? 40 : 0),
    looks: { [-30]: [], 60: [14.4], 90: [14.4], 120: [14.4, 6] },
  },
];

/** The course of an objective over the profile, until its last look. */
function courseOf({ burn, looks }: Profile, target: number): readonly Minute[] {
  const last = Math.max(...Object.keys(looks).map(Number));
  let owed = 0;
  return Array.from({ length: began + last }, (_, index) => {
    owed += callsAMinute * Math.min(1, burn(index + 1 - began) * (1 - target));
    const failed = Math.floor(owed);
    owed -= failed;
    return { atMs: (index + 1) * minuteMs, calls: callsAMinute, failed };
  });
}

/** Half of what the availability allows, at random, for thirty days. */
function noise(): readonly Minute[] {
  const random = seededFractions(20_261_130);
  return Array.from({ length: 30 * 24 * 60 }, (_, index) => {
    let failed = 0;
    for (let call = 0; call < callsAMinute; call += 1) if (random() < 0.0005) failed += 1;
    return { atMs: (index + 1) * minuteMs, calls: callsAMinute, failed };
  });
}

const judged = ['availability', 'webhook_stored', 'approval_started'] as const;

test('the page of the objectives and their rules for Prometheus are up to date (node scripts/generate-reference.ts)', async () => {
  const read = (name: string): Promise<string> => readFile(new URL(name, docs), 'utf8');
  expect(await read('reference/objectives.md')).toBe(objectivesPage());
  expect(await read('monitoring/objective-rules.yml')).toBe(objectiveRulesFile());
});

/** Limits of the windows that tell of an objective, at each look of the profile. */
function toldOf(
  name: ObjectiveName,
  profile: Profile,
): Readonly<Record<number, readonly number[]>> {
  const { target } = objectives[name];
  const course = courseOf(profile, target);
  const told = Object.keys(profile.looks).map((minute) => {
    const now = (began + Number(minute)) * minuteMs;
    return [minute, burnsOf(course, target, now).map(({ limit }) => limit)] as const;
  });
  return Object.fromEntries(told);
}

test.each(profiles)('$title', (profile) => {
  expect(toldOf('availability', profile)).toEqual(profile.looks);
});

test('thirty days in which 0.05 % fail at random tell nobody, at any quarter of an hour', () => {
  const month = noise();
  expect(month.reduce((sum, { failed }) => sum + failed, 0)).toBeGreaterThan(1500);
  const { target } = objectives.availability;
  const told: number[] = [];
  for (let end = began; end <= month.length; end += 15)
    if (burnsOf(month.slice(end - began, end), target, end * minuteMs).length > 0) told.push(end);
  expect(told).toEqual([]);
});

/** One course of events as promtool takes it, with the rules that must tell at each look and no others. */
function promtoolTest(
  name: ObjectiveName,
  course: readonly Minute[],
  looks: Readonly<Record<number, readonly number[]>>,
): object {
  const labels = name === 'availability' ? '' : `objective="${name}",`;
  const family = name === 'availability' ? 'operation' : 'objective';
  const sums = (of: (minute: Minute) => number): string => {
    let sum = 0;
    return ['0', ...course.map((minute) => String((sum += of(minute))))].join(' ');
  };
  const series = (outcome: string, of: (minute: Minute) => number) => ({
    series: `claude_manager_${family}_calls_total{${labels}outcome="${outcome}"}`,
    values: sums(of),
  });
  return {
    interval: '1m',
    input_series: [
      series('failed', ({ failed }) => failed),
      series('ok', ({ calls, failed }) => calls - failed),
    ],
    alert_rule_test: Object.entries(looks).flatMap(([minute, limits]) =>
      objectiveRules.map(({ alert, objective, limit, severity, summary }) => ({
        eval_time: `${began + Number(minute)}m`,
        alertname: alert,
        exp_alerts:
          objective === name && limits.some((one) => one === limit)
            ? [{ exp_labels: { severity, objective }, exp_annotations: { summary } }]
            : [],
      })),
    ),
  };
}

test.skipIf(!hasPromtool)(
  'Prometheus tells by the rules what the service tells: of the four profiles, of the noise, and of a write that stands twice',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'cms-promtool-'));
    try {
      const days: Record<number, readonly number[]> = {};
      for (let minute = 0; minute <= 27 * 24 * 60; minute += 24 * 60) days[minute] = [];
      const twice = promtoolTest(
        'effects_once',
        courseOf({ title: '', burn: () => 0, looks: { 90: [] } }, 0.9).map((minute, index) =>
          index === began ? { ...minute, failed: 1 } : minute,
        ),
        {},
      );
      const single = objectiveRules.find(({ limit }) => limit === null) ?? expect.unreachable();
      const { alert: alertname, severity, objective, summary } = single;
      const expected = { exp_labels: { severity, objective }, exp_annotations: { summary } };
      const at = (minute: number, exp_alerts: readonly object[]) => ({
        eval_time: `${began + minute}m`,
        alertname,
        exp_alerts,
      });
      const file = join(folder, 'tests.json');
      await writeFile(
        file,
        JSON.stringify({
          rule_files: [new URL('monitoring/objective-rules.yml', docs).pathname],
          evaluation_interval: '30m',
          tests: [
            ...profiles.flatMap((profile) =>
              judged.map((name) =>
                promtoolTest(
                  name,
                  courseOf(profile, objectives[name].target),
                  toldOf(name, profile),
                ),
              ),
            ),
            promtoolTest('availability', noise(), days),
            { ...twice, alert_rule_test: [at(0, []), at(30, [expected]), at(90, [])] },
          ],
        }),
      );
      const { stdout } = await run('promtool', ['test', 'rules', file]).catch(
        ({ stdout: out, stderr }: { stdout: string; stderr: string }) => ({
          stdout: `${out}${stderr}`.slice(0, 4000),
        }),
      );
      expect(stdout).toContain('SUCCESS');
    } finally {
      await rm(folder, { recursive: true });
    }
  },
);
