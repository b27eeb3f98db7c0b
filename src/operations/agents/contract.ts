import { z } from 'zod';
import { plainName } from '../../domain/input.ts';
import { operation } from '../operation.ts';

export const AgentLine = z.object({
  name: z.string(),
  /** How its cost is known; `delegate` works elsewhere and is asked by a comment. */
  cost: z.enum(['reported', 'metered', 'priced', 'perRun', 'free', 'delegate']),
  /** What a repository gets that names none. */
  isDefault: z.boolean(),
  /** False for a delegate: it cannot be tried here. */
  canBeProven: z.boolean(),
});
export type AgentLine = z.infer<typeof AgentLine>;

export const listAgents = operation({
  name: 'agents.list',
  summary: 'List the agents that a task can be given to',
  permission: 'config:read',
  effect: 'read',
  kind: 'call',
  needs: 'store',
  deadlineMs: 30_000,
  doors: ['http', 'library'],
  input: z.object({}),
  output: z.object({
    items: z.array(AgentLine),
    /** What seals agents in: `bubblewrap`, `sandbox-runtime`, `none`. */
    sandbox: z.string(),
  }),
});

const ProofStep = z.object({
  /** `program`: it is installed; `sandbox`: what seals it in works; `work`: it did a small piece of real work there. */
  step: z.enum(['program', 'sandbox', 'work']),
  state: z.enum(['ok', 'failed', 'not_tried']),
  /** What was done and seen. */
  evidence: z.string(),
  /** What mends it; null when nothing is wrong, or nothing is known. */
  next: z.string().nullable(),
  durationMs: z.number(),
});

export const AgentProof = z.object({
  agent: z.string(),
  works: z.boolean(),
  version: z.string().nullable(),
  steps: z.array(ProofStep),
  /** US dollars; null where it is not known. */
  costUsd: z.number().nullable(),
});
export type AgentProof = z.infer<typeof AgentProof>;

/** What one proof may cost at most; it stands outside the budget of the day. */
export const proofBudgetUsd = 0.25;

export const proveAgent = operation({
  name: 'agents.prove',
  summary:
    'Prove that an agent works: it writes a file that we name into an empty folder, in the sandbox, with its real key',
  permission: 'service:run',
  effect: 'write',
  kind: 'call',
  needs: 'store',
  deadlineMs: 240_000,
  doors: ['http', 'library'],
  http: { path: '/agents/{name}/prove' },
  input: z.object({ name: plainName }),
  output: AgentProof,
});
