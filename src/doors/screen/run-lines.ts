import { refusalWords } from '../../domain/egress-refusal.ts';
import type { RunEvent } from '../../operations/runs/contract.ts';
import type { Line } from './lines.ts';
import { textLines } from './lines.ts';

/** What an agent said and did; each event with its time of day (UTC). */
export function runLines(events: readonly RunEvent[], columns: number): readonly Line[] {
  if (events.length === 0) return [{ text: 'The agent has said nothing yet.', look: 'dim' }];
  return events.flatMap(({ at, event }) => {
    const { text, look } = wordsOf(event);
    return textLines(`${at.slice(11, 19)}  ${text}`, columns, look);
  });
}

function wordsOf(event: RunEvent['event']): { text: string; look?: Line['look'] } {
  const word = (name: string): string => {
    const value = event[name];
    return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  };
  switch (event.type) {
    case 'message':
    case 'output':
      return { text: word('text') };
    case 'tool':
      return { text: `${word('name')}  ${word('detail')}`, look: 'dim' };
    case 'tool_denied':
      return { text: `denied: ${word('name')}  ${word('detail')}`, look: 'bad' };
    case 'egress_refused':
      return { text: refusalWords(event), look: 'bad' };
    case 'retrying':
      return { text: `tries again: ${word('reason')}`, look: 'dim' };
    case 'ended':
      return { text: endOf(event['end']), look: 'heading' };
    default:
      return { text: event.type, look: 'dim' };
  }
}

function endOf(end: unknown): string {
  if (typeof end !== 'object' || end === null) return 'ended';
  const { kind = '', message = '' } = end as { kind?: string; message?: string };
  return `ended: ${kind}. ${message}`;
}
