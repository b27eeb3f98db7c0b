import { AppError } from '../../lib/app-error.ts';

const deepest = 32;
const mostItems = 1000;

/** What JSON may be taken for members of every object; such a name is never a field of ours. */
const forbiddenNames: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * Reads a JSON text that a stranger sent. Throws AppError `invalid_input`: `body_not_json` (also: not UTF-8),
 * `body_too_deep` (more than 32), `body_too_many_items` (more than 1,000 in one list or object), `body_duplicate_key`,
 * `body_forbidden_key` and `body_bad_text` (a NUL, or half a character, which no store keeps).
 */
export function readJson(bytes: Uint8Array): unknown {
  const text = textOf(bytes);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refusal('body_not_json', 'The body is not JSON.', '');
  }
  look(text);
  refuseBadText(value, '');
  return value;
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw refusal('body_not_json', 'The body is not UTF-8.', '');
  }
}

interface Level {
  /** Names seen; null in a list. */
  readonly names: Set<string> | null;
  items: number;
  /** The next text is the name of a member. */
  isNameNext: boolean;
}

/** Looks through a text that is known to be JSON, without recursion. */
function look(text: string): void {
  const levels: Level[] = [];
  for (let index = 0; index < text.length; index += 1) {
    const top = levels.at(-1);
    switch (text[index]) {
      case '"': {
        const end = endOfText(text, index);
        if (top?.isNameNext === true)
          takeName(top, JSON.parse(text.slice(index, end + 1)) as string);
        index = end;
        break;
      }
      case '{':
      case '[':
        if (levels.length === deepest)
          throw refusal('body_too_deep', `The body is nested more than ${deepest} deep.`, '');
        levels.push({
          names: text[index] === '{' ? new Set() : null,
          items: 1,
          isNameNext: text[index] === '{',
        });
        break;
      case '}':
      case ']':
        levels.pop();
        break;
      case ',':
        if (top !== undefined) next(top);
        break;
    }
  }
}

function next(level: Level): void {
  const top = level;
  top.items += 1;
  top.isNameNext = top.names !== null;
  if (top.items <= mostItems) return;
  throw refusal('body_too_many_items', `A list or object has more than ${mostItems} items.`, '');
}

function takeName(level: Level, name: string): void {
  const top = level;
  top.isNameNext = false;
  if (forbiddenNames.has(name))
    throw refusal('body_forbidden_key', `The name ${name} is not taken.`, name);
  if (top.names?.has(name) === true)
    throw refusal('body_duplicate_key', 'A name stands twice in one object.', name);
  top.names?.add(name);
}

function endOfText(text: string, start: number): number {
  let index = start + 1;
  while (text[index] !== '"') index += text[index] === '\\' ? 2 : 1;
  return index;
}

/** Refuses text that PostgreSQL cannot keep, wherever it stands. */
export function refuseBadText(value: unknown, field: string): void {
  if (typeof value === 'string') {
    if (!value.includes('\u0000') && value.isWellFormed()) return;
    throw refusal('body_bad_text', 'A text holds a NUL or half a character.', field);
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [name, member] of Object.entries(value)) {
    const place = field === '' ? name : `${field}.${name}`;
    refuseBadText(name, place);
    refuseBadText(member, place);
  }
}

function refusal(code: string, message: string, field: string): AppError {
  return new AppError({
    kind: 'invalid_input',
    code,
    message,
    next: 'Correct what is sent; nothing was changed.',
    details: { issues: [{ field: field.slice(0, 100), message }] },
  });
}
