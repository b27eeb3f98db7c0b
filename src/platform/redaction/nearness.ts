import type { ContextFormat } from './context-format.ts';
import { beginsWith, type Nearness, setOf } from './reader.ts';
import { unitsIn } from './units.ts';

/** Tells the texts apart, of which those before are not kept. */
export interface Pass {
  number: number;
}

/** Where the next of something begins, from a place on; infinite when none does. */
export type NextOf = (text: string, at: number, units: Uint16Array) => number;

/** Several rules ask for the same: each is searched for once. */
export interface Nearnesses {
  /** Null for a rule that asks for nothing. */
  of(format: Pick<ContextFormat, 'holds' | 'holdsOneOf' | 'within'>): Nearness | null;
  readonly nextDigit: NextOf;
}

export function createNearnesses(pass: Pass): Nearnesses {
  const nexts = new Map<string, NextOf>();
  const nearnesses = new Map<string, Nearness>();
  const kept = <T>(all: Map<string, T>, key: string, create: () => T): T => {
    const one = all.get(key) ?? create();
    all.set(key, one);
    return one;
  };
  const nextOf = (all: readonly string[]): NextOf =>
    kept(nexts, all.join('\n'), () => createNextOf(pass, all));
  return {
    of: ({ holds = '', holdsOneOf = '', within = 0 }) => {
      if (holds === '' && holdsOneOf === '') return null;
      const all = holds === '' ? [...holdsOneOf] : [holds];
      const next = nextOf(all);
      const create = (): Nearness => (text, at, units) => next(text, at, units) <= at + within;
      return kept(nearnesses, [within, ...all].join('\n'), create);
    },
    nextDigit: nextOf([...'0123456789']),
  };
}

/** So far a loop is sooner done than a search of the runtime. */
const loopEnd = 24;

/** Each text is searched once for each of them, and only as far as the next one. */
function createNextOf(pass: Pass, all: readonly string[]): NextOf {
  const starts = all.map(unitsIn);
  const first = setOf(all.map((one) => one.charAt(0)).join(''));
  const isLonger = all.some((one) => one.length > 1);
  const nexts = new Float64Array(all.length);
  let last = 0;
  // None begins from the first of these to before the second.
  let from = 0;
  let next = 0;
  const beginsAt = (units: Uint16Array, at: number): boolean =>
    first[units[at] ?? 0] === 1 &&
    (!isLonger || starts.some((start) => beginsWith(units, at, start)));
  return (text, at, units) => {
    if (pass.number !== last) nexts.fill(-1);
    else if (at < from) {
      // The end of a name within a longer one, so this is not far.
      for (let index = at; index < from; index += 1) if (beginsAt(units, index)) return index;
      return next;
    } else if (at <= next) return next;
    last = pass.number;
    from = at;
    const end = Math.min(at + loopEnd, text.length);
    for (let index = at; index < end; index += 1) {
      if (!beginsAt(units, index)) continue;
      next = index;
      return next;
    }
    next = Number.POSITIVE_INFINITY;
    for (const [index, one] of all.entries()) {
      if ((nexts[index] ?? 0) < end) {
        const found = text.indexOf(one, end);
        nexts[index] = found === -1 ? Number.POSITIVE_INFINITY : found;
      }
      next = Math.min(next, nexts[index] ?? 0);
    }
    return next;
  };
}
