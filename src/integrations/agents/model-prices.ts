import type { AgentUsage } from '../../domain/agent-event.ts';

interface Price {
  readonly model: RegExp;
  /** US dollars for a million tokens. */
  readonly input: number;
  readonly output: number;
  readonly cached: number;
}

/** List prices, first match wins. The last line is for models we do not know: dear, so that a budget stops early. */
const prices: readonly Price[] = [
  { model: /haiku/, input: 1, output: 5, cached: 0.1 },
  { model: /sonnet/, input: 3, output: 15, cached: 0.3 },
  { model: /opus-5/, input: 4, output: 20, cached: 0.4 },
  { model: /opus-4-[5-9]/, input: 5, output: 25, cached: 0.5 },
  { model: /gpt-5.*(mini|nano)/, input: 0.25, output: 2, cached: 0.025 },
  { model: /gpt-5|codex/, input: 1.25, output: 10, cached: 0.125 },
  { model: /(?:)/, input: 15, output: 75, cached: 1.5 },
];

/** What tokens of a model cost, in US dollars. */
export function priceOf(
  model: string,
  tokens: Pick<AgentUsage, 'inputTokens' | 'outputTokens' | 'cachedTokens'>,
): number {
  const price = prices.find((candidate) => candidate.model.test(model));
  if (price === undefined) return 0;
  const { inputTokens, outputTokens, cachedTokens } = tokens;
  const total =
    inputTokens * price.input + outputTokens * price.output + cachedTokens * price.cached;
  return total / 1_000_000;
}
