import type { AgentEnd, AgentEvent, AgentUsage } from '../../../domain/agent-event.ts';
import type { AgentParser } from '../../../domain/ports/agent.ts';
import { failureOf, resetTimeIn, statusIn } from '../failure.ts';
import { type Members, membersOf, numberOf, parseObject, shorten, textOf } from '../json-line.ts';

interface Seen {
  usage: AgentUsage | null;
  message: string;
  error: string | null;
  turns: number;
  stderr: string;
}

/** Reads `codex exec --json`. A completed turn says nothing about the tree: read-only runs complete too. */
export function createCodexParser(): AgentParser {
  const seen: Seen = { usage: null, message: '', error: null, turns: 0, stderr: '' };
  return {
    line: (stream, line) => {
      const event = stream === 'stdout' ? parseObject(line) : null;
      if (event !== null) return readEvent(seen, event);
      if (stream === 'stderr') seen.stderr = `${seen.stderr}${line}\n`.slice(-2000);
      return [{ type: 'output', stream, text: line }];
    },
    end: ({ code, signal }) => endOf(seen, code, signal),
    usage: () => seen.usage,
  };
}

function readEvent(seen: Seen, event: Members): readonly AgentEvent[] {
  switch (event['type']) {
    case 'thread.started':
      return [{ type: 'started', session: textOf(event['thread_id']), model: null }];
    case 'item.started':
    case 'item.completed':
      return readItem(seen, event['type'], membersOf(event['item']) ?? {});
    case 'turn.completed':
      return readUsage(seen, membersOf(event['usage']) ?? {});
    case 'turn.failed':
      seen.error = textOf(membersOf(event['error'])?.['message']) ?? 'The turn failed.';
      return [];
    case 'error':
      return readError(seen, textOf(event['message']) ?? '');
    default:
      return [];
  }
}

function readItem(seen: Seen, phase: string, item: Members): readonly AgentEvent[] {
  const type = textOf(item['type']) ?? 'item';
  const text = textOf(item['text']) ?? textOf(item['message']) ?? '';
  if (type === 'agent_message' && phase === 'item.completed') {
    seen.message = text;
    return [{ type: 'message', text }];
  }
  if (type === 'error') return [{ type: 'output', stream: 'stderr', text }];
  const isStart = phase === 'item.started';
  if (type === 'command_execution' && isStart) {
    return [{ type: 'tool', name: 'command', detail: shorten(textOf(item['command']) ?? '', 500) }];
  }
  if (['file_change', 'mcp_tool_call', 'web_search'].includes(type) && !isStart) {
    return [{ type: 'tool', name: type, detail: shorten(JSON.stringify(item), 500) }];
  }
  return [];
}

function readError(seen: Seen, message: string): readonly AgentEvent[] {
  if (message.startsWith('Reconnecting')) {
    return [{ type: 'retrying', reason: shorten(message, 300), status: statusIn(message) }];
  }
  seen.error = message;
  return [{ type: 'output', stream: 'stderr', text: message }];
}

function readUsage(seen: Seen, usage: Members): readonly AgentEvent[] {
  const count = (name: string) => numberOf(usage[name]) ?? 0;
  seen.turns += 1;
  seen.error = null;
  seen.usage = {
    inputTokens: count('input_tokens') - count('cached_input_tokens'),
    outputTokens: count('output_tokens'),
    cachedTokens: count('cached_input_tokens'),
    turns: seen.turns,
    costUsd: null,
  };
  return [{ type: 'usage', usage: seen.usage }];
}

function endOf(seen: Seen, code: number | null, signal: string | null): AgentEnd {
  const base = { exitCode: code, failure: null, resetsAt: null };
  if (signal !== null || code === 130 || code === 137 || code === 143) {
    return { ...base, kind: 'interrupted', message: 'It was ended before its turn was complete.' };
  }
  if (seen.error === null && seen.turns > 0 && code === 0) {
    return { ...base, kind: 'completed', message: seen.message };
  }
  const message = seen.error ?? (seen.stderr.trim() || 'It ended without completing a turn.');
  const failure = failureOf(statusIn(message), message);
  const resetsAt = failure === 'model_quota' ? resetTimeIn(message) : null;
  return { kind: 'failed', exitCode: code, message, failure, resetsAt };
}
