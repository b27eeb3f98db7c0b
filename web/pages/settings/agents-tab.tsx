import { useMutation } from '@tanstack/react-query';
import { CircleCheck, CircleDashed, CircleX } from 'lucide-react';
import type { ReactNode } from 'react';
import { useState } from 'react';
import type { AgentLine, AgentProof } from '../../../src/operations/agents/contract.ts';
import { listAgents, proofBudgetUsd, proveAgent } from '../../../src/operations/agents/contract.ts';
import { useAsk, useData } from '../../data/data.tsx';
import { useSession } from '../../data/session.tsx';
import { toApiError } from '../../data/to-api-error.ts';
import { Badge } from '../../parts/badge.tsx';
import { Button } from '../../parts/button.tsx';
import { FormError } from '../../parts/form-error.tsx';
import { formatDuration, formatMoney } from '../../parts/format.ts';
import { Loaded, RowBones } from '../../parts/states.tsx';
import { WithCode } from '../../parts/with-code.tsx';

const costs: Readonly<Record<AgentLine['cost'], string>> = {
  reported: 'it says what it cost',
  metered: 'its model calls are metered',
  priced: 'priced from its tokens',
  perRun: 'a fixed price a run',
  free: 'costs nothing',
  delegate: 'works elsewhere and is asked by a comment',
};

/** Who the work can be given to; each can be made to prove that it works. */
export function AgentsTab(): ReactNode {
  const query = useAsk(listAgents, {});
  return (
    <Loaded query={query} skeleton={<RowBones rows={4} />}>
      {({ items, sandbox }) => (
        <>
          <p className="border-line border-b px-4 py-3 text-13">
            {sandbox === 'none' ? (
              <span className="text-warn">
                Nothing seals agents in: they can do anything that the user of the service can.
              </span>
            ) : (
              <>
                Agents are sealed in by <span className="font-medium">{sandbox}</span>.
              </>
            )}
          </p>
          <ul aria-label="Agents">
            {items.map((agent) => (
              <Agent key={agent.name} agent={agent} />
            ))}
          </ul>
        </>
      )}
    </Loaded>
  );
}

function Agent({ agent }: { readonly agent: AgentLine }): ReactNode {
  const { name, cost, isDefault, canBeProven } = agent;
  const { may } = useSession();
  const { client } = useData();
  const [step, setStep] = useState('');
  const proof = useMutation({
    mutationFn: () => client.call(proveAgent, { name }, { onProgress: setStep }),
    onSettled: () => setStep(''),
  });
  return (
    <li className="flex flex-col gap-3 border-line border-b px-4 py-4">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <div className="min-w-[200px] flex-1">
          <p className="flex items-center gap-2 font-medium text-14">
            {name}
            {isDefault ? <Badge tone="busy">default</Badge> : null}
          </p>
          <p className="text-12 text-quiet">{costs[cost]}</p>
        </div>
        {canBeProven ? (
          may('service:run') ? (
            <div className="flex w-full flex-col items-start gap-2 sm:w-auto sm:flex-row sm:items-center sm:gap-3">
              <span className="text-12 text-quiet">
                {cost === 'free'
                  ? 'writes one file in its sandbox'
                  : `writes one file in its sandbox; costs at most ${formatMoney(proofBudgetUsd)}`}
              </span>
              <Button
                disabled={proof.isPending}
                aria-label={`${proof.isPending ? 'Trying…' : 'Prove it works'}: ${name}`}
                onClick={() => proof.mutate()}
              >
                {proof.isPending ? 'Trying…' : 'Prove it works'}
              </Button>
            </div>
          ) : (
            <span className="text-12 text-quiet">an admin can try it</span>
          )
        ) : null}
      </div>
      {proof.isPending ? (
        <p role="status" className="text-13 text-quiet">
          {step === '' ? 'beginning' : step}…
        </p>
      ) : null}
      <FormError error={proof.error === null ? null : toApiError(proof.error)} />
      {proof.data === undefined ? null : <Proof proof={proof.data} />}
    </li>
  );
}

const stepWords: Readonly<Record<AgentProof['steps'][number]['step'], string>> = {
  program: 'Its program',
  sandbox: 'The sandbox',
  work: 'Real work',
};

const looks = {
  ok: { icon: CircleCheck, tone: 'text-ok', word: 'works' },
  failed: { icon: CircleX, tone: 'text-bad', word: 'does not work' },
  not_tried: { icon: CircleDashed, tone: 'text-quiet', word: 'not tried' },
} as const;

function Proof({ proof }: { readonly proof: AgentProof }): ReactNode {
  const { works, version, steps, costUsd, agent } = proof;
  return (
    <div role="status" className="flex flex-col gap-2">
      <p className="font-medium text-13">
        {works ? `${agent} works` : `${agent} does not work`}
        {version === null ? '' : `, version ${version}`}
        {costUsd === null ? '' : `; this cost ${formatMoney(costUsd)}`}.
      </p>
      <ol className="flex flex-col gap-2">
        {steps.map(({ step, state, evidence, next, durationMs }) => {
          const { icon: Icon, tone, word } = looks[state];
          return (
            <li key={step} className="flex items-start gap-2 text-13">
              <Icon aria-hidden size={16} className={`mt-[2px] shrink-0 ${tone}`} />
              <div className="min-w-0 [overflow-wrap:anywhere]">
                <p>
                  <span className="font-medium">{stepWords[step]}</span> {word}
                  {state === 'not_tried' ? '' : `, ${formatDuration(durationMs)}`}
                </p>
                <p className="text-quiet">
                  <WithCode text={evidence} />
                </p>
                {next === null ? null : (
                  <p>
                    <WithCode text={next} />
                  </p>
                )}
              </div>
            </li>
          );
        })}
      </ol>
    </div>
  );
}
