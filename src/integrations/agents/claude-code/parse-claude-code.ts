import type { AgentEnd, AgentEvent, AgentUsage } from '../../../domain/agent-event.ts';
import type { AgentParser } from '../../../domain/ports/agent.ts';
import { failureOf, resetTimeIn, statusIn } from '../failure.ts';
import {
  listOf,
  type Members,
  membersOf,
  numberOf,
  parseObject,
  shorten,
  textOf,
} from '../json-line.ts';

interface Seen {
  result: Members | null;
  usage: AgentUsage | null;
  /** The `error` word of the last synthetic message, for example `authentication_failed`. */
  apiError: string | null;
  quotaResetsAt: Date | null;
  stderr: string;
  readonly denied: Set<string>;
}

/** Reads `--output-format stream-json --verbose`. Exit code 0 is not "done": the result event and the tree decide. */
export function createClaudeCodeParser(): AgentParser {
  const seen: Seen = {
    result: null,
    usage: null,
    apiError: null,
    quotaResetsAt: null,
    stderr: '',
    denied: new Set(),
  };
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
    case 'system':
      return readSystem(seen, event);
    case 'assistant':
      return readAssistant(seen, event);
    case 'rate_limit_event':
      return readLimit(seen, event);
    case 'result':
      return readResult(seen, event);
    default:
      return [];
  }
}

function readSystem(seen: Seen, event: Members): readonly AgentEvent[] {
  switch (event['subtype']) {
    case 'init':
      return [
        { type: 'started', session: textOf(event['session_id']), model: textOf(event['model']) },
      ];
    case 'api_retry':
      return [
        {
          type: 'retrying',
          reason: textOf(event['error']) ?? 'unknown',
          status: numberOf(event['error_status']),
        },
      ];
    case 'permission_denied':
      return denial(seen, event, textOf(event['message']) ?? '');
    default:
      return [];
  }
}

function readAssistant(seen: Seen, event: Members): readonly AgentEvent[] {
  seen.apiError = textOf(event['error']) ?? seen.apiError;
  return listOf(membersOf(event['message'])?.['content']).flatMap((part): AgentEvent[] => {
    const text = textOf(part['text']);
    if (part['type'] === 'text' && text !== null) return [{ type: 'message', text }];
    if (part['type'] !== 'tool_use') return [];
    return [{ type: 'tool', name: textOf(part['name']) ?? 'tool', detail: toolDetail(part) }];
  });
}

/** `rate_limit_info` of a subscription: `resetsAt` in seconds since 1970. */
function readLimit(seen: Seen, event: Members): readonly AgentEvent[] {
  const info = membersOf(event['rate_limit_info']);
  if (info?.['status'] !== 'rejected') return [];
  const seconds = numberOf(info['resetsAt']);
  if (seconds !== null) seen.quotaResetsAt = new Date(seconds * 1000);
  seen.apiError = 'usage limit reached';
  return [{ type: 'retrying', reason: 'usage limit reached', status: 429 }];
}

function readResult(seen: Seen, event: Members): readonly AgentEvent[] {
  seen.result = event;
  seen.usage = usageOf(event);
  const denials = listOf(event['permission_denials']).flatMap((entry) =>
    denial(seen, entry, toolDetail({ input: entry['tool_input'] })),
  );
  return [...denials, { type: 'usage', usage: seen.usage }];
}

function denial(seen: Seen, event: Members, detail: string): readonly AgentEvent[] {
  const id = textOf(event['tool_use_id']) ?? '';
  if (seen.denied.has(id)) return [];
  seen.denied.add(id);
  return [
    {
      type: 'tool_denied',
      name: textOf(event['tool_name']) ?? 'tool',
      detail: shorten(detail, 500),
    },
  ];
}

function toolDetail(part: Members): string {
  const input = membersOf(part['input']) ?? {};
  const telling = textOf(input['command']) ?? textOf(input['file_path']) ?? JSON.stringify(input);
  return shorten(telling, 500);
}

function usageOf(result: Members): AgentUsage {
  const usage = membersOf(result['usage']) ?? {};
  const count = (name: string) => numberOf(usage[name]) ?? 0;
  return {
    inputTokens: count('input_tokens') + count('cache_creation_input_tokens'),
    outputTokens: count('output_tokens'),
    cachedTokens: count('cache_read_input_tokens'),
    turns: numberOf(result['num_turns']),
    costUsd: numberOf(result['total_cost_usd']),
  };
}

function endOf(seen: Seen, code: number | null, signal: string | null): AgentEnd {
  if (seen.result === null) return endWithoutResult(seen, code, signal);
  const { result } = seen;
  const errors = Array.isArray(result['errors']) ? result['errors'].join('; ') : '';
  const message = textOf(result['result']) ?? errors;
  const base = { exitCode: code, message, failure: null, resetsAt: null };
  switch (result['subtype']) {
    case 'error_max_turns':
      return { ...base, kind: 'max_turns' };
    case 'error_max_budget_usd':
      return { ...base, kind: 'max_budget' };
    case 'error_during_execution':
      return textOf(result['terminal_reason'])?.startsWith('aborted') === true
        ? { ...base, kind: 'interrupted' }
        : { ...base, kind: 'failed', failure: failureOf(null, message) };
    default:
      if (result['is_error'] !== true) return { ...base, kind: 'completed' };
      return failed(seen, code, message, numberOf(result['api_error_status']));
  }
}

function endWithoutResult(seen: Seen, code: number | null, signal: string | null): AgentEnd {
  if (signal !== null || code === 143 || code === 130 || code === 137) {
    const message = `It was ended by ${signal ?? `a signal (code ${code})`} before it gave a result.`;
    return { kind: 'interrupted', exitCode: code, message, failure: null, resetsAt: null };
  }
  const said = seen.stderr.trim();
  return failed(
    seen,
    code,
    said === '' ? 'It ended without giving a result.' : said,
    statusIn(said),
  );
}

function failed(seen: Seen, code: number | null, message: string, status: number | null): AgentEnd {
  const failure = failureOf(status, `${seen.apiError ?? ''} ${message}`);
  const resetsAt = failure === 'model_quota' ? (seen.quotaResetsAt ?? resetTimeIn(message)) : null;
  return { kind: 'failed', exitCode: code, message, failure, resetsAt };
}
