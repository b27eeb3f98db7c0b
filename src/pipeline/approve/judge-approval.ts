import type { HostRole } from '../../domain/approval.ts';
import { canonicalBody, mayApprove } from '../../domain/approval.ts';
import type { HostIssue, IssueEvent } from '../../domain/ports/code-host.ts';
import type { Task } from '../../domain/task.ts';

/** What an approval by label is judged on, all of it read now. */
export interface LabelApproval {
  readonly task: Task;
  readonly issue: HostIssue;
  readonly event: IssueEvent;
  readonly managerRole: HostRole;
  readonly targetRole: HostRole;
  /** A person changed the text when the label was set already; shows only for issues that people wrote. */
  readonly editedSince: boolean;
}

export type Verdict =
  | { readonly approved: true }
  | { readonly approved: false; readonly code: RefusalCode; readonly text: string };

export type RefusalCode =
  | 'approval_lookalike_label'
  | 'approval_refused_bot'
  | 'approval_refused_role'
  | 'approval_refused_target_role'
  | 'approval_void_content'
  | 'approval_same_person'
  | 'approval_not_separate'
  | 'approval_expired';

/**
 * The one rule by which a label becomes an approval: a person (no bot) with write on the
 * manager repository and on the target, over exactly the words that we published. Pure.
 */
export function judgeApproval(approval: LabelApproval): Verdict {
  const { event, managerRole, targetRole, task, issue } = approval;
  if (event.actorIsBot) {
    return refused(
      'approval_refused_bot',
      `The label was set by @${event.actor}, which is not a person. Only a person can approve.`,
    );
  }
  if (!mayApprove(managerRole)) {
    return refused(
      'approval_refused_role',
      `@${event.actor} has the role "${managerRole}" here; approving needs write, maintain or admin. Somebody with that right can set the label again.`,
    );
  }
  if (!mayApprove(targetRole)) {
    return refused(
      'approval_refused_target_role',
      `@${event.actor} has the role "${targetRole}" on ${task.target.name}; approving work there needs write, maintain or admin on it.`,
    );
  }
  if (approval.editedSince || !isAsPublished(task, issue)) {
    return refused(
      'approval_void_content',
      'The text is not the one that was proposed: it was edited. An approval holds only for the words that stood when it was given. ' +
        'The text as it stands now has been taken as the proposal: read it and set the label again to approve it.',
    );
  }
  return { approved: true };
}

const ourMarker = /\s*<!-- ?cms:1:[\w.-]+:[\w.-]+:[0-9a-f]+ ?-->\s*$/u;

/** Whether the issue still says exactly what we published, our own hidden marker at the end set aside. */
export function isAsPublished(task: Task, issue: HostIssue): boolean {
  return (
    issue.title.trim() === (task.publishedTitle ?? '').trim() &&
    canonicalBody(withoutMarker(issue.body)) === canonicalBody(task.publishedBody ?? '')
  );
}

/** The body as people wrote and read it. */
export function withoutMarker(body: string): string {
  return body.replaceAll('\r\n', '\n').trimEnd().replace(ourMarker, '').trimEnd();
}

function refused(code: RefusalCode, text: string): Verdict {
  return { approved: false, code, text };
}
