import type { Approval, ApprovalPolicy } from '../../domain/approval.ts';
import { areDistinct, personOf } from '../../domain/approval.ts';
import type { TaskStore } from '../../domain/ports/stores.ts';

/** Approvals that count for these words now: not void, over this hash, not too old, each by another person; oldest first. */
export async function standingApprovals(
  tasks: Pick<TaskStore, 'approvals'>,
  taskId: string,
  hash: string,
  policy: ApprovalPolicy,
  now: Date,
): Promise<readonly Approval[]> {
  const all = (await tasks.approvals(taskId)).toReversed();
  const counted: Approval[] = [];
  for (const approval of all) {
    if (approval.voidedAt !== null || approval.contentHash !== hash) continue;
    if (isExpired(approval, policy, now)) continue;
    if (counted.every((other) => areTwoPeople(approval, other, policy))) counted.push(approval);
  }
  return counted;
}

/** Whether an approval is older than the policy lets it be. */
export function isExpired(
  { decidedAt }: Pick<Approval, 'decidedAt'>,
  { expiresDays }: Pick<ApprovalPolicy, 'expiresDays'>,
  now: Date,
): boolean {
  return expiresDays !== null && now.getTime() - decidedAt.getTime() > expiresDays * 86_400_000;
}

/** Judged by the names that the configuration has now, so that naming a person takes a second vote back. */
function areTwoPeople(one: Approval, other: Approval, { people }: ApprovalPolicy): boolean {
  return areDistinct(
    personOf(one.channel, one.actor, people),
    personOf(other.channel, other.actor, people),
    people,
  );
}

/** Who has approved and how many are asked for, in words. */
export function tally(approvals: readonly Pick<Approval, 'actor'>[], needed: number): string {
  const names = approvals.map(({ actor }) => `@${actor}`).join(', ');
  const left = needed - approvals.length;
  return `${approvals.length} of ${needed} people have approved it (${names}); ${left} more must.`;
}
