import { AppError } from '../../lib/app-error.ts';
import type { EffectRequestShape, EffectResultShape } from './intent.ts';
import { readIntent } from './intent-rows.ts';
import { type StepParts, step } from './step.ts';

/** Takes step after step, waiting between them, until the intent is final. */
export async function settle<Request extends EffectRequestShape>(
  parts: StepParts<Request>,
  id: string,
): Promise<EffectResultShape> {
  const { clock, options } = parts;
  for (;;) {
    const taken = await step(parts, id);
    const final = taken.kind === 'again' ? null : await finalResult(parts, id);
    if (final !== null) return final;
    const waitMs = taken.kind === 'again' ? taken.waitMs : options.pollMs;
    if (waitMs > 0) await clock.sleep(waitMs);
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
