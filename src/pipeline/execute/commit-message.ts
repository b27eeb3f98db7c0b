import type { Run } from '../../domain/run.ts';
import type { Task } from '../../domain/task.ts';
import { withoutActs } from '../deliver/report.ts';
import { withoutInvisible } from './visible.ts';

/** The message of our commit: one subject line, then trailers that tools can read; text of others cannot add a trailer. */
export function commitMessage(task: Task, run: Run, approver: string): string {
  return [
    subject(task.proposal.title),
    '',
    'Made by a coding agent for an approved proposal; see the pull request for the report.',
    '',
    `Claude-Manager-Task: ${task.id}`,
    `Claude-Manager-Run: ${run.id}`,
    `Claude-Manager-Agent: ${word(run.agent)}`,
    `Claude-Manager-Approved-By: ${word(approver)}`,
    '',
  ].join('\n');
}

function subject(title: string): string {
  const line = withoutInvisible(title)
    .replace(/\s+/gu, ' ')
    .trim()
    .replace(/^[#-]+\s*/u, '');
  const points = [...line];
  const short = points.length <= 72 ? line : `${points.slice(0, 71).join('')}…`;
  return withoutActs(short) || 'Approved change';
}

function word(text: string): string {
  return text.replace(/[^\w.@[\]-]/gu, '_');
}
