import { Box, Text, useApp, useInput, useWindowSize } from 'ink';
import type { ReactElement } from 'react';
import { createElement as h, useRef, useState } from 'react';
import type { z } from 'zod';
import { AppError, toAppError } from '../../lib/app-error.ts';
import { listRuns, type RunEvent, runEvents } from '../../operations/runs/contract.ts';
import { pauseWork, resumeWork, serviceStatus } from '../../operations/service/contract.ts';
import type { TaskLine, TaskStory } from '../../operations/tasks/contract.ts';
import {
  approveTask,
  cancelTask,
  explainTask,
  listTasks,
  rejectTask,
  retryTask,
  showTask,
} from '../../operations/tasks/contract.ts';
import { cell, clipped, type Line, textLines } from './lines.ts';
import { usePolled } from './polled.ts';
import type { ScreenPorts } from './ports.ts';
import { runLines } from './run-lines.ts';
import { taskLines } from './task-lines.ts';
import { firstView, type ListName, lists, presses, read, type View, type Wish } from './view.ts';

const everyMs = 2000;
/** A page of a list; the dashboard has them all. */
const mostTasks = 500;

const filters: Readonly<Record<ListName, object>> = {
  waiting: { waiting: true, snoozed: 'hide', sort: 'rank' },
  'at work': { state: ['approved', 'running'], sort: 'updated' },
  'in review': { state: ['in_review'], sort: 'updated' },
  ended: {
    state: ['done', 'no_change', 'failed', 'rejected', 'expired', 'resolved', 'canceled'],
    sort: 'updated',
  },
};

/** Watches the loop and takes decisions: a list, the whole of a task, the log of its run. */
export function Screen({ ports }: { readonly ports: ScreenPorts }): ReactElement {
  const { exit } = useApp();
  const { columns, rows } = useWindowSize();
  const [view, draw] = useState<View>(firstView);
  // What holds now: of several keys that come at once, each meets what the one before left.
  const now = useRef(firstView);
  const setView = (next: View): void => {
    now.current = next;
    draw(next);
  };
  const [told, setTold] = useState<Line | null>(null);
  const [turn, setTurn] = useState(0);
  const status = usePolled(`status ${turn}`, everyMs, () => ports.call(serviceStatus, {}));
  const tasks = usePolled(`list ${view.list} ${turn}`, everyMs, async () => {
    const { items } = await ports.call(listTasks, { ...filters[view.list], limit: mostTasks });
    return items;
  });
  const page = usePlace(ports, view, turn, columns);
  const room = Math.max(3, rows - 5);
  const items = tasks.value ?? [];
  const act = async (wish: Wish): Promise<void> => {
    if (wish.type === 'view') return setView(wish.view);
    if (wish.type === 'quit') return exit();
    try {
      setTold({
        text: await done(ports, wish, page.story, status.value?.paused ?? []),
        look: 'good',
      });
      if (wish.type !== 'pause') setView({ ...now.current, reason: null, place: { kind: 'list' } });
    } catch (thrown) {
      const { message, next } = toAppError(thrown);
      setTold({ text: `${message} ${next ?? ''}`, look: 'bad' });
      setView({ ...now.current, reason: null });
    }
    setTurn((last) => last + 1);
  };
  useInput((input, key) => {
    for (const pressed of presses(input, key)) {
      const wish = read(now.current, pressed, {
        // Another list was chosen a moment ago: what is drawn is not it.
        ids: now.current.list === view.list ? items.map(({ id }) => id) : [],
        lines: page.lines.length,
        rows: room,
        service: ports.service,
      });
      if (wish === null) continue;
      setTold(null);
      void act(wish);
    }
  });
  const problem = status.problem ?? tasks.problem ?? page.problem;
  return h(
    Box,
    { flexDirection: 'column', width: columns, height: rows - 1 },
    h(Top, { ports, view, columns, status: status.value }),
    h(
      Box,
      { flexDirection: 'column', flexGrow: 1 },
      view.place.kind === 'list'
        ? h(List, { items, isKnown: tasks.value !== null, view, columns, room })
        : h(Lines, { lines: page.lines.slice(view.top, view.top + room) }),
    ),
    h(Bottom, {
      view,
      columns,
      told: told ?? (problem === null ? null : { text: problem, look: 'bad' }),
    }),
  );
}

