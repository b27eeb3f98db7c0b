import type { ReactNode } from 'react';
import { useEffect, useRef, useState, useSyncExternalStore } from 'react';
import type { TaskLine } from '../../../src/operations/tasks/contract.ts';
import { countTasks, listTasks } from '../../../src/operations/tasks/contract.ts';
import { useAsk, useData } from '../../data/data.tsx';
import { undecided } from '../../data/decisions.ts';
import { useSession } from '../../data/session.tsx';
import { Page } from '../../frame/page.tsx';
import { classNames } from '../../parts/class-names.ts';
import { counted, repositoryName } from '../../parts/format.ts';
import { useKeys } from '../../parts/keys.tsx';
import { usePageSearch } from '../../parts/page-search.ts';
import { Loaded, RowBones } from '../../parts/states.tsx';
import { kindWord } from '../../parts/words.ts';
import { BulkBar } from './bulk-bar.tsx';
import { InboxFilter } from './inbox-filter.tsx';
import { InboxList } from './inbox-list.tsx';
import { NothingWaits } from './nothing-waits.tsx';
import { ProposalDetail } from './proposal-detail.tsx';
import { RejectDialog } from './reject-dialog.tsx';
import type { InboxSearch } from './search.ts';
import { firstList, inboxSearch, pageLength } from './search.ts';
import { SnoozeDialog } from './snooze-dialog.tsx';
import { type Read, useDecide } from './use-decide.ts';
import { useSelection } from './use-selection.ts';

/** Everything that waits for a decision: the list, and beside it what the decision is about. */
export function InboxPage(): ReactNode {
  const [search, setSearch] = usePageSearch(inboxSearch);
  const [limit, setLimit] = useState(pageLength);
  const filter = {
    ...(search.repo === undefined ? {} : { repo: search.repo }),
    ...(search.kind === undefined ? {} : { kind: [search.kind] }),
    ...(search.q === undefined ? {} : { q: search.q }),
  };
  const query = useAsk(
    listTasks,
    {
      ...firstList,
      ...(search.show === 'snoozed' ? { snoozed: 'only' } : {}),
      ...(search.sort === undefined ? {} : { sort: search.sort }),
      limit,
      ...filter,
    },
    { keep: true },
  );
  const { decisions } = useData();
  const decided = useSyncExternalStore(decisions.subscribe, decisions.state);
  const tasks = undecided(query.data?.items ?? [], query.dataUpdatedAt, decided);
  const counts = useAsk(countTasks, filter, { keep: true }).data;
  const isSnoozed = search.show === 'snoozed';
  const listed = query.data?.items.length ?? 0;
  const all = (isSnoozed ? counts?.snoozed : counts?.waiting) ?? listed;
  const isFiltered =
    search.repo !== undefined || search.kind !== undefined || search.q !== undefined;
  return (
    <Page
      title="Inbox"
      about={
        query.data === undefined
          ? undefined
          : wordsOf(search, Math.max(listed, all) - (listed - tasks.length))
      }
      fill
    >
      <Loaded query={query} skeleton={<RowBones />}>
        {({ next }) => (
          <Decisions
            tasks={tasks}
            search={search}
            setSearch={setSearch}
            empty={<NothingWaits isFiltered={isFiltered} isSnoozed={isSnoozed} />}
            {...(next === null ? {} : { more: () => setLimit((now) => now + pageLength) })}
          />
        )}
      </Loaded>
    </Page>
  );
}

function wordsOf({ show, repo, kind, q }: InboxSearch, count: number): string {
  const what = show === 'snoozed' ? 'snoozed' : 'waiting for a decision';
  return [
    `${counted(count, 'proposal')} ${what}`,
    kind === undefined ? '' : `of kind ${kindWord(kind)}`,
    repo === undefined ? '' : `in ${repositoryName(repo)}`,
    q === undefined ? '' : `with “${q}”`,
  ]
    .filter(Boolean)
    .join(' ');
}

/**
 * What the person was shown of each proposal: its words where it was opened, else its line where it was selected. `oldId`
 * is the one whose words were changed while they are shown.
 */
