import type { Sandbox } from '../../domain/ports/sandbox.ts';
import { AppError } from '../../lib/app-error.ts';

export interface SandboxWish {
  readonly wanted: 'auto' | Sandbox['name'];
  /** The owner's consent to run agents as this user, with all that this user can do. */
  readonly allowUnsandboxed: boolean;
  /** What there is, best first. */
  readonly candidates: readonly Sandbox[];
}

/**
 * The first candidate that works, tried out. `none` is taken only with consent, also when it is asked for by name.
 * @throws AppError `sandbox_missing` with what was seen and the one command that mends it
 */
export async function chooseSandbox(wish: SandboxWish): Promise<Sandbox> {
  const seen: string[] = [];
  let mend: string | null = null;
  for (const candidate of wish.candidates) {
    if (!isEligible(candidate, wish)) continue;
    const probe = await candidate.probe();
    if (probe.works) return candidate;
    seen.push(`${candidate.name}: ${probe.evidence}`);
    mend ??= probe.mend;
  }
  throw new AppError({
    kind: 'unavailable',
    code: 'sandbox_missing',
    message: `No sandbox for agents works on this machine (${seen.join('; ') || 'none was allowed'}).`,
    next: `Run \`${mend ?? 'apt-get install bubblewrap'}\`, or set executor.allowUnsandboxed to true: an agent can then do anything this user can, approving included.`,
  });
}

function isEligible(candidate: Sandbox, { wanted, allowUnsandboxed }: SandboxWish): boolean {
  if (candidate.name === 'none') return allowUnsandboxed && ['auto', 'none'].includes(wanted);
  return wanted === 'auto' || wanted === candidate.name;
}
