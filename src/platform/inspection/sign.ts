import { follows } from './near.ts';
import { alternativesOf, type Clause, innerAlternativesOf, needsOf, tellingOf } from './needs.ts';
import { createPrefilter } from './prefilter.ts';

/** One sign that a text gives orders to the program that reads it; signs add up. */
export interface Sign {
  /** 1: everyday by itself; 2: rare among people; 3: enough. */
  readonly weight: 1 | 2 | 3;
  /** The sign is there when one of these is. */
  readonly parts: readonly Part[];
}

export interface Part {
  /** All of them hold of a text that it is in; none when nothing is certain. */
  readonly needs: readonly Clause[];
  /** Asked of text in lower case with single blanks. */
  readonly holds: (text: string) => boolean;
}

/** A sign that each of these patterns gives. */
export function sign(weight: Sign['weight'], ...sources: readonly string[]): Sign {
  return madeLate(weight, () =>
    sources.flatMap(innerAlternativesOf).map(({ source, needs }) => {
      const pattern = new RegExp(source, 'mu');
      return { needs, holds: (text: string) => pattern.test(text) };
    }),
  );
}

/** The same of patterns with flags of their own. */
export function signOf(weight: Sign['weight'], patterns: readonly RegExp[]): Sign {
  return madeLate(weight, () =>
    patterns.flatMap((pattern) =>
      pattern.ignoreCase
        ? { needs: needsOf(pattern), holds: (text: string) => pattern.test(text) }
        : innerAlternativesOf(pattern.source).map(({ source, needs }) => {
            const one = new RegExp(source, pattern.flags);
            return { needs, holds: (text: string) => one.test(text) };
          }),
    ),
  );
}

/** A start has no time to read patterns: that waits for the first text that is looked at. */
function madeLate(weight: Sign['weight'], make: () => readonly Part[]): Sign {
  let parts: readonly Part[] | null = null;
  return {
    weight,
    get parts() {
      parts ??= make();
      return parts;
    },
  };
}

/** The second pattern behind the first, at most so far and with nothing between them that stops it. */
export function pair(
  first: string,
  second: string,
  how: { readonly within: number; readonly stops: RegExp },
): readonly Part[] {
  const other = new RegExp(second, 'gmu');
  const needsOfSecond = needsOf(other);
  return alternativesOf(first).map(({ source, needs }) => {
    const one = new RegExp(source, 'gmu');
    const both = tellingOf([...needs, ...needsOfSecond]);
    return { needs: both, holds: (text) => follows(text, one, other, how) };
  });
}

/** A sign that may be in a text, and the parts of it that may hold. */
export interface MayHold {
  readonly of: Sign;
  readonly parts: readonly Part[];
}

/** Makes what answers which signs may be in a text, each with the parts that may. */
export function createSieve(signs: readonly Sign[]): (text: string) => readonly MayHold[] {
  const all = signs.flatMap((of) => of.parts.map((part) => ({ of, part })));
  const mayMatch = createPrefilter(all.map(({ part }) => part.needs));
  return (text) => {
    const found: { readonly of: Sign; readonly parts: Part[] }[] = [];
    for (const index of mayMatch(text)) {
      const { of, part } = all[index] as (typeof all)[number];
      const known = found.find((one) => one.of === of);
      if (known === undefined) found.push({ of, parts: [part] });
      else known.parts.push(part);
    }
    return found;
  };
}
