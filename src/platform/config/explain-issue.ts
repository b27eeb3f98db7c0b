import type { z } from 'zod';
import { describeKeys, keysAt, schemaAt } from './describe-keys.ts';
import { nearestWord } from './nearest-word.ts';

/** A complaint of the schema in words for the person who wrote the file. */
export interface Explanation {
  readonly path: readonly PropertyKey[];
  /** True when the name of the key is wrong, not its value. */
  readonly name: boolean;
  readonly message: string;
  readonly suggestion: string | null;
}

/** `show` masks what looks like a secret before a value is quoted. */
export function explainIssue(
  issue: z.core.$ZodIssue,
  root: unknown,
  show: (text: string) => string,
): readonly Explanation[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => unknownKey(issue.path, key, show));
  const found = valueAt(root, issue.path);
  if (found === undefined)
    return [{ path: issue.path, name: false, message: 'is missing', suggestion: example(issue) }];
  const message = `expected ${expected(issue)}, found ${short(show(quoted(found)))}`;
  return [{ path: issue.path, name: false, message, suggestion: suggestion(issue, found) }];
}

function unknownKey(
  parent: readonly PropertyKey[],
  key: string,
  show: (text: string) => string,
): Explanation {
  const known = keysAt(parent).filter((name) => name !== '$schema');
  const near = nearestWord(key, known) ?? elsewhere(key);
  const all = known.length === 0 ? 'Remove it.' : `Known here: ${known.join(', ')}.`;
  return {
    path: [...parent, show(key)],
    name: true,
    message: 'there is no such key',
    suggestion: near === null ? all : `Did you mean "${near}"?`,
  };
}

/** The whole name of a key that stands in another section. */
function elsewhere(key: string): string | null {
  return describeKeys().find(({ path }) => path.endsWith(`.${key}`))?.path ?? null;
}

function expected(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return typeWords[issue.expected] ?? issue.expected;
    case 'invalid_value':
      return `one of ${issue.values.map((value) => JSON.stringify(value)).join(', ')}`;
    case 'too_small':
      if (issue.origin === 'string') return 'text that is not empty';
      return issue.origin === 'array'
        ? `at least ${issue.minimum} of them`
        : `at least ${issue.minimum}`;
    case 'too_big':
      return `at most ${issue.maximum}${issue.origin === 'string' ? ' characters' : ''}`;
    case 'invalid_format':
      return issue.message.replace(/^expected /, '');
    case 'invalid_key':
      return 'another name';
    default:
      return issue.message;
  }
}

const typeWords: Readonly<Record<string, string>> = {
  number: 'a number',
  int: 'a whole number',
  string: 'text',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

function suggestion(issue: z.core.$ZodIssue, found: unknown): string | null {
  if (issue.code !== 'invalid_value') return example(issue);
  const words = issue.values.filter((value) => typeof value === 'string');
  const near = typeof found === 'string' ? nearestWord(found, words) : null;
  return `Write for example ${JSON.stringify(near ?? issue.values[0])}.`;
}

function example(issue: z.core.$ZodIssue): string | null {
  const node = schemaAt(issue.path);
  const value = node?.default ?? node?.example;
  const sample = value ?? samples[typeof node?.type === 'string' ? node.type : ''];
  return sample === undefined ? null : `Write for example ${JSON.stringify(sample)}.`;
}

const samples: Readonly<Record<string, unknown>> = { string: 'text', array: ['text'], object: {} };

function quoted(value: unknown): string {
  if (typeof value === 'number') return String(value);
  return JSON.stringify(value) ?? 'nothing';
}

/** Cut after secrets were taken out, because a cut one no longer looks like one. */
function short(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  let value = root;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part))
      return undefined;
    value = (value as Record<PropertyKey, unknown>)[part];
  }
  return value;
}
