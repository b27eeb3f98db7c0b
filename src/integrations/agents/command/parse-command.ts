import type { AgentEnd, AgentEvent, AgentUsage } from '../../../domain/agent-event.ts';
import type { AgentParser } from '../../../domain/ports/agent.ts';
import { failureOf } from '../failure.ts';
import { type Members, membersOf, numberOf, parseObject, shorten, textOf } from '../json-line.ts';

/**
 * Reads any program's output. Plain lines are output; a program that wants to say more prints JSON lines:
 * `{"type":"message","text"}`, `{"type":"tool","name","detail"}` and at last
 * `{"type":"result","message","isError"?,"usage"?:{"inputTokens","outputTokens","costUsd"}}`.
 */
export function createCommandParser(): AgentParser {
  let usage: AgentUsage | null = null;
  let result: { message: string; isError: boolean } | null = null;
  let lastMessage = '';
  const tail: string[] = [];

  const keep = (line: string) => {
    if (line.trim() !== '') tail.push(shorten(line, 2000));
    if (tail.length > 20) tail.shift();
  };
  const read = (event: Members): readonly AgentEvent[] | null => {
    const said = textOf(event['text']) ?? textOf(event['message']) ?? '';
    switch (event['type']) {
      case 'message':
        lastMessage = said;
        return [{ type: 'message', text: said }];
      case 'tool':
        return [toolEvent(event)];
      case 'result':
        usage = usageOf(membersOf(event['usage'])) ?? usage;
        result = { message: said, isError: event['isError'] === true };
        return usage === null ? [] : [{ type: 'usage', usage }];
      default:
        return null;
    }
  };

  return {
    line: (stream, line) => {
      const event = stream === 'stdout' ? parseObject(line) : null;
      const events = event === null ? null : read(event);
      if (events !== null) return events;
      keep(line);
      return [{ type: 'output', stream, text: line }];
    },
    end: ({ code, signal }) => {
      const message = result?.message ?? (lastMessage === '' ? lastWords(tail) : lastMessage);
      const failed = code !== 0 || result?.isError === true;
      return endOf(message, failed, code, signal);
    },
    usage: () => usage,
  };
}

function endOf(
  message: string,
  failed: boolean,
  code: number | null,
  signal: string | null,
): AgentEnd {
  const base = { exitCode: code, message, resetsAt: null };
  if (signal !== null || code === 130 || code === 143) {
    return { ...base, kind: 'interrupted', failure: null };
  }
  if (!failed) return { ...base, kind: 'completed', failure: null };
  return { ...base, kind: 'failed', failure: failureOf(null, message) };
}

/** The last lines; from the sentence on that says why nothing had to change, when there is one. */
function lastWords(tail: readonly string[]): string {
  const verdict = tail.findLastIndex((line) => line.startsWith('NO CHANGE NEEDED:'));
  return tail.slice(verdict < 0 ? -5 : verdict).join('\n');
}

function toolEvent(event: Members): AgentEvent {
  return {
    type: 'tool',
    name: textOf(event['name']) ?? 'tool',
    detail: shorten(textOf(event['detail']) ?? '', 500),
  };
}

function usageOf(usage: Members | null): AgentUsage | null {
  if (usage === null) return null;
  return {
    inputTokens: numberOf(usage['inputTokens']) ?? 0,
    outputTokens: numberOf(usage['outputTokens']) ?? 0,
    cachedTokens: numberOf(usage['cachedTokens']) ?? 0,
    turns: numberOf(usage['turns']),
    costUsd: numberOf(usage['costUsd']),
  };
}
