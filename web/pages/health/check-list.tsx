import { ChevronDown } from 'lucide-react';
import type { ReactNode } from 'react';
import { useId } from 'react';
import type { HealthHistory, HealthReport } from '../../../src/operations/health/contract.ts';
import { lookOf, Status, sentence, toneText } from '../../parts/badge.tsx';
import { Chart } from '../../parts/chart/chart.tsx';
import { Sparkline } from '../../parts/chart/sparkline.tsx';
import { classNames } from '../../parts/class-names.ts';
import { formatDuration } from '../../parts/format.ts';
import { Fact, Facts } from '../../parts/section.tsx';
import { Time } from '../../parts/time.tsx';
import { WithCode } from '../../parts/with-code.tsx';
import type { Check } from './check-words.ts';
import { checkName, formatValue, thresholdWords } from './check-words.ts';
import { StatusStrip } from './status-strip.tsx';

type Remedy = HealthReport['remedies'][number];
type Course = HealthHistory['checks'][number];

/** How bad a result is; the worst comes first. */
const order: Readonly<Record<Check['status'], number>> = {
  unhealthy: 0,
  degraded: 1,
  unknown: 2,
  healthy: 3,
};

const remedyWords: Readonly<Record<Remedy['outcome'], string>> = {
  recovered: 'it recovered',
  not_recovered: 'it did not recover',
  failed: 'the remedy failed',
  gave_up: 'given up, it was tried too often',
};

/** A line per check, by category; the category with the worst result first. */
export function CheckList({
  report: { checks, remedies },
  history,
  opened,
  onOpen,
}: {
  readonly report: HealthReport;
  readonly history: HealthHistory | undefined;
  readonly opened: string | undefined;
  readonly onOpen: (check: string | undefined) => void;
}): ReactNode {
  const categories = [...new Set(checks.map(({ category }) => category))]
    .map((category) => ({
      category,
      checks: checks
        .filter((check) => check.category === category)
        .toSorted((a, b) => order[a.status] - order[b.status]),
    }))
    .toSorted((a, b) => worst(a.checks) - worst(b.checks));
  return categories.map(({ category, checks: inside }) => (
    <section key={category} aria-labelledby={`category-${category}`}>
      <h2
        id={`category-${category}`}
        className="flex items-baseline justify-between gap-3 border-line border-b bg-canvas px-4 pt-5 pb-2 font-semibold text-14"
      >
        {sentence(category)}
        <span className="font-normal text-12 text-quiet">{summary(inside)}</span>
      </h2>
      <ul>
        {inside.map((check) => (
          <CheckRow
            key={check.name}
            check={check}
            history={history}
            course={history?.checks.find(({ name }) => name === check.name)}
            remedies={remedies.filter((remedy) => remedy.check === check.name)}
            isOpen={opened === check.name}
            onToggle={() => onOpen(opened === check.name ? undefined : check.name)}
          />
        ))}
      </ul>
    </section>
  ));
}

function worst(checks: readonly Check[]): number {
  return Math.min(...checks.map(({ status }) => (status === 'unknown' ? 3 : order[status])));
}

function summary(checks: readonly Check[]): string {
  const count = (status: Check['status']): number =>
    checks.filter((check) => check.status === status).length;
  const parts = (['unhealthy', 'degraded', 'unknown', 'healthy'] as const)
    .map((status) => [count(status), lookOf(status).word.toLowerCase()] as const)
    .filter(([many]) => many > 0);
  return parts.map(([many, word]) => `${many} ${word}`).join(', ');
}

interface RowParts {
  readonly check: Check;
  readonly history: HealthHistory | undefined;
  readonly course: Course | undefined;
  readonly remedies: readonly Remedy[];
}

