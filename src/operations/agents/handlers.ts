import { AppError } from '../../lib/app-error.ts';
import type { Served } from '../gate.ts';
import { serve } from '../gate.ts';
import type { AgentLine, AgentProof } from './contract.ts';
import { listAgents, proveAgent } from './contract.ts';

export interface AgentPorts {
  readonly list: () => readonly AgentLine[];
  readonly sandboxName: string;
  /** Tries it out; AppError where nothing could even be tried. */
  readonly prove: (
    name: string,
    options: { readonly signal: AbortSignal; readonly progress: (line: string) => void },
  ) => Promise<AgentProof>;
}

/** `agents.list`, `agents.prove`. */
export function agentHandlers({ list, sandboxName, prove }: AgentPorts): readonly Served[] {
  const underWay = new Set<string>();
  return [
    serve(listAgents, async () => ({ items: [...list()], sandbox: sandboxName })),
    serve(proveAgent, async ({ name }, { signal, progress }) => {
      const agent = list().find((one) => one.name === name);
      if (agent === undefined) throw unknownAgent(name, list());
      if (!agent.canBeProven) throw worksElsewhere(name);
      // Each proof costs money: two people who click at once pay for one.
      if (underWay.has(name)) throw isUnderWay(name);
      underWay.add(name);
      try {
        return await prove(name, { signal, progress });
      } finally {
        underWay.delete(name);
      }
    }),
  ];
}

function unknownAgent(name: string, known: readonly AgentLine[]): AppError {
  return new AppError({
    kind: 'not_found',
    code: 'agent_unknown',
    message: `There is no agent ${name}.`,
    next: `There are: ${known.map((one) => one.name).join(', ')}.`,
    details: { field: 'name' },
  });
}

function worksElsewhere(name: string): AppError {
  return new AppError({
    kind: 'conflict',
    code: 'agent_elsewhere',
    message: `${name} works elsewhere and is asked by a comment, so nothing can be tried here.`,
    next: 'Approve a small task for it and watch what comes.',
  });
}

function isUnderWay(name: string): AppError {
  return new AppError({
    kind: 'conflict',
    code: 'proof_under_way',
    message: `${name} is being tried already.`,
    next: 'Wait until that is over; it takes three minutes at most.',
  });
}
