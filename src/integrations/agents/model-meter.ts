import type { AgentUsage } from '../../domain/agent-event.ts';
import { type Members, membersOf, numberOf, parseObject, textOf } from './json-line.ts';
import { priceOf } from './model-prices.ts';

/** Counts the tokens of one run from the answers of its model, whatever the agent says about them. */
export interface ModelMeter {
  /** Reads along one answer. */
  answer(contentType: string): AnswerReader;
  total(): AgentUsage | null;
}

export interface AnswerReader {
  chunk(bytes: Buffer): void;
  end(): void;
}

interface Tokens {
  model: string;
  inputTokens: number;
  outputTokens: number;
  cachedTokens: number;
}

/** An answer that is not streamed and longer than this is not metered. */
const longestBody = 8 * 2 ** 20;

/**
 * Understands Anthropic Messages (`message_start`, `message_delta`, https://docs.claude.com/en/api/messages-streaming)
 * and OpenAI Responses (`response.completed`), streamed as server-sent events or as one JSON document.
 */
export function createModelMeter(onUsage: (usage: AgentUsage) => void): ModelMeter {
  const answers: Tokens[] = [];
  const total = () => (answers.length === 0 ? null : sum(answers));
  return {
    total,
    answer: (contentType) => {
      const tokens = { model: '', inputTokens: 0, outputTokens: 0, cachedTokens: 0 };
      const stream = contentType.includes('text/event-stream');
      let text = '';
      const readLines = () => {
        const lines = text.split('\n');
        text = lines.pop() ?? '';
        for (const line of lines)
          readEvent(tokens, parseObject(line.replace(/^data: ?/, '').trim()));
      };
      return {
        chunk: (bytes) => {
          if (text.length < longestBody) text += bytes.toString('latin1');
          if (stream) readLines();
        },
        end: () => {
          if (!stream) readEvent(tokens, parseObject(text.trim()));
          if (tokens.inputTokens + tokens.outputTokens + tokens.cachedTokens === 0) return;
          answers.push(tokens);
          onUsage(sum(answers));
        },
      };
    },
  };
}

/** Later counts replace earlier ones: both makers send running totals of one answer. */
function readEvent(tokens: Tokens, event: Members | null): void {
  if (event === null) return;
  const message = membersOf(event['message']) ?? membersOf(event['response']) ?? event;
  tokens.model = textOf(message['model']) ?? tokens.model;
  const usage = membersOf(message['usage']);
  if (usage === null) return;
  const count = (name: string) => numberOf(usage[name]);
  const inner = numberOf(membersOf(usage['input_tokens_details'])?.['cached_tokens']) ?? 0;
  const input = count('input_tokens');
  if (input !== null) {
    tokens.inputTokens = input - inner + (count('cache_creation_input_tokens') ?? 0);
    tokens.cachedTokens = (count('cache_read_input_tokens') ?? 0) + inner;
  }
  tokens.outputTokens = count('output_tokens') ?? tokens.outputTokens;
}

function sum(answers: readonly Tokens[]): AgentUsage {
  const of = (name: 'inputTokens' | 'outputTokens' | 'cachedTokens') =>
    answers.reduce((total, tokens) => total + tokens[name], 0);
  return {
    inputTokens: of('inputTokens'),
    outputTokens: of('outputTokens'),
    cachedTokens: of('cachedTokens'),
    turns: answers.length,
    costUsd: answers.reduce((total, tokens) => total + priceOf(tokens.model, tokens), 0),
  };
}
