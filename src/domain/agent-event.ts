import type { EgressRefusal } from './egress-refusal.ts';

/** What every agent's stream is turned into. */
export type AgentEvent =
  | { readonly type: 'started'; readonly session: string | null; readonly model: string | null }
  | { readonly type: 'message'; readonly text: string }
  | { readonly type: 'tool'; readonly name: string; readonly detail: string }
  | { readonly type: 'tool_denied'; readonly name: string; readonly detail: string }
  | { readonly type: 'retrying'; readonly reason: string; readonly status: number | null }
  | { readonly type: 'usage'; readonly usage: AgentUsage }
  | { readonly type: 'output'; readonly stream: 'stdout' | 'stderr'; readonly text: string }
  /** Seen by us at the way out of the sandbox, not said by the agent. */
  | ({ readonly type: 'egress_refused' } & EgressRefusal)
  | { readonly type: 'ended'; readonly end: AgentEnd };

/** Tokens and what they cost as far as the agent says. */
export interface AgentUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cachedTokens: number;
  readonly turns: number | null;
  /** US dollars; null when the agent does not know. */
  readonly costUsd: number | null;
}

/** How the agent says that it ended; what is true is judged from the tree. */
export interface AgentEnd {
  readonly kind: 'completed' | 'failed' | 'max_turns' | 'max_budget' | 'interrupted';
  readonly exitCode: number | null;
  /** The agent's last words, or its error. */
  readonly message: string;
  readonly failure: 'authentication' | 'rate_limit' | 'model_quota' | 'transient' | 'agent' | null;
  /** For a quota: when it resets, if said. */
  readonly resetsAt: Date | null;
}
