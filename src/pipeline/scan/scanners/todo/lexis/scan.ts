/** A comment's content, without opener and closer; offsets into the source. */
export interface Comment {
  readonly start: number;
  readonly end: number;
  /** The opener of a line comment: the lines after it that start alike go on with it. */
  readonly marker: string | null;
}

/** A here-document that starts at the next line. */
export interface PendingHeredoc {
  readonly terminator: string;
  /** Whether the terminator may be indented. */
  readonly indented: boolean;
  /** Code may follow the terminator. */
  readonly codeAfter: boolean;
}

/** The state of reading one region of a file. */
export interface Scan {
  readonly src: string;
  /** Where the region ends; rules look no further. */
  end: number;
  /** Nothing after this offset is of interest: the last candidate. */
  limit: number;
  /** Rules tried so far; now and then the clock is asked. */
  steps: number;
  readonly offsets: readonly number[];
  readonly comments: Comment[];
  lexis: Lexis;
  /** Set by a rule after which the language does not go on (`?>`, `__END__`). */
  halted: boolean;
  depth: number;
  heredocs: PendingHeredoc[];
  /** Closers that were looked for and do not come any more: nobody needs to look again. */
  readonly unclosed: Set<string>;
  /** Searches that went past the end of their region: what follows it need not be searched again. */
  readonly beyond: Map<RegExp, { readonly from: number; readonly at: number }>;
  /** The comment read last, for rules that look back at what stands before them. */
  lastComment: { start: number; end: number };
  readonly expired: () => boolean;
}

/** What begins with certain bytes. `match` returns where it ends, or `NO_MATCH`. */
export interface Rule {
  readonly first: string;
  readonly match: (scan: Scan, pos: number) => number;
}

export interface Lexis {
  /** By first byte; earlier rules are tried first. */
  readonly rules: readonly (readonly Rule[] | undefined)[];
  /** Finds the next byte that a rule begins with, or one of the two brackets. */
  readonly stops: (open: number, close: number) => RegExp;
}

export const NO_MATCH = -1;
/** Templates in templates in templates: deeper than this they are read as plain strings. */
const MAX_DEPTH = 60;
const NEVER = -2;
const STEPS_BETWEEN_LOOKS = 1024;

export function lexisOf(rules: readonly Rule[]): Lexis {
  const table: (Rule[] | undefined)[] = Array.from({ length: 256 }, () => undefined);
  for (const rule of rules) {
    for (const character of new Set(rule.first)) {
      const code = character.charCodeAt(0);
      (table[code] ??= []).push(rule);
    }
  }
  const known = new Map<number, RegExp>();
  const stops = (open: number, close: number) => {
    const key = open * table.length + close;
    const stop = known.get(key) ?? stopAt(table, open, close);
    known.set(key, stop);
    return stop;
  };
  return { rules: table, stops };
}

/** A search by the machine, because most bytes begin nothing. */
function stopAt(rules: Lexis['rules'], open: number, close: number): RegExp {
  const bytes = rules.flatMap((some, code) =>
    some !== undefined || code === open || code === close
      ? [String.raw`\x${code.toString(16).padStart(2, '0')}`]
      : [],
  );
  return new RegExp(`[${bytes.join('')}]`, 'g');
}

/** Until a language is entered. */
const NOTHING = lexisOf([]);

export function scanOf(
  src: string,
  offsets: readonly number[],
  expired: () => boolean = () => false,
): Scan {
  return {
    src,
    end: src.length,
    limit: (offsets.at(-1) ?? -1) + 1,
    offsets,
    comments: [],
    steps: 0,
    lexis: NOTHING,
    halted: false,
    depth: 0,
    heredocs: [],
    unclosed: new Set(),
    beyond: new Map(),
    lastComment: { start: -1, end: -1 },
    expired,
  };
}

/** Reads the region as code of one language, or up to a closing brace that nothing opened; returns where it stopped. */
export function scanCode(scan: Scan, lexis: Lexis, from: number, to: number, close?: '}'): number {
  const outer = { end: scan.end, lexis: scan.lexis, heredocs: scan.heredocs };
  scan.end = to;
  scan.lexis = lexis;
  scan.heredocs = [];
  scan.halted = false;
  const stopped = close === undefined ? run(scan, from, NEVER, NEVER) : run(scan, from, 123, 125);
  scan.halted = false;
  Object.assign(scan, outer);
  return stopped;
}

/** Reads code up to the bracket that closes this nesting; returns the offset after it, or the end of the region. */
export function scanNested(scan: Scan, from: number, open: string, close: string): number {
  if (scan.depth >= MAX_DEPTH) return skipTo(scan, close, from);
  scan.depth++;
  const outer = scan.heredocs;
  scan.heredocs = [];
  const stopped = run(scan, from, open.charCodeAt(0), close.charCodeAt(0));
  scan.heredocs = outer;
  scan.depth--;
  return Math.min(stopped + 1, scan.end);
}

function skipTo(scan: Scan, text: string, from: number): number {
  const at = scan.src.indexOf(text, from);
  return at < 0 || at >= scan.end ? scan.end : at + text.length;
}

function run(scan: Scan, from: number, open: number, close: number): number {
  const { src, lexis } = scan;
  const stops = lexis.stops(open, close);
  const to = Math.min(scan.end, scan.limit);
  const known = scan.beyond.get(stops);
  if (known !== undefined && from >= known.from && known.at >= to) return Math.max(from, to);
  let nesting = 0;
  let pos = from;
  while (pos < scan.end && pos < scan.limit) {
    stops.lastIndex = pos;
    const at = stops.test(src) ? stops.lastIndex - 1 : Number.POSITIVE_INFINITY;
    if (at >= scan.end) scan.beyond.set(stops, { from: pos, at });
    if (at >= scan.end || at >= scan.limit) break;
    pos = at;
    const code = src.charCodeAt(pos);
    const rules = lexis.rules[code];
    if (rules !== undefined) {
      const next = firstMatch(scan, rules, pos);
      if (scan.halted) return next;
      if (next > pos) {
        pos = next;
        continue;
      }
    }
    if (code === open) nesting++;
    else if (code === close && --nesting < 0) return pos;
    pos++;
  }
  return Math.max(pos, Math.min(scan.end, scan.limit));
}

function firstMatch(scan: Scan, rules: readonly Rule[], pos: number): number {
  if (++scan.steps % STEPS_BETWEEN_LOOKS === 0 && scan.expired()) scan.limit = pos;
  for (const rule of rules) {
    const next = rule.match(scan, pos);
    if (next !== NO_MATCH) return next;
  }
  return NO_MATCH;
}

/** Notes a comment; only one that holds a candidate is kept. */
export function addComment(
  scan: Scan,
  start: number,
  end: number,
  marker: string | null = null,
): void {
  if (holdsCandidate(scan.offsets, start, end)) scan.comments.push({ start, end, marker });
}

/** Whether the text comes before the end of the source; a text that does not is asked for once. */
export function comesLater(scan: Scan, text: string, pos: number): boolean {
  if (scan.unclosed.has(text)) return false;
  const comes = scan.src.includes(text, pos);
  if (!comes) scan.unclosed.add(text);
  return comes;
}

function holdsCandidate(offsets: readonly number[], start: number, end: number): boolean {
  let low = 0;
  let high = offsets.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((offsets[middle] ?? 0) < start) low = middle + 1;
    else high = middle;
  }
  return (offsets[low] ?? Number.POSITIVE_INFINITY) < end;
}
