import type { TaskState } from '../../../src/domain/task.ts';

/** A column of the board. */
export interface Column {
  readonly title: string;
  /** Whose icon and tone the heading has. */
  readonly look: string;
  readonly states: readonly TaskState[];
  readonly nothing: string;
  /** Only what changed in the last seven days. */
  readonly isThisWeek?: boolean;
}

/** The states that matter to a person, from left to right as work goes. */
export const columns: readonly Column[] = [
  {
    title: 'Waiting',
    look: 'proposed',
    states: ['proposed'],
    nothing: 'Nothing waits for a decision.',
  },
  {
    title: 'Approved',
    look: 'approved',
    states: ['approved'],
    nothing: 'Nothing waits for an agent.',
  },
  { title: 'Running', look: 'running', states: ['running'], nothing: 'No agent is at work.' },
  {
    title: 'In review',
    look: 'in_review',
    states: ['in_review'],
    nothing: 'No pull request waits.',
  },
  {
    title: 'Done this week',
    look: 'done',
    states: ['done', 'no_change'],
    nothing: 'Nothing was finished in seven days.',
    isThisWeek: true,
  },
  {
    title: 'Needs attention',
    look: 'needs_attention',
    states: ['needs_attention', 'failed'],
    nothing: 'Nothing is stuck.',
  },
];

/** How many of a column are asked for; what there is beyond them is told as a number. */
const cardsShown = 30;

/** Whose work is shown; everybody's when not said. */
export type Filter = { readonly repo?: string | undefined; readonly agent?: string | undefined };

/** What is asked to fill it. */
export function inputOf({ states }: Column, filter: Filter) {
  return {
    ...filter,
    state: [...states],
    sort: states.includes('proposed') ? ('rank' as const) : ('updated' as const),
    limit: cardsShown,
  };
}