/** What fills the screen beside the list, as lines; the story of the task when one is shown. */
function usePlace(
  ports: ScreenPorts,
  { place }: View,
  turn: number,
  columns: number,
): { lines: readonly Line[]; story: TaskStory | null; problem: string | null } {
  const key = `${JSON.stringify(place)} ${turn}`;
  const [events] = useState(() => new Map<string, RunEvent[]>());
  const asked = usePolled(key, everyMs, async () => {
    if (place.kind === 'task') {
      const [story, why] = await Promise.all([
        ports.call(showTask, { id: place.id }),
        ports.call(explainTask, { id: place.id }),
      ]);
      return { story, why, events: null };
    }
    if (place.kind !== 'log') return null;
    return { story: null, why: null, events: await logOf(ports, place.taskId, events) };
  });
  const { value, problem } = asked;
  const story = value?.story ?? null;
  if (place.kind === 'help') return { lines: help, story, problem };
  if (place.kind === 'service') return { lines: serviceLines(ports, columns), story, problem };
  if (value === null) return { lines: [{ text: 'Reading …', look: 'dim' }], story, problem };
  if (value.story !== null)
    return { lines: taskLines(value.story, value.why, columns), story, problem };
  return { lines: runLines(value.events ?? [], columns), story, problem };
}

/** Events of the newest run of a task; those that were read before are not read again. */
async function logOf(
  ports: ScreenPorts,
  task: string,
  known: Map<string, RunEvent[]>,
): Promise<readonly RunEvent[]> {
  const [run] = (await ports.call(listRuns, { task, limit: 1 })).items;
  if (run === undefined) return [];
  const all = known.get(run.id) ?? [];
  known.set(run.id, all);
  const { items } = await ports.call(runEvents, {
    id: run.id,
    after: all.at(-1)?.seq ?? 0,
    limit: 2000,
  });
  all.push(...items.filter(({ seq }) => seq > (all.at(-1)?.seq ?? 0)));
  return [...all];
}

async function done(
  ports: ScreenPorts,
  wish: Exclude<Wish, { type: 'view' | 'quit' }>,
  story: TaskStory | null,
  paused: readonly string[],
): Promise<string> {
  switch (wish.type) {
    case 'approve': {
      if (story === null) throw notRead();
      // Bound to the words on the screen: others by now are refused.
      const { id, contentHash } = story;
      const task = await ports.call(approveTask, { id, contentHash });
      return `Approved: ${task.title}`;
    }
    case 'reject': {
      const reason = wish.reason === '' ? {} : { reason: wish.reason };
      const task = await ports.call(rejectTask, { id: wish.id, ...reason });
      return `Rejected: ${task.title}`;
    }
    case 'retry':
      return `Tried again: ${(await ports.call(retryTask, { id: wish.id })).title}`;
    case 'cancel':
      return `Canceled: ${(await ports.call(cancelTask, { id: wish.id })).title}`;
    case 'pause': {
      const isPaused = paused.includes('everything');
      await (isPaused ? ports.call(resumeWork, {}) : ports.call(pauseWork, {}));
      return isPaused ? 'Work goes on.' : 'Nothing new is started until p is pressed again.';
    }
  }
}

function notRead(): AppError {
  return new AppError({
    kind: 'conflict',
    code: 'not_read',
    message: 'The task is still being read.',
    next: 'Approve it when its words are on the screen.',
  });
}

const help: readonly Line[] = [
  { text: 'Keys', look: 'heading' },
  ...[
    ['1 2 3 4', 'waiting, at work, in review, ended'],
    ['j k, arrows', 'move; space and b by pages, g and G to the ends'],
    ['enter', 'read a task: evidence, rank, what the agent is given'],
    ['esc', 'back'],
    ['a', 'on a task: approve exactly these words'],
    ['r', 'on a task: reject, with a reason'],
    ['t', 'on a task: try again, under its approval'],
    ['x', 'on a task: cancel; a running agent is stopped'],
    ['o', 'on a task: what its agent says and does'],
    ['p', 'pause everything, or go on'],
    ['s', 'what the service says'],
    ['q', 'leave'],
  ].map(([key = '', means = '']) => ({ text: `  ${key.padEnd(14)}${means}` })),
];

function serviceLines(ports: ScreenPorts, columns: number): readonly Line[] {
  if (ports.service === 'other')
    return textLines(
      'The service runs in another process; its log files tell what it does.',
      columns,
    );
  return ports.said().flatMap((line) => textLines(line, columns));
}

type Status = z.output<typeof serviceStatus.output>;

