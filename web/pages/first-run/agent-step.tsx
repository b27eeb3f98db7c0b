import type { UseQueryResult } from '@tanstack/react-query';
import { BadgeCheck } from 'lucide-react';
import type { ReactNode } from 'react';
import type { z } from 'zod';
import type { AgentLine, AgentProof } from '../../../src/operations/agents/contract.ts';
import { listAgents, proofBudgetUsd, proveAgent } from '../../../src/operations/agents/contract.ts';
import { listRuns } from '../../../src/operations/runs/contract.ts';
import { useAct, useAsk } from '../../data/data.tsx';
import { useSession } from '../../data/session.tsx';
import { sentence } from '../../parts/badge.tsx';
import { Button } from '../../parts/button.tsx';
import { formatMoney } from '../../parts/format.ts';
import { Time } from '../../parts/time.tsx';
import { WithCode } from '../../parts/with-code.tsx';
import { Step, Tried } from './step.tsx';
import { Trouble } from './trouble.tsx';

/** The agents, and what the one that repositories get did last that passed. */
export function useUsualAgent(): readonly [
  UseQueryResult<z.output<typeof listAgents.output>>,
  UseQueryResult<z.output<typeof listRuns.output>>,
] {
  const agents = useAsk(listAgents, {});
  const usual = agents.data?.items.find(({ isDefault }) => isDefault);
  const worked = useAsk(
    listRuns,
    { agent: usual?.name ?? '', outcome: ['succeeded'], limit: 1 },
    { enabled: usual !== undefined },
  );
  return [agents, worked];
}

/** Whether the agent that repositories get works here: by what it did lately, or by a small piece of work now. */
export function AgentStep(): ReactNode {
  const { may } = useSession();
  const [agents, worked] = useUsualAgent();
  const usual = agents.data?.items.find(({ isDefault }) => isDefault);
  const prove = useAct(proveAgent);
  const [last] = worked.data?.items ?? [];
  const isDone = prove.data?.works ?? last !== undefined;
  return (
    <Step
      number={3}
      title="Agent"
      state={prove.data?.works === false ? 'failed' : isDone ? 'done' : 'todo'}
      about={
        usual === undefined
          ? 'It does the approved work, sealed in a sandbox.'
          : `${usual.name} does the approved work, sealed in a sandbox (${agents.data?.sandbox ?? 'not known'}).`
      }
    >
      <Trouble error={agents.error} />
      {last === undefined ? null : (
        <p className="text-13">
          It did work that passed: the last time <Time at={last.endedAt ?? last.startedAt} />.
        </p>
      )}
      {prove.data === undefined ? null : <Proof proof={prove.data} />}
      <Trouble error={prove.error} />
      {usual === undefined ? null : (
        <ProveButton
          agent={usual}
          mayProve={may('service:run')}
          isBusy={prove.isPending}
          onProve={() => prove.mutate({ name: usual.name })}
        />
      )}
    </Step>
  );
}

function Proof({ proof: { steps, version, costUsd } }: { readonly proof: AgentProof }): ReactNode {
  return (
    <>
      <ul>
        {steps.map(({ step, state, evidence, next }) => (
          <Tried key={step} isOk={state === 'ok'} title={sentence(step)}>
            <WithCode text={`${evidence} ${next ?? ''}`} />
          </Tried>
        ))}
      </ul>
      <p className="text-12 text-quiet">
        {version === null ? '' : `Version ${version}. `}
        {costUsd === null ? 'Its cost is not known.' : `It cost ${formatMoney(costUsd)}.`}
      </p>
    </>
  );
}

function ProveButton({
  agent,
  mayProve,
  isBusy,
  onProve,
}: {
  readonly agent: AgentLine;
  readonly mayProve: boolean;
  readonly isBusy: boolean;
  readonly onProve: () => void;
}): ReactNode {
  if (!agent.canBeProven) {
    return (
      <p className="text-13 text-quiet">
        It works elsewhere and is asked by a comment, so it cannot be tried here.
      </p>
    );
  }
  if (!mayProve) return <p className="text-13 text-quiet">An admin can have it prove itself.</p>;
  return (
    <div className="flex flex-wrap items-center gap-3">
      <Button icon={<BadgeCheck aria-hidden size={14} />} disabled={isBusy} onClick={onProve}>
        {isBusy ? 'At work' : 'Prove that it works'}
      </Button>
      <p className="text-12 text-quiet">
        It writes one file in an empty folder
        {agent.cost === 'free' ? '' : `, for ${formatMoney(proofBudgetUsd)} at most`}.
      </p>
    </div>
  );
}
