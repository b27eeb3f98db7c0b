import { Link, useParams } from '@tanstack/react-router';
import { ExternalLink } from 'lucide-react';
import type { ReactNode } from 'react';
import type { TaskStory } from '../../../src/operations/tasks/contract.ts';
import { showTask } from '../../../src/operations/tasks/contract.ts';
import { useAsk } from '../../data/data.tsx';
import { useSession } from '../../data/session.tsx';
import { useWordsRead } from '../../data/words-read.ts';
import { Page } from '../../frame/page.tsx';
import { Status } from '../../parts/badge.tsx';
import { ChangedWords } from '../../parts/changed-words.tsx';
import { repositoryName } from '../../parts/format.ts';
import { usePageSearch } from '../../parts/page-search.ts';
import { Loaded, RowBones } from '../../parts/states.tsx';
import { EvidenceSection, GivenSection, RankSection, TermsSection } from '../../parts/story.tsx';
import { TabLinks } from '../../parts/tab-links.tsx';
import { Together } from '../../parts/together.tsx';
import { kindWord } from '../../parts/words.ts';
import { ApprovalTab } from './approval-tab.tsx';
import { AuditTab, useTaskAudit } from './audit-tab.tsx';
import { ChecksTab, useChecks } from './checks-tab.tsx';
import { CostTab } from './cost-tab.tsx';
import { DiffTab, useTaskDiff } from './diff-tab.tsx';
import { Explanation, useExplanation } from './explanation.tsx';
import { RunsTab } from './runs-tab.tsx';
import type { Tab } from './search.ts';
import { taskSearch } from './search.ts';
import { TaskActions } from './task-actions.tsx';
import { Timeline } from './timeline.tsx';

export function TaskPage(): ReactNode {
  const { id = '' }: { id?: string } = useParams({ strict: false });
  const query = useAsk(showTask, { id });
  return (
    <Page
      title="Task"
      {...(query.data === undefined
        ? {}
        : { named: query.data.title, about: `${repositoryName(query.data.target)}, ${id}` })}
    >
      <Loaded query={query} skeleton={<RowBones />}>
        {(task) => <Story key={id} task={task} isFresh={!query.isFetching} />}
      </Loaded>
    </Page>
  );
}

/** What a person most likely came for, by where the task stands. */
function firstTab({ state, runs }: TaskStory): Tab {
  if (state === 'in_review' || state === 'done') return 'diff';
  return runs.length > 0 ? 'runs' : 'evidence';
}

function Story({
  task: now,
  isFresh,
}: {
  readonly task: TaskStory;
  readonly isFresh: boolean;
}): ReactNode {
  const { shown: task, isOld, readAgain } = useWordsRead(now, isFresh);
  const [{ tab = firstTab(task), run }] = usePageSearch(taskSearch);
  const { may } = useSession();
  // What stands above something else.
  const queries = [
    useExplanation(task.id),
    useTaskDiff(task.id, run, tab === 'diff'),
    useChecks(task, tab === 'checks'),
    useTaskAudit(task.id, tab === 'audit'),
  ];
  return (
    <Together queries={queries} skeleton={<RowBones />}>
      <div className="flex flex-col gap-3 border-line border-b px-4 py-4">
        <div className="flex flex-wrap items-center gap-x-3 gap-y-2 text-13 text-quiet">
          <Status status={task.state} />
          <Link
            to="/tasks"
            search={{ repo: task.target }}
            className="font-medium text-text hover:underline"
          >
            {repositoryName(task.target)}
          </Link>
          <span>{kindWord(task.kind)}</span>
          <span>{task.agent}</span>
          {task.issueUrl === null ? null : (
            <Outside href={task.issueUrl}>issue {task.issue}</Outside>
          )}
          {task.pull === null ? null : /^https?:/u.test(task.pull.url) ? (
            <Outside href={task.pull.url}>pull request {task.pull.number}</Outside>
          ) : (
            <span>
              pull request {task.pull.number}, branch{' '}
              <code className="break-all text-12">{task.pull.branch}</code>
            </span>
          )}
        </div>
        <h2 className="text-20 font-semibold">{task.title}</h2>
        <Explanation task={task} />
        {isOld ? <ChangedWords onReadAgain={readAgain} /> : null}
        <TaskActions task={task} isOld={isOld} />
      </div>
      <div className="flex flex-col lg:flex-row">
        <div className="min-w-0 flex-1">
          <TabLinks
            label="About the task"
            current={tab}
            tabs={[
              { tab: 'evidence', word: 'Evidence' },
              { tab: 'approval', word: 'Approval', count: task.approvals.length },
              { tab: 'runs', word: 'Runs', count: task.runs.length },
              { tab: 'diff', word: 'Diff' },
              { tab: 'checks', word: 'Checks' },
              { tab: 'cost', word: 'Cost' },
              ...(may('audit:read') ? [{ tab: 'audit' as const, word: 'Audit' }] : []),
            ]}
          />
          <div className="flex flex-col gap-6 p-4">
            <TabView tab={tab} task={task} run={run} />
          </div>
        </div>
        <aside
          aria-label="What happened"
          className="border-line border-t p-4 lg:w-[340px] lg:shrink-0 lg:border-t-0 lg:border-l"
        >
          <Timeline taskId={task.id} />
        </aside>
      </div>
    </Together>
  );
}

function TabView({
  tab,
  task,
  run,
}: {
  readonly tab: Tab;
  readonly task: TaskStory;
  readonly run: string | undefined;
}): ReactNode {
  switch (tab) {
    case 'evidence':
      return (
        <>
          <EvidenceSection task={task} />
          <RankSection task={task} />
          <GivenSection task={task} />
          <TermsSection task={task} />
        </>
      );
    case 'approval':
      return <ApprovalTab task={task} />;
    case 'runs':
      return <RunsTab task={task} />;
    case 'diff':
      return <DiffTab task={task} run={run} />;
    case 'checks':
      return <ChecksTab task={task} />;
    case 'cost':
      return <CostTab task={task} />;
    case 'audit':
      return <AuditTab taskId={task.id} />;
  }
}

function Outside({
  href,
  children,
}: {
  readonly href: string;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <a
      href={href}
      target="_blank"
      rel="noopener noreferrer"
      className="inline-flex items-center gap-1 text-accent underline"
    >
      {children}
      <ExternalLink aria-hidden size={12} />
    </a>
  );
}
