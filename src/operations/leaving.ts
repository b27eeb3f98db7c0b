import { AppError, toAppError } from '../lib/app-error.ts';
import type { Contract } from './operation.ts';

/** What goes out through a door, with every secret taken out. What had none is handed on as it is, not copied. */
export interface Leaving {
  /** The answer of an operation; events of a stream as they come. Members that the contract shows once stay. */
  answer(contract: Pick<Contract, 'shows'>, value: unknown): unknown;
  text(text: string): string;
  /** Message, next step, details and causes. */
  error(thrown: unknown): AppError;
}

/** Nothing shorter is a secret that anybody could know again. */
const shortest = 6;

export function createLeaving(redact: (text: string) => string = (text) => text): Leaving {
  const text = (one: string): string => (one.length < shortest ? one : redact(one));
  return {
    text,
    answer: ({ shows = [] }, value) => clean(value, text, new Set(shows)),
    error: (thrown) => {
      const error = toAppError(thrown);
      const next = error.next === undefined ? undefined : text(error.next);
      const message = text(error.message);
      const details = clean(error.details, text, none) as AppError['details'];
      const cause = cleanCause(error.cause, text, 0);
      const stack = text(error.stack ?? '');
      const isClean =
        message === error.message &&
        next === error.next &&
        details === error.details &&
        cause === error.cause &&
        stack === (error.stack ?? '');
      if (isClean) return error;
      const { kind, code } = error;
      const cleaned = new AppError({ kind, code, message, next, details, cause });
      cleaned.stack = stack;
      return cleaned;
    },
  };
}

const none: ReadonlySet<string> = new Set();

/** So many texts of one answer are remembered at once. */
const remembered = 256;

/** The rows of a list have the same members, and often the same repository or path: each such text is looked at once. */
function remembering(text: (one: string) => string): (one: string) => string {
  const known = new Map<string, string>();
  return (one) => {
    const before = known.get(one);
    if (before !== undefined) return before;
    const cleaned = text(one);
    if (known.size >= remembered) known.clear();
    known.set(one, cleaned);
    return cleaned;
  };
}

function clean(value: unknown, text: (one: string) => string, shown: ReadonlySet<string>): unknown {
  return cleanPart(value, { text, again: remembering(text), shown });
}

interface Cleaning {
  readonly text: (one: string) => string;
  /** The same, remembered within what is there now; what comes later may hold secrets that are known by then only. */
  readonly again: (one: string) => string;
  readonly shown: ReadonlySet<string>;
}

function cleanPart(value: unknown, how: Cleaning): unknown {
  if (typeof value === 'string') return how.again(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const all = value.map((one: unknown) => cleanPart(one, how));
    return all.every((one, index) => one === value[index]) ? value : all;
  }
  if (Symbol.asyncIterator in value) return cleanEach(value as AsyncIterable<unknown>, how);
  if (!isPlain(value)) return value;
  let isSame = true;
  const entries = Object.entries(value).map(([name, inner]): [string, unknown] => {
    const cleaned: [string, unknown] = how.shown.has(name)
      ? [name, inner]
      : [how.again(name), cleanPart(inner, how)];
    isSame &&= cleaned[0] === name && cleaned[1] === inner;
    return cleaned;
  });
  return isSame ? value : Object.fromEntries(entries);
}

async function* cleanEach(
  events: AsyncIterable<unknown>,
  { text, shown }: Cleaning,
): AsyncGenerator {
  for await (const event of events) yield clean(event, text, shown);
}

function isPlain(value: object): value is Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Causes of causes, as far as `--debug` prints them; what was thrown and is no error becomes text. */
function cleanCause(cause: unknown, text: (one: string) => string, depth: number): unknown {
  if (cause === undefined || depth > 8) return undefined;
  if (!(cause instanceof Error)) return text(JSON.stringify(cause) ?? typeof cause);
  const message = text(cause.message);
  const stack = text(cause.stack ?? '');
  const inner = cleanCause(cause.cause, text, depth + 1);
  if (message === cause.message && stack === (cause.stack ?? '') && inner === cause.cause)
    return cause;
  const cleaned = new Error(message, inner === undefined ? undefined : { cause: inner });
  cleaned.name = cause.name;
  cleaned.stack = stack;
  return cleaned;
}
