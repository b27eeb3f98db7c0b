import { presentComment } from '../present.ts';
import {
  type Call,
  invalid,
  isSince,
  issueOf,
  notFound,
  page,
  param,
  RestError,
  type Route,
  sortedBy,
  textField,
} from '../route.ts';
import { type Comment, hasRole } from '../state.ts';
import { forbidden } from './issue-routes.ts';

const repo = '/repos/{owner}/{repo}';
const ofIssue = `${repo}/issues/{issue_number}/comments`;
const one = `${repo}/issues/comments/{comment_id}`;

export const commentRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: `${repo}/issues/comments`,
    handle: (call) => {
      const all = [...call.repo.issues.values()].flatMap((issue) => issue.comments);
      const recent = all.filter((comment) => isSince(call.query, comment.updatedAt));
      const keys = {
        created: (comment: Comment) => comment.createdAt,
        updated: (comment: Comment) => comment.updatedAt,
      };
      const usual = { sort: 'created', direction: 'asc' } as const;
      return page(call, sortedBy(call.query, recent, keys, usual), (comment) =>
        presentComment(call.state, call.repo, comment),
      );
    },
  },
  {
    method: 'GET',
    path: ofIssue,
    handle: (call) => {
      const recent = issueOf(call).comments.filter((one) => isSince(call.query, one.updatedAt));
      return page(call, recent, (comment) => presentComment(call.state, call.repo, comment));
    },
  },
  {
    method: 'POST',
    path: ofIssue,
    createsContent: true,
    handle: (call) => {
      const issue = issueOf(call);
      if (issue.locked && !hasRole(call.role, 'write')) {
        throw new RestError(403, 'Unable to create comment because issue is locked.');
      }
      const comment = call.issues.comment(call.doer, call.repo, issue, bodyOf(call));
      return shown(call, comment, 201);
    },
  },
  { method: 'GET', path: one, handle: (call) => shown(call, commentOf(call)) },
  {
    method: 'PATCH',
    path: one,
    handle: (call) => {
      const comment = changeable(call);
      call.issues.editComment(call.doer, call.repo, comment, bodyOf(call));
      return shown(call, comment);
    },
  },
  {
    method: 'DELETE',
    path: one,
    handle: (call) => {
      call.issues.deleteComment(call.doer, call.repo, changeable(call));
      return { status: 204 };
    },
  },
];

function bodyOf(call: Call): string {
  const body = textField(call.body, 'body') ?? '';
  if (body.trim() === '') throw invalid('IssueComment', 'missing_field', 'body');
  if (body.length > 65_536) {
    throw invalid(
      'IssueComment',
      'custom',
      'body',
      'Body is too long (maximum is 65536 characters)',
    );
  }
  return body;
}

function commentOf(call: Call): Comment {
  const id = Number(param(call, 'comment_id'));
  const all = [...call.repo.issues.values()].flatMap((issue) => issue.comments);
  const comment = all.find((one) => one.id === id);
  if (comment === undefined) throw notFound();
  return comment;
}

function changeable(call: Call): Comment {
  const comment = commentOf(call);
  if (comment.user !== call.account && !hasRole(call.role, 'write')) throw forbidden();
  return comment;
}

const shown = (call: Call, comment: Comment, status = 200) => ({
  status,
  body: presentComment(call.state, call.repo, comment),
});
