import { seededFractions } from '../seeded.ts';

/** What goes wrong. The kinds that end in `after` apply the effect and then lose the answer. */
export type FaultKind =
  | 'status'
  | 'reset-before'
  | 'reset-after'
  | 'hang-before'
  | 'hang-after'
  | 'garbage'
  | 'html'
  | 'truncate'
  | 'slow'
  | 'retry-after'
  | 'secondary-limit'
  | 'primary-limit';

export interface FaultMatch {
  readonly method?: string;
  /** Exact path without query, or a pattern over path and query. */
  readonly path?: string | RegExp;
  /** Skip matches until this one (the first is 1). */
  readonly nth?: number;
  /** How many matches fail from then on; 1 when not said. */
  readonly times?: number;
}

export interface Fault {
  readonly match?: FaultMatch;
  readonly kind: FaultKind;
  /** For `status`: what is sent (502 when not said). For `retry-after`: 429 when not said. */
  readonly status?: number;
  /** For `status`: apply the effect first, so that a 502 stands for a lost success. */
  readonly afterEffect?: boolean;
  /** For the limits: how long the token has to wait; `secondary-limit` sends none when not said. */
  readonly retryAfterSeconds?: number;
  /** For `slow`: delay before the answer, 1000 when not said. */
  readonly ms?: number;
}

export interface Faults {
  add(fault: Fault): void;
  /** From now on a share of all requests fails, chosen by the seed. */
  random(mix: {
    seed: number;
    rate: number;
    kinds?: readonly FaultKind[];
    match?: FaultMatch;
  }): void;
  clear(): void;
  /** Faults that were added and have not yet struck as often as they should. */
  pending(): number;
  take(method: string, path: string): Fault | undefined;
}

const usualMix: readonly FaultKind[] = [
  'status',
  'reset-before',
  'reset-after',
  'garbage',
  'html',
  'truncate',
];

export function createFaults(): Faults {
  const scripted: { fault: Fault; seen: number; struck: number }[] = [];
  let chance: (method: string, path: string) => Fault | undefined = () => undefined;
  return {
    add: (fault) => void scripted.push({ fault, seen: 0, struck: 0 }),
    random(mix) {
      chance = randomFault(mix);
    },
    clear() {
      scripted.length = 0;
      chance = () => undefined;
    },
    pending: () =>
      scripted.filter(({ fault, struck }) => struck < (fault.match?.times ?? 1)).length,
    take(method, path) {
      for (const entry of scripted) {
        const { match = {} } = entry.fault;
        if (entry.struck >= (match.times ?? 1) || !matches(match, method, path)) continue;
        entry.seen += 1;
        if (entry.seen < (match.nth ?? 1)) continue;
        entry.struck += 1;
        return entry.fault;
      }
      return chance(method, path);
    },
  };
}

function matches(match: FaultMatch, method: string, path: string): boolean {
  if (match.method !== undefined && match.method !== method) return false;
  if (match.path === undefined) return true;
  return typeof match.path === 'string' ? match.path === path.split('?')[0] : match.path.test(path);
}

function randomFault(mix: Parameters<Faults['random']>[0]): Faults['take'] {
  const next = seededFractions(mix.seed);
  const kinds = mix.kinds ?? usualMix;
  return (method, path) => {
    if (!matches(mix.match ?? {}, method, path) || next() >= mix.rate) return undefined;
    const kind = kinds[Math.floor(next() * kinds.length)] ?? 'status';
    return { kind, afterEffect: next() < 0.5 };
  };
}
