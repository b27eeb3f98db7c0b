import { Link } from '@tanstack/react-router';
import { RotateCw } from 'lucide-react';
import type { ReactNode } from 'react';
import { listAlerts, listSilences } from '../../../src/operations/alerts/contract.ts';
import type { HealthHistory, HealthReport } from '../../../src/operations/health/contract.ts';
import { healthHistory, runHealth } from '../../../src/operations/health/contract.ts';
import { useAsk } from '../../data/data.tsx';
import { useSession } from '../../data/session.tsx';
import { Page } from '../../frame/page.tsx';
import { lookOf, Status } from '../../parts/badge.tsx';
import { Button } from '../../parts/button.tsx';
import { Choice } from '../../parts/choice.tsx';
import { usePageSearch } from '../../parts/page-search.ts';
import { Empty, Loaded, RowBones } from '../../parts/states.tsx';
import { Time } from '../../parts/time.tsx';
import { Together } from '../../parts/together.tsx';
import { WithCode } from '../../parts/with-code.tsx';
import { AlertList } from './alert-list.tsx';
import { CheckList } from './check-list.tsx';
import { healthSearch } from './search.ts';
import { StatusStrip } from './status-strip.tsx';

/** Alerts above, the overall result and its course, then a line per check. */
export function HealthPage(): ReactNode {
  const [search, setSearch] = usePageSearch(healthSearch);
  const query = useAsk(runHealth, {}, { everyMs: 30_000 });
  const { data: history } = useAsk(healthHistory, {}, { everyMs: 60_000 });
  const { data: report } = query;
  const { may } = useSession();
  const all = search.alerts === 'all';
  const alerts = useAsk(listAlerts, { all }, { enabled: may('metrics:read'), keep: true });
  const silences = useAsk(listSilences, {}, { enabled: may('metrics:read'), keep: true });
  return (
    <Page
      title="Health"
      about={report === undefined ? undefined : about(report)}
      actions={
        <>
          <Choice
            label="Show"
            value={search.show ?? 'all'}
            choices={[
              { value: 'all', word: 'All checks' },
              { value: 'unwell', word: 'Only what is not healthy' },
            ]}
            onChoose={(value) => setSearch({ show: value === 'unwell' ? 'unwell' : undefined })}
          />
          <Link to="/performance" className="order-last ml-auto text-13 text-accent underline">
            Performance
          </Link>
          <Button
            icon={<RotateCw aria-hidden size={14} />}
            disabled={query.isFetching}
            onClick={() => void query.refetch()}
          >
            {query.isFetching ? 'Measuring' : 'Measure now'}
          </Button>
        </>
      }
    >
      <Together queries={[alerts, silences]} skeleton={<RowBones rows={10} />}>
        <AlertList
          all={all}
          onAll={(wanted) => setSearch({ alerts: wanted ? 'all' : undefined }, { replace: true })}
        />
        <Loaded query={query} skeleton={<RowBones rows={10} />}>
          {(shown) => (
            <>
              <Overall report={shown} history={history} />
              <Checks
                report={shown}
                history={history}
                isUnwellOnly={search.show === 'unwell'}
                opened={search.check}
                onOpen={(check) => setSearch({ check }, { replace: true })}
              />
            </>
          )}
        </Loaded>
      </Together>
    </Page>
  );
}

function about({ overallStatus, checks }: HealthReport): string {
  const unwell = checks.filter(({ status }) => status === 'unhealthy' || status === 'degraded');
  return unwell.length === 0
    ? lookOf(overallStatus).word.toLowerCase()
    : `${lookOf(overallStatus).word.toLowerCase()}, ${unwell.length} of ${checks.length} checks not well`;
}

function Overall({
  report,
  history,
}: {
  readonly report: HealthReport;
  readonly history: HealthHistory | undefined;
}): ReactNode {
  const { overallStatus, score, measuredAt, measuredBy, criticalIssues } = report;
  return (
    <section
      aria-label="Overall"
      className="grid gap-x-8 gap-y-3 border-line border-b bg-surface px-4 py-4 lg:grid-cols-[auto_minmax(0,1fr)]"
    >
      <div className="flex flex-col gap-1">
        <div className="flex items-center gap-3">
          <Status status={overallStatus} />
          <span className="font-semibold text-20">{score === null ? '–' : score}</span>
          <span className="text-13 text-quiet">of 100</span>
        </div>
        <p className="text-12 text-quiet">
          Measured <Time at={measuredAt} />{' '}
          {measuredBy.kind === 'service'
            ? `by the running service (process ${measuredBy.pid} on ${measuredBy.host})`
            : `by process ${measuredBy.pid} on ${measuredBy.host}, because ${measuredBy.why ?? 'no service runs'}`}
        </p>
      </div>
      <div className="flex min-h-10 min-w-0 flex-col justify-end gap-1">
        {history === undefined ? null : (
          <>
            <StatusStrip
              label="Overall result of the last 24 hours"
              at={history.at}
              statuses={history.overall}
              stepMs={history.stepMs}
            />
            <p className="flex justify-between text-12 text-quiet">
              <span>24 hours ago</span>
              <span>now</span>
            </p>
          </>
        )}
      </div>
      {criticalIssues.length === 0 ? null : (
        <ul className="flex flex-col gap-1 text-13 text-bad lg:col-span-2">
          {criticalIssues.map((issue) => (
            <li key={issue}>
              <WithCode text={issue} />
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Checks({
  report,
  history,
  isUnwellOnly,
  opened,
  onOpen,
}: {
  readonly report: HealthReport;
  readonly history: HealthHistory | undefined;
  readonly isUnwellOnly: boolean;
  readonly opened: string | undefined;
  readonly onOpen: (check: string | undefined) => void;
}): ReactNode {
  const checks = isUnwellOnly
    ? report.checks.filter(({ status }) => status !== 'healthy')
    : report.checks;
  if (checks.length === 0) {
    return (
      <Empty title="All checks are healthy">
        <p>{report.checks.length} things were measured, and every one is well.</p>
      </Empty>
    );
  }
  return (
    <CheckList report={{ ...report, checks }} history={history} opened={opened} onOpen={onOpen} />
  );
}
