import type { TaskStory } from '../../operations/tasks/contract.ts';
import type { Line } from './lines.ts';
import { textLines } from './lines.ts';

/** Everything a decision needs to be read before, from the evidence to exactly what the agent will be given. */
export function taskLines(
  task: TaskStory,
  why: { readonly text: string; readonly next: string },
  columns: number,
): readonly Line[] {
  const prose = (text: string, look?: Line['look']) => textLines(text, columns, look);
  const pull = task.pull === null ? [] : prose(`Pull request: ${task.pull.url}`);
  return [
    ...prose(task.title, 'heading'),
    ...prose(
      `${task.target} · ${task.kind} · rank ${task.rank} · ${task.agent} · ${task.id.slice(0, 12)}`,
      'dim',
    ),
    ...prose(why.text, task.state === 'needs_attention' ? 'bad' : 'good'),
    ...(why.next === '' ? [] : prose(why.next, 'dim')),
    ...pull,
    ...section('Evidence'),
    ...evidence(task, columns),
    ...section('Why it ranks here'),
    ...task.rankReasons.flatMap(({ points, because }) =>
      prose(`${points >= 0 ? '+' : ''}${points}  ${because}`),
    ),
    ...section('What the agent is given'),
    ...hidden(task, columns),
    ...prose(task.given.prompt),
    ...section('Approval'),
    ...approvals(task, columns),
    ...prose(`These words: ${task.contentHash}`, 'dim'),
    ...section('Runs'),
    ...runs(task, columns),
  ];
}

function section(title: string): readonly Line[] {
  return [{ text: '' }, { text: title, look: 'heading' }];
}

/** The lines round the place, the place itself marked; the words of an issue where there is no code. */
function evidence({ finding, evidence: words }: TaskStory, columns: number): readonly Line[] {
  if (finding === null) return textLines(words, columns);
  const last = finding.contextStart + finding.context.length;
  const digits = String(last).length;
  return [
    ...textLines(`${finding.path}:${finding.line}`, columns, 'dim'),
    ...finding.context.flatMap((text, index) => {
      const number = finding.contextStart + index;
      const isPlace = number >= finding.line && number <= finding.endLine;
      const margin = `${isPlace ? '>' : ' '} ${String(number).padStart(digits)}  `;
      return textLines(`${margin}${text}`, columns, isPlace ? 'marked' : undefined);
    }),
  ];
}

function hidden({ given }: TaskStory, columns: number): readonly Line[] {
  if (given.hidden.length === 0 && given.invisibleCharacters === 0) return [];
  return [
    ...textLines(
      `${given.invisibleCharacters} invisible characters were taken out; hidden text was made visible:`,
      columns,
      'bad',
    ),
    ...given.hidden.flatMap((text) => textLines(`  ${text}`, columns, 'bad')),
  ];
}

function approvals({ approvals: all, approved }: TaskStory, columns: number): readonly Line[] {
  const lines = all.flatMap(({ actor, channel, decidedAt, voidedAt, voidReason }) =>
    textLines(
      `${decidedAt}  ${actor} by ${channel}${voidedAt === null ? '' : `, void: ${voidReason ?? ''}`}`,
      columns,
    ),
  );
  return [...textLines(`${approved.given} of ${approved.needed} given`, columns), ...lines];
}

function runs({ runs: all }: TaskStory, columns: number): readonly Line[] {
  if (all.length === 0) return [{ text: 'none yet', look: 'dim' }];
  return all.flatMap(({ attempt, agent, outcome, summary, costUsd, checks }) => {
    const passed = checks.filter((check) => check.passed).length;
    const tested = checks.length === 0 ? '' : `, ${passed} of ${checks.length} checks passed`;
    const cost = costUsd === null ? '' : `, $${costUsd.toFixed(2)}`;
    return [
      ...textLines(
        `attempt ${attempt} by ${agent}: ${outcome ?? 'at work'}${cost}${tested}`,
        columns,
      ),
      ...(summary === null ? [] : textLines(`  ${summary}`, columns, 'dim')),
    ];
  });
}