function Top({
  ports,
  view,
  columns,
  status,
}: {
  readonly ports: ScreenPorts;
  readonly view: View;
  readonly columns: number;
  readonly status: Status | null;
}): ReactElement {
  const service = ports.service === 'own' ? 'running here' : 'running elsewhere';
  const facts =
    status === null
      ? []
      : [
          ...(status.paused.length === 0 ? [] : [`paused: ${status.paused.join(', ')}`]),
          `${status.waiting} waiting`,
          `${status.runsLive} at work`,
          `$${status.spentTodayUsd.toFixed(2)} of $${status.budgetTodayUsd.toFixed(2)} today`,
        ];
  return h(
    Box,
    { flexDirection: 'column' },
    h(
      Text,
      { wrap: 'truncate-end' },
      h(Text, { bold: true }, 'claude-manager'),
      `  ${[service, ...facts].join(' · ')}`,
    ),
    h(
      Text,
      { wrap: 'truncate-end' },
      ...lists.map((name, index) =>
        h(
          Text,
          { key: name, inverse: name === view.list && view.place.kind === 'list' },
          ` ${index + 1} ${name} `,
        ),
      ),
    ),
    h(Text, { dimColor: true }, '─'.repeat(columns)),
  );
}

function List({
  items,
  isKnown,
  view,
  columns,
  room,
}: {
  readonly items: readonly TaskLine[];
  readonly isKnown: boolean;
  readonly view: View;
  readonly columns: number;
  readonly room: number;
}): ReactElement {
  if (items.length === 0)
    return h(Text, { dimColor: true }, isKnown ? nothing[view.list] : 'Reading …');
  const first = Math.max(0, Math.min(view.chosen - Math.floor(room / 2), items.length - room));
  const title = Math.max(12, columns - 44);
  return h(
    Box,
    { flexDirection: 'column' },
    ...items.slice(first, first + room).map((task, index) => {
      const isChosen = first + index === view.chosen;
      const state = task.attention ?? task.state;
      const line = `${isChosen ? '>' : ' '} ${String(task.rank).padStart(3)}  ${cell(task.title, title)}  ${cell(place(task.target), 20)}  ${clipped(state, 13)}`;
      return h(Text, { key: task.id, inverse: isChosen, wrap: 'truncate-end' }, line);
    }),
  );
}

/** Of a folder the end says most. */
function place(target: string): string {
  return target.startsWith('/') ? target.split('/').slice(-2).join('/') : target;
}

const nothing: Readonly<Record<ListName, string>> = {
  waiting: 'Nothing waits for you.',
  'at work': 'Nothing is at work.',
  'in review': 'No pull request is open.',
  ended: 'Nothing has ended yet.',
};

function Lines({ lines }: { readonly lines: readonly Line[] }): ReactElement {
  return h(
    Box,
    { flexDirection: 'column' },
    ...lines.map((line, index) => h(LineText, { key: index, line })),
  );
}

const colors = { marked: 'yellow', good: 'green', bad: 'red' } as const;

function LineText({ line: { text, look } }: { readonly line: Line }): ReactElement {
  const color =
    look === 'marked' || look === 'good' || look === 'bad' ? { color: colors[look] } : {};
  return h(
    Text,
    { wrap: 'truncate-end', bold: look === 'heading', dimColor: look === 'dim', ...color },
    // A row without a character has no height.
    text === '' ? ' ' : text,
  );
}

function Bottom({
  view,
  columns,
  told,
}: {
  readonly view: View;
  readonly columns: number;
  readonly told: Line | null;
}): ReactElement {
  if (view.reason !== null)
    return h(
      Text,
      null,
      `Reason (enter sends, esc takes it back): ${clipped(view.reason.text, columns - 44)}█`,
    );
  if (view.isLeaving)
    return h(
      Text,
      { color: 'red', wrap: 'truncate-end' },
      'Leaving ends the service; agents at work may finish first. Leave? y/n',
    );
  if (told !== null) return h(LineText, { line: { ...told, text: clipped(told.text, columns) } });
  return h(Text, { dimColor: true, wrap: 'truncate-end' }, keysOf(view));
}

function keysOf({ place }: View): string {
  switch (place.kind) {
    case 'list':
      return 'enter read · 1-4 lists · p pause · s service · ? keys · q leave';
    case 'task':
      return 'a approve · r reject · o log · t again · x cancel · esc back';
    default:
      return 'j k scroll · esc back · q leave';
  }
}
