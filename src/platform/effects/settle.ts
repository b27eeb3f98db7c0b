import { AppError } from '../../lib/app-error.ts';
import type { EffectRequestShape, EffectResultShape } from './intent.ts';
import { readIntent } from './intent-rows.ts';
import { type StepParts, step } from './step.ts';

/** Takes step after step, waiting between them, until the intent is final. */
export async function settle<Request extends EffectRequestShape>(
  parts: StepParts<Request>,
  id: string,
): Promise<EffectResultShape> {
  for (;;) {
    const { result, waitMs } = await further(parts, id);
    if (result !== null) return result;
    await parts.clock.sleep(waitMs);
  }
}

/** The same until it would have to wait; null then. */
export async function settleNow<Request extends EffectRequestShape>(
  parts: StepParts<Request>,
  id: string,
): Promise<EffectResultShape | null> {
  return (await further(parts, id)).result;
}

/** Takes the steps that need no wait; `waitMs` until the next one when that is not the end of it. */
async function further<Request extends EffectRequestShape>(
  parts: StepParts<Request>,
  id: string,
): Promise<{ readonly result: EffectResultShape | null; readonly waitMs: number }> {
  for (;;) {
    const taken = await step(parts, id);
    const result = taken.kind === 'again' ? null : await finalResult(parts, id);
    const waitMs = taken.kind === 'again' ? taken.waitMs : parts.options.pollMs;
    if (result !== null || waitMs > 0) return { result, waitMs };
  }
}

async function finalResult<Request extends EffectRequestShape>(
  { db }: StepParts<Request>,
  id: string,
): Promise<EffectResultShape | null> {
  const standing = await readIntent<Request>(db, id);
  if (standing === null) throw unknownIntent(id);
  const { intent, error } = standing;
  if (intent.status === 'failed' && error !== null) throw error;
  return intent.status === 'done' || intent.status === 'removed_by_human' ? intent.result : null;
}

function unknownIntent(id: string): AppError {
  return new AppError({
    kind: 'not_found',
    code: 'effect_not_found',
    message: `There is no intent ${id}; the transaction that decided it was not committed.`,
    details: { intentId: id },
  });
}
