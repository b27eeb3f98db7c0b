import { Link } from '@tanstack/react-router';
import { AlarmClock, ArrowLeft, Ban, Check, ExternalLink, Pencil } from 'lucide-react';
import type { ReactNode } from 'react';
import { useLayoutEffect } from 'react';
import { unsnoozeTask } from '../../../src/operations/approvals/contract.ts';
import type { TaskStory } from '../../../src/operations/tasks/contract.ts';
import { showTask } from '../../../src/operations/tasks/contract.ts';
import { useAct, useAsk } from '../../data/data.tsx';
import { useSession } from '../../data/session.tsx';
import { useWordsRead } from '../../data/words-read.ts';
import { Status } from '../../parts/badge.tsx';
import { Button } from '../../parts/button.tsx';
import { ChangedWords, changedWordsId } from '../../parts/changed-words.tsx';
import { repositoryName } from '../../parts/format.ts';
import { ScrollBox } from '../../parts/scroll-box.tsx';
import { Bone, Loaded } from '../../parts/states.tsx';
import { EvidenceSection, GivenSection, RankSection, TermsSection } from '../../parts/story.tsx';
import { Time } from '../../parts/time.tsx';
import { kindWord } from '../../parts/words.ts';
import { EditDialog } from './edit-dialog.tsx';
import type { Read } from './use-decide.ts';

interface DetailParts {
  /** The words that are shown, whenever they are others; `isOld`: they can no longer be approved. */
  readonly onRead: (task: Read, isOld: boolean) => void;
  readonly isEditing: boolean;
  readonly onEdit: (isEditing: boolean) => void;
  readonly onApprove: () => void;
  readonly onReject: () => void;
  readonly onSnooze: () => void;
  readonly onBack: () => void;
}

/** What a decision is about, top to bottom as a person needs it. */
export function ProposalDetail({ id, ...parts }: DetailParts & { readonly id: string }): ReactNode {
  const query = useAsk(showTask, { id });
  return (
    <Loaded query={query} skeleton={<DetailBones />}>
      {(task) => <Shown task={task} isFresh={!query.isFetching} {...parts} />}
    </Loaded>
  );
}

function Shown({
  task: now,
  isFresh,
  ...parts
}: DetailParts & { readonly task: TaskStory; readonly isFresh: boolean }): ReactNode {
  const { shown: task, isOld, readAgain, follow } = useWordsRead(now, isFresh);
  const { onRead } = parts;
  const { id, title, contentHash } = task;
  // With the drawing, so that no key comes between.
  useLayoutEffect(
    () => onRead({ id, title, contentHash }, isOld),
    [onRead, id, title, contentHash, isOld],
  );
  return (
    <article
      aria-label={task.title}
      tabIndex={-1}
      className="flex h-full min-h-0 flex-col outline-none"
    >
      <div className="border-line border-b bg-surface px-4 pt-3 pb-3 lg:px-6">
        <button
          type="button"
          onClick={parts.onBack}
          className="mb-2 inline-flex items-center gap-1 text-13 text-quiet hover:text-text lg:hidden"
        >
          <ArrowLeft aria-hidden size={14} />
          All proposals
        </button>
        <h2 className="text-16 font-semibold">{task.title}</h2>
        <p className="mt-1 flex flex-wrap items-center gap-x-3 gap-y-1 text-12 text-quiet">
          <span className="font-medium text-text">{repositoryName(task.target)}</span>
          <span>{kindWord(task.kind)}</span>
          <span>
            proposed <Time at={task.createdAt} />
          </span>
          {task.issueUrl === null ? null : (
            <a
              href={task.issueUrl}
              target="_blank"
              rel="noopener noreferrer"
              className="inline-flex items-center gap-1 text-accent underline"
            >
              issue {task.issue}
              <ExternalLink aria-hidden size={12} />
            </a>
          )}
          <Link to={`/tasks/${task.id}`} className="text-accent underline">
            whole story
          </Link>
          {task.state === 'proposed' ? null : <Status status={task.state} />}
        </p>
        {task.note === null || task.state === 'proposed' ? null : (
          <p className="mt-2 rounded-6 bg-warn-tint px-3 py-2 text-13 text-warn">{task.note}</p>
        )}
        {isOld ? <ChangedWords onReadAgain={readAgain} /> : null}
        <Actions task={task} isOld={isOld} {...parts} />
      </div>
      <ScrollBox
        label="What the decision is about"
        className="flex min-h-0 flex-1 flex-col gap-6 px-4 py-5 lg:px-6"
      >
        <EvidenceSection task={task} />
        <RankSection task={task} />
        <GivenSection task={task} />
        <TermsSection task={task} />
      </ScrollBox>
      <EditDialog
        task={task}
        open={parts.isEditing}
        onClose={() => parts.onEdit(false)}
        onSaved={follow}
      />
    </article>
  );
}

function Actions({
  task,
  isOld,
  onApprove,
  onReject,
  onSnooze,
  onEdit,
}: DetailParts & { readonly task: TaskStory; readonly isOld: boolean }): ReactNode {
  const { may } = useSession();
  const unsnooze = useAct(unsnoozeTask);
  const mayDecide = may('tasks:approve');
  return (
    <div className="mt-3 flex flex-wrap items-center gap-2">
      <Button
        look="primary"
        icon={<Check aria-hidden size={15} />}
        hint="a"
        aria-keyshortcuts="a"
        disabled={!mayDecide || isOld}
        // Reached by Tab all the same, so that the reason is heard.
        focusableWhenDisabled={isOld}
        aria-describedby={isOld ? changedWordsId : undefined}
        onClick={onApprove}
      >
        Approve
      </Button>
      <Button
        icon={<Ban aria-hidden size={15} />}
        hint="r"
        aria-keyshortcuts="r"
        disabled={!mayDecide}
        onClick={onReject}
      >
        Reject
      </Button>
      {task.snoozedUntil === null ? (
        <Button
          icon={<AlarmClock aria-hidden size={15} />}
          hint="s"
          aria-keyshortcuts="s"
          disabled={!may('tasks:write')}
          onClick={onSnooze}
        >
          Snooze
        </Button>
      ) : (
        <Button
          icon={<AlarmClock aria-hidden size={15} />}
          disabled={!may('tasks:write') || unsnooze.isPending}
          onClick={() => unsnooze.mutate({ id: task.id })}
        >
          Bring back now
        </Button>
      )}
      {task.state === 'proposed' ? (
        <Button
          look="quiet"
          icon={<Pencil aria-hidden size={14} />}
          hint="e"
          aria-keyshortcuts="e"
          disabled={!may('tasks:write')}
          onClick={() => onEdit(true)}
        >
          <span className="sr-only sm:not-sr-only">Edit</span>
        </Button>
      ) : null}
      {mayDecide ? null : (
        <p className="text-12 text-quiet">
          You may read this, not decide it. An admin can give you the role approver.
        </p>
      )}
    </div>
  );
}

function DetailBones(): ReactNode {
  return (
    <div className="flex flex-col gap-4 px-6 py-5">
      <Bone width={52} />
      <Bone width={30} />
      {[40, 64, 58, 36, 61].map((width) => (
        <Bone key={width} width={width} />
      ))}
    </div>
  );
}