function useRead(): {
  readonly oldId: string | undefined;
  readonly shown: (task: Read, isOld: boolean) => void;
  readonly listed: (tasks: readonly Read[]) => void;
  readonly asRead: (task: Read) => Read;
} {
  const hashes = useRef(new Map<string, string | null>());
  const [oldId, setOldId] = useState<string>();
  const [read] = useState(() => ({
    shown: ({ id, contentHash }: Read, isOld: boolean) => {
      hashes.current.set(id, contentHash);
      setOldId(isOld ? id : undefined);
    },
    listed: (tasks: readonly Read[]) => {
      for (const { id, contentHash } of tasks)
        if (!hashes.current.has(id)) hashes.current.set(id, contentHash);
    },
    asRead: ({ id, title, contentHash }: Read) => ({
      id,
      title,
      contentHash: hashes.current.get(id) ?? contentHash,
    }),
  }));
  return { ...read, oldId };
}

/**
 * After a decision the focus goes to the proposal that is shown next: its row, or where the list is hidden, its detail;
 * the button that had it is gone.
 */
function useFocusNext(currentId: string | undefined): (id: string | undefined) => void {
  const wanted = useRef<{ readonly id: string | undefined } | null>(null);
  useEffect(() => {
    if (wanted.current === null || wanted.current.id !== currentId) return;
    wanted.current = null;
    const places = [
      '#content [aria-label="Proposals"] [aria-current="true"]',
      '#content article',
      '#content h1',
    ];
    const there = places
      .map((place) => document.querySelector<HTMLElement>(place))
      .find((element) => element !== null && element.checkVisibility());
    there?.focus({ preventScroll: true });
  }, [currentId]);
  return (id) => {
    wanted.current = { id };
  };
}

type Asking = 'reject' | 'snooze' | 'edit' | null;

