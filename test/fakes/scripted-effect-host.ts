import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../../src/lib/app-error.ts';
import type {
  EffectHost,
  EffectRequestShape,
  EffectResultShape,
} from '../../src/platform/effects/intent.ts';

/**
 * What the next send meets. `lost`, `late_5xx` and `garbage` have made the thing before the answer goes wrong; `slow` has
 * made it too, and answers well after a while.
 */
export type SendFault =
  | 'lost'
  | 'slow'
  | 'late_5xx'
  | 'garbage'
  | 'reset'
  | 'early_5xx'
  | 'rate_limited'
  | 'refused';

/** A code host that makes things in memory and errs as it is told. */
export interface ScriptedEffectHost extends EffectHost<EffectRequestShape> {
  /** Markers of what was made, in order; two equal ones are a duplicate. */
  readonly made: readonly string[];
  /** How often it was asked to look, with how far back. */
  readonly looks: readonly Date[];
  /** What the next sends meet, one each; then they succeed. */
  script(...faults: readonly SendFault[]): void;
  /** The next looks fail. */
  failLooks(count: number): void;
  /** What a person deletes. */
  forget(marker: string): void;
  /** Makes it as an earlier life of the service would have. */
  remember(marker: string): void;
}

export function createScriptedEffectHost(): ScriptedEffectHost {
  const things: (string | null)[] = [];
  const made: string[] = [];
  const looks: Date[] = [];
  const faults: SendFault[] = [];
  let failingLooks = 0;
  const make = (marker: string): EffectResultShape => {
    made.push(marker);
    return resultOf(things.push(marker), false);
  };
  return {
    made,
    looks,
    script: (...more) => faults.push(...more),
    failLooks: (count) => {
      failingLooks = count;
    },
    forget: (marker) => {
      things[things.indexOf(marker)] = null;
    },
    remember: (marker) => {
      things.push(marker);
    },
    send: async ({ marker, stillOurs }) => {
      const fault = faults.shift();
      if (stillOurs?.() === false) throw error('conflict', 'effect_lease_lost');
      if (fault === 'reset' || fault === 'early_5xx') throw error('unavailable', fault);
      if (fault === 'rate_limited') throw error('rate_limited', fault);
      if (fault === 'refused') throw error('conflict', fault);
      const result = make(marker);
      if (fault === 'slow') await delay(300);
      if (fault === 'garbage') throw new SyntaxError('Unexpected token < in JSON');
      if (fault === 'lost') throw error('unknown_outcome', fault);
      if (fault === 'late_5xx') throw error('unavailable', fault);
      return result;
    },
    find: async ({ marker, since }) => {
      looks.push(since);
      if (failingLooks > 0) {
        failingLooks -= 1;
        throw error('unavailable', 'list_failed');
      }
      const index = things.indexOf(marker);
      return index === -1 ? null : resultOf(index + 1, true);
    },
  };
}

function resultOf(number: number, adopted: boolean): EffectResultShape {
  return { number, url: `https://host.test/issues/${number}`, sha: null, adopted };
}

function error(kind: AppError['kind'], code: string): AppError {
  return new AppError({ kind, code, message: `The host said ${code}.` });
}
