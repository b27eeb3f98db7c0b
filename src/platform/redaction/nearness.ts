import type { ContextFormat } from './context-format.ts';
import { beginsWith, beyond, type Nearness, setOf } from './reader.ts';
import { unitsIn } from './units.ts';

/** Tells the texts apart, of which those before are not kept. */
export interface Pass {
  number: number;
}

/** Where the next of something begins, from a place on; any place further than `within` behind it when none is as near. */
export type NextOf = (text: string, at: number, units: Uint16Array, within: number) => number;

/** Several rules ask for the same: each is searched for once. */
export interface Nearnesses {
  /** Null for a rule that asks for nothing. */
  of(format: Pick<ContextFormat, 'holds' | 'holdsOneOf' | 'within'>): Nearness | null;
  readonly nextDigit: NextOf;
  /** Where the small letters and signs end that begin here, in which no rule finds a secret that reads on from its name. */
  readonly endOfClear: (units: Uint16Array, from: number) => number;
}

const isClear = setOf('abcdefghijklmnopqrstuvwxyz_.=+/');

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
      const create = (): Nearness => (text, at, units) =>
        next(text, at, units, within) <= at + within;
      return kept(nearnesses, [within, ...all].join('\n'), create);
    },
    nextDigit: nextOf([...'0123456789']),
    endOfClear: createEndOfClear(pass),
  };
}

/** A long text is read once for all that ask from within. */
function createEndOfClear(pass: Pass): Nearnesses['endOfClear'] {
  const last = { pass: 0, from: 0, to: 0 };
  return (units, from) => {
    if (pass.number === last.pass && from >= last.from && from <= last.to) return last.to;
    let at = from;
    while (isClear[Math.min(units[at] ?? 0, beyond)] === 1) at += 1;
    last.pass = pass.number;
    last.from = from;
    last.to = at;
    return at;
  };
}

/** So far a loop is sooner done than a search of the runtime, and than several. */
const loopEnd = 24;
const longLoopEnd = 96;
/** So much further than is asked a search of the runtime goes on, because the next place asks for more; twice as far each time that it finds none. */
const ahead = 512;
const farthestAhead = 65_536;

/** No part of a text is searched twice for each of them, and none that is far behind what is asked for. */
function createNextOf(pass: Pass, all: readonly string[]): NextOf {
  const starts = all.map(unitsIn);
  const first = setOf(all.map((one) => one.charAt(0)).join(''));
  const isLonger = all.some((one) => one.length > 1);
  const loop = all.length > 1 ? longLoopEnd : loopEnd;
  let last = 0;
  // None begins from the first of these to before the second, and one begins there if it was found.
  let from = 0;
  let next = 0;
  let isFound = false;
  let more = ahead;
  const beginsAt = (units: Uint16Array, at: number): boolean =>
    first[Math.min(units[at] ?? 0, beyond)] === 1 &&
    (!isLonger || starts.some((start) => beginsWith(units, at, start)));
  const search = (text: string, units: Uint16Array, wanted: number): void => {
    const { length } = text;
    // Where none was found before, the loop would go on for ever.
    const end = next === from ? Math.min(next + loop, length) : next;
    for (; next < end; next += 1) {
      if (!beginsAt(units, next)) continue;
      isFound = true;
      return;
    }
    if (next < wanted) searchFurther(text, wanted);
    if (next < length) return;
    isFound = true;
    next = Number.POSITIVE_INFINITY;
  };
  const searchFurther = (text: string, wanted: number): void => {
    const begin = next;
    let to = wanted + more;
    for (const one of all) {
      const found = text.slice(begin, to + one.length - 1).indexOf(one);
      if (found === -1) continue;
      isFound = true;
      to = begin + found;
    }
    next = to;
    more = isFound ? ahead : Math.min(more * 2, farthestAhead);
  };
  return (text, at, units, within) => {
    if (pass.number !== last || at > next) {
      last = pass.number;
      from = at;
      next = at;
      isFound = false;
      more = ahead;
    } else if (at < from) {
      // The end of a name within a longer one, so this is not far.
      for (let index = at; index < from; index += 1) if (beginsAt(units, index)) return index;
    }
    if (!isFound && next <= at + within) search(text, units, at + within + 1);
    return next;
  };
}
