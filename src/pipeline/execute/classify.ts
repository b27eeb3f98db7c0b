import type { AgentRunResult } from '../../domain/ports/agent.ts';
import type { FailureReason, RunOutcome } from '../../domain/run.ts';

/** How one attempt ended, before the change is judged. `work` = there may be a change worth judging. */
export type Ending =
  | { readonly kind: 'work' }
  | {
      readonly kind: 'ended';
      readonly outcome: RunOutcome;
      readonly reason: FailureReason | null;
      readonly summary: string;
    };

const noChange = /^[ \t]*NO CHANGE NEEDED:[ \t]*(\S.*)$/imu;

/** What we ended ourselves comes first, then what the agent says; an agent's "success" is only a claim until the tree is judged. */
export function classify(result: AgentRunResult): Ending {
  switch (result.stopped) {
    case 'timeout':
      return ended('timed_out', null, 'The agent used up its time and was stopped.');
    case 'stall':
      return ended(
        'stalled',
        null,
        'The agent showed no sign of work for too long and was stopped.',
      );
    case 'budget':
      return ended(
        'over_budget',
        null,
        'The agent used up what one run may cost, in money, tokens or turns, and was stopped.',
      );
    case 'canceled':
      return ended('canceled', null, 'The run was canceled.');
    case null:
      break;
  }
  const { end } = result;
  if (end.kind === 'completed') return { kind: 'work' };
  if (end.kind === 'max_budget')
    return ended('over_budget', null, 'The agent stopped at its money limit.');
  if (end.kind === 'interrupted') return ended('interrupted', null, 'The agent was interrupted.');
  if (end.kind === 'max_turns')
    return ended('failed', 'agent', 'The agent used up its turns without finishing.');
  return ended(
    'failed',
    end.failure ?? 'agent',
    end.message === '' ? 'The agent failed without a word.' : end.message,
  );
}

/** The reason an agent gives for changing nothing; null when it gives none. */
export function noChangeReason(message: string): string | null {
  return noChange.exec(message)?.[1]?.trim() ?? null;
}

function ended(outcome: RunOutcome, reason: FailureReason | null, summary: string): Ending {
  return { kind: 'ended', outcome, reason, summary };
}