function Decisions({
  tasks,
  search,
  setSearch,
  empty,
  more,
}: {
  readonly tasks: readonly TaskLine[];
  readonly search: InboxSearch;
  readonly setSearch: (change: Partial<InboxSearch>, options?: { replace?: boolean }) => void;
  readonly empty: ReactNode;
  readonly more?: () => void;
}): ReactNode {
  const decide = useDecide();
  const { may } = useSession();
  const [asking, setAsking] = useState<Asking>(null);
  const selection = useSelection(tasks.map(({ id }) => id));
  const read = useRead();
  const chosen = tasks.find(({ id }) => id === search.task);
  // Beside the list something is always shown; below 1100 px only what was opened.
  const current = chosen ?? tasks[0];
  const isOpened = search.task !== undefined;
  const focusWhenShown = useFocusNext(current?.id);
  const open = (id: string | undefined): void => setSearch({ task: id }, { replace: isOpened });
  const subjects =
    selection.ids.size > 0
      ? tasks.filter(({ id }) => selection.ids.has(id))
      : current === undefined
        ? []
        : [current];

  // What was changed under the eyes of the person cannot be approved before it is read again.
  const isOld = subjects.some(({ id }) => id === read.oldId);
  const cannotApprove = isOld || !may('tasks:approve');

  const step = (by: number, extend: boolean): void => {
    const at = tasks.findIndex(({ id }) => id === current?.id);
    const next = tasks[Math.min(tasks.length - 1, Math.max(0, at + by))];
    if (next === undefined) return;
    if (extend && current !== undefined) {
      read.listed([current, next]);
      selection.extend(current.id, next.id);
    }
    open(next.id);
  };
  /** After a decision the next one that is left is shown. */
  const decided = (): void => {
    const gone = new Set(subjects.map(({ id }) => id));
    const at = tasks.findIndex(({ id }) => gone.has(id));
    const after = tasks.slice(Math.max(0, at)).find(({ id }) => !gone.has(id));
    const left = after ?? tasks.findLast(({ id }) => !gone.has(id));
    selection.clear();
    setAsking(null);
    const next = isOpened ? left : tasks.find(({ id }) => !gone.has(id));
    focusWhenShown(next?.id);
    setSearch({ task: isOpened ? next?.id : undefined }, { replace: true });
  };
  const approve = (): void => {
    if (cannotApprove) return;
    decide.approve(subjects.map(read.asRead));
    decided();
  };
  const select = (id: string, isRange: boolean): void => {
    const from = isRange ? tasks.findIndex((task) => task.id === current?.id) : -1;
    const to = tasks.findIndex((task) => task.id === id);
    const [first = to, last = to] = from < 0 ? [to, to] : [from, to].sort((a, b) => a - b);
    read.listed(tasks.slice(first, last + 1));
    if (isRange && current !== undefined) selection.extend(current.id, id);
    else selection.toggle(id);
  };
  const ask = (what: Asking): void => {
    if (subjects.length > 0) setAsking(what);
  };
  const cannotDecide = current === undefined || !may('tasks:approve');
  const cannotWrite = current === undefined || !may('tasks:write');
  const isAlone = tasks.length < 2;
  useKeys([
    { key: 'j', does: 'Next proposal', isHidden: isAlone, run: () => step(1, false) },
    { key: 'k', does: 'Proposal before', isHidden: isAlone, run: () => step(-1, false) },
    { key: 'shift+j', does: 'Select down', isHidden: isAlone, run: () => step(1, true) },
    { key: 'shift+k', does: 'Select up', isHidden: isAlone, run: () => step(-1, true) },
    {
      key: 'enter',
      does: 'Open',
      isHidden: current === undefined,
      run: () => open(current?.id),
    },
    { key: 'a', does: 'Approve', isHidden: cannotDecide || isOld, run: approve },
    {
      key: 'r',
      does: 'Reject, with a reason',
      isHidden: cannotDecide,
      run: () => (cannotDecide ? undefined : ask('reject')),
    },
    {
      key: 's',
      does: 'Snooze',
      isHidden: cannotWrite,
      run: () => (cannotWrite ? undefined : ask('snooze')),
    },
    {
      key: 'e',
      does: 'Edit before approving',
      isHidden: cannotWrite,
      run: () => (cannotWrite ? undefined : ask('edit')),
    },
    {
      key: 'x',
      does: 'Select or deselect',
      isHidden: current === undefined,
      run: () => (current === undefined ? undefined : select(current.id, false)),
    },
    {
      key: 'escape',
      does: 'Deselect, or back to the list',
      isHidden: current === undefined,
      run: () => (selection.ids.size > 0 ? selection.clear() : open(undefined)),
    },
  ]);
  return (
    <div className="flex h-full min-h-0">
      <div
        className={classNames(
          'min-h-0 w-full flex-col border-line bg-surface lg:flex lg:shrink-0',
          // With nothing to show beside it, what to do next stands in the middle of the page.
          current === undefined ? '' : 'lg:w-[400px] lg:border-r',
          isOpened && chosen !== undefined ? 'hidden' : 'flex',
        )}
      >
        <InboxFilter search={search} setSearch={setSearch} />
        {selection.ids.size > 0 ? (
          <BulkBar
            count={selection.ids.size}
            isOld={isOld}
            onApprove={approve}
            onReject={() => ask('reject')}
            onSnooze={() => ask('snooze')}
            onClear={selection.clear}
          />
        ) : null}
        {tasks.length === 0 ? (
          empty
        ) : (
          <InboxList
            tasks={tasks}
            currentId={current?.id}
            selected={selection.ids}
            onOpen={open}
            onSelect={select}
            {...(more === undefined ? {} : { more })}
          />
        )}
      </div>
      <div
        className={classNames(
          'min-h-0 min-w-0 flex-1 lg:block',
          isOpened && chosen !== undefined ? 'block' : 'hidden',
        )}
      >
        {current === undefined ? null : (
          <ProposalDetail
            key={current.id}
            id={current.id}
            onRead={read.shown}
            isEditing={asking === 'edit'}
            onEdit={(isEditing) => setAsking(isEditing ? 'edit' : null)}
            onApprove={approve}
            onReject={() => ask('reject')}
            onSnooze={() => ask('snooze')}
            onBack={() => open(undefined)}
          />
        )}
      </div>
      <RejectDialog
        tasks={asking === 'reject' ? subjects : []}
        onClose={() => setAsking(null)}
        onReject={(reason, neverAgain) => {
          decide.reject(subjects, reason, neverAgain);
          decided();
        }}
      />
      <SnoozeDialog
        count={asking === 'snooze' ? subjects.length : 0}
        onClose={() => setAsking(null)}
        onSnooze={(until) => {
          decide.snooze(subjects, until);
          decided();
        }}
      />
    </div>
  );
}
