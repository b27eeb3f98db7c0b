import type { TaskNote } from '../../domain/ports/stores.ts';

/** Why the agent works once more on an open pull request. */
export type RoundKind = 'ci' | 'review';

/** One verdict on one head: what starts a round. */
export interface RoundRef {
  readonly taskId: string;
  readonly kind: RoundKind;
  readonly headSha: string;
  /** Version of the task when it was seen: a round that was interrupted may start again under a new id. */
  readonly version: number;
}

/** What a round has to do, as it is handed from its start to its work; small and JSON. */
export interface RoundOrder {
  readonly attempt: number;
  readonly kind: RoundKind;
  /** The pull request's branch and the commit that it must still be at when we push. */
  readonly branch: string;
  readonly headSha: string;
  /** CI output or remarks of permitted people, redacted; data, not instructions. */
  readonly feedback: string;
  /** Threads that are answered and resolved when it is done, by their first remark. */
  readonly threads: readonly number[];
}

/** `follow-<task>-<kind>-<head sha>`: a verdict that is told twice starts one round. */
export function roundWorkflowIdOf(ref: RoundRef): string {
  return `follow-${ref.taskId}-${ref.kind}-${ref.headSha}.${ref.version}`;
}

/** Whether the workflow works on a round of the task. */
export function isRoundOf(workflowId: string, taskId: string): boolean {
  return workflowId.startsWith(`follow-${taskId}-`);
}

/** Keys of the notes by which rounds are counted for good; a note is written once for its key. */
export const roundKeys = {
  begun: (attempt: number, ref: Pick<RoundRef, 'kind' | 'headSha'>) =>
    `round:${attempt}:${ref.kind}:${ref.headSha}`,
  interrupted: (attempt: number) => `round-interrupted:${attempt}`,
  rerun: (headSha: string) => `rerun:${headSha}`,
  remark: (id: string, attempt: number) => `remark:${id}:${attempt}`,
} as const;

/** The rounds that were begun and not interrupted, oldest first. */
export function roundsOf(notes: readonly TaskNote[]): readonly TaskNote[] {
  return notes
    .filter(({ key }) => key.startsWith('round:') && !isInterrupted(notes, key))
    .toSorted((one, other) => one.at.getTime() - other.at.getTime());
}

/** Whether this verdict on this head has had its round. */
export function isHandled(
  notes: readonly TaskNote[],
  ref: Pick<RoundRef, 'kind' | 'headSha'>,
): boolean {
  return roundsOf(notes).some(({ key }) => key.endsWith(`:${ref.kind}:${ref.headSha}`));
}

/** Whether the attempt was a round, and not the first work on the task. */
export function isRound(notes: readonly TaskNote[], attempt: number): boolean {
  return notes.some(({ key }) => key.startsWith(`round:${attempt}:`));
}

/** How often rounds on the head were interrupted. */
export function interruptionsAt(notes: readonly TaskNote[], headSha: string): number {
  return notes.filter(
    ({ key }) =>
      key.startsWith('round:') && key.endsWith(`:${headSha}`) && isInterrupted(notes, key),
  ).length;
}

/** Demands for changes that had their round. */
export function handledRemarks(notes: readonly TaskNote[]): ReadonlySet<string> {
  const remarks = notes.flatMap(({ key }) => {
    const [, id = '', attempt = ''] = /^remark:(.+):(\d+)$/u.exec(key) ?? [];
    const isVoid = notes.some((note) => note.key === roundKeys.interrupted(Number(attempt)));
    return id === '' || isVoid ? [] : [id];
  });
  return new Set(remarks);
}

function isInterrupted(notes: readonly TaskNote[], key: string): boolean {
  const attempt = Number(key.split(':')[1]);
  return notes.some((note) => note.key === roundKeys.interrupted(attempt));
}