function CheckRow({
  isOpen,
  onToggle,
  ...parts
}: RowParts & { readonly isOpen: boolean; readonly onToggle: () => void }): ReactNode {
  const { check, course, remedies } = parts;
  const id = useId();
  const [last] = remedies;
  const limit = thresholdWords(check);
  return (
    <li className="border-line border-b">
      <button
        type="button"
        aria-expanded={isOpen}
        aria-controls={isOpen ? id : undefined}
        onClick={onToggle}
        className="grid w-full grid-cols-[minmax(0,1fr)_auto_16px] items-start gap-x-4 gap-y-1 px-4 py-2 text-left text-13 hover:bg-hover focus-visible:-outline-offset-2 md:grid-cols-[112px_minmax(0,1fr)_150px_96px_16px]"
      >
        <span className="order-2 justify-self-end md:order-none md:justify-self-start">
          <Status status={check.status} bare />
        </span>
        <span className="order-1 min-w-0 md:order-none">
          <span className="font-medium">{checkName(check.name)}</span>
          {check.critical ? (
            <span className="ml-2 text-12 text-quiet" title="While it is not healthy, nothing is">
              critical
            </span>
          ) : null}
          <span className="block text-quiet [overflow-wrap:anywhere] md:truncate">
            <WithCode text={check.evidence} />
          </span>
          {last === undefined ? null : (
            <span className="block text-12 text-quiet">
              {sentence(last.remedy)} <Time at={last.at} />: {remedyWords[last.outcome]}
            </span>
          )}
        </span>
        <span className="order-4 col-span-2 text-quiet md:order-none md:col-span-1 md:text-right">
          {check.value === null ? null : (
            <>
              <span
                className={classNames(
                  'whitespace-nowrap font-medium',
                  check.status === 'healthy' || check.status === 'unknown'
                    ? 'text-text'
                    : toneText[lookOf(check.status).tone],
                )}
              >
                {formatValue(check.value, check.unit)}
              </span>
              {limit === null ? null : (
                <span className="ml-2 text-12 md:ml-0 md:block">{limit}</span>
              )}
            </>
          )}
        </span>
        <span className="hidden h-5 md:block">
          {course === undefined ? null : (
            <Sparkline
              values={course.values}
              label={`${checkName(check.name)} over the last 24 hours`}
              tone={lookOf(check.status).tone === 'ok' ? 'neutral' : lookOf(check.status).tone}
            />
          )}
        </span>
        <ChevronDown
          aria-hidden
          size={16}
          className={classNames(
            'order-3 mt-[2px] text-quiet md:order-none',
            isOpen && 'rotate-180',
          )}
        />
      </button>
      {isOpen ? (
        <div id={id} className="appear px-4 pt-1 pb-5 md:pl-[144px]">
          <CheckDetail {...parts} />
        </div>
      ) : null}
    </li>
  );
}

function CheckDetail({ check, history, course, remedies }: RowParts): ReactNode {
  const hasValues = course?.values.some((value) => value !== null) ?? false;
  return (
    <div className="flex flex-col gap-4">
      <Facts>
        <Fact name="Measured">
          <WithCode text={check.evidence} />
        </Fact>
        {check.remedy === null ? null : <Fact name="What mends it">{check.remedy}</Fact>}
        <Fact name="Took">
          {formatDuration(check.durationMs)}; after {formatDuration(check.deadlineMs)} it would
          count as not measured
        </Fact>
        <Fact name="Weight">
          {check.critical
            ? 'critical: while it is unhealthy the whole service counts as unhealthy'
            : 'can degrade the overall result, not make it unhealthy'}
        </Fact>
      </Facts>
      {history !== undefined && course === undefined ? null : (
        <div className="min-h-10 max-w-[560px]">
          <p className="mb-1 text-12 text-quiet">Result, last 24 hours</p>
          {history === undefined || course === undefined ? null : (
            <StatusStrip
              label={`Result of ${checkName(check.name)}`}
              at={history.at}
              statuses={course.statuses}
              stepMs={history.stepMs}
            />
          )}
        </div>
      )}
      {history === undefined && check.value !== null ? <div className="h-[232px]" /> : null}
      {history !== undefined && course !== undefined && hasValues ? (
        <div className="min-h-[232px] max-w-[560px]">
          <Chart
            title={checkName(check.name)}
            about="The last value of each half hour, last 24 hours"
            height={140}
            at={history.at.map((at) => new Date(at))}
            format={(value) => formatValue(value, check.unit)}
            series={[{ name: 'Measured', values: course.values }]}
            {...(check.threshold === null
              ? {}
              : {
                  threshold: {
                    value: check.threshold,
                    word: thresholdWords(check) ?? formatValue(check.threshold, check.unit),
                  },
                })}
          />
        </div>
      ) : null}
      {remedies.length === 0 ? null : (
        <div>
          <p className="mb-1 text-12 text-quiet">What was done about it, newest first</p>
          <ul className="flex flex-col gap-2">
            {remedies.map((one) => (
              <li key={`${one.at} ${one.remedy}`} className="text-13">
                <span className="font-medium">{sentence(one.remedy)}</span>{' '}
                <span className="text-quiet">
                  <Time at={one.at} />, {remedyWords[one.outcome]}
                </span>
                <span className="block text-quiet">
                  Before: {one.before} Done: {one.action} After: {one.after}
                </span>
              </li>
            ))}
          </ul>
        </div>
      )}
    </div>
  );
}
