import type { ReactNode } from 'react';
import type { TaskStory } from '../../../src/operations/tasks/contract.ts';
import { Badge } from '../../parts/badge.tsx';
import { Fact, Facts, Section } from '../../parts/section.tsx';
import { Time } from '../../parts/time.tsx';

/** Who approved which words, with which right at that moment, and whether that still holds. */
export function ApprovalTab({ task }: { readonly task: TaskStory }): ReactNode {
  return (
    <>
      <Section title="The words as they stand now">
        <Facts>
          <Fact name="Content hash">
            <code className="break-all text-12">{task.contentHash}</code>
          </Fact>
          <Fact name="Bound">
            {task.approvals.some(({ voidedAt }) => voidedAt === null)
              ? task.bound
                ? 'yes: these are the words that were approved'
                : 'no: the words are not the ones that were approved'
              : 'nothing is approved'}
          </Fact>
          <Fact name="Approvals">
            {task.approved.given} of {task.approved.needed} needed
          </Fact>
        </Facts>
      </Section>
      {task.approvals.length === 0 ? (
        <p className="text-13 text-quiet">Nobody has approved it yet.</p>
      ) : (
        <ul className="flex flex-col gap-3">
          {task.approvals.map((approval) => (
            <li
              key={`${approval.decidedAt} ${approval.actor}`}
              className="rounded-6 border border-line bg-surface p-3"
            >
              <p className="mb-2 flex flex-wrap items-center gap-2 text-13">
                <span className="font-medium">{approval.actor}</span>
                {approval.voidedAt === null ? (
                  <Badge tone="ok">Stands</Badge>
                ) : (
                  <Badge tone="warn">Void</Badge>
                )}
                <span className="text-quiet">
                  <Time at={approval.decidedAt} />
                </span>
              </p>
              <Facts>
                <Fact name="Channel">{approval.channel}</Fact>
                <Fact name="Right then">
                  {approval.roles.manager} on the manager repository, {approval.roles.target} on the
                  target
                </Fact>
                <Fact name="Content hash">
                  <code className="break-all text-12">{approval.contentHash}</code>
                </Fact>
                {approval.voidReason === null ? null : (
                  <Fact name="Void because">{approval.voidReason}</Fact>
                )}
              </Facts>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
