import type { RepositoryStory } from '../../../src/operations/repositories/contract.ts';
import type { PolicyField } from './policy-fields.ts';
import { policyFields } from './policy-fields.ts';

/** What is typed, by key; a key that is not there is left out of the file, so that what holds everywhere holds. */
export type PolicyDraft = Readonly<Record<string, string>>;

export interface ConfigChange {
  readonly key: string;
  readonly value: string | null;
  readonly insert?: boolean;
}

/** How `null` is typed where it is a value of its own. */
export const nullText = '\u0000null';

type Entry = RepositoryStory['entry'];

/** The entry of the file as it is typed. */
export function draftOf({ written }: Entry): PolicyDraft {
  return Object.fromEntries(
    policyFields
      .filter(({ key }) => Object.hasOwn(written, key))
      .map((field) => [field.key, textOf(field, written[field.key])]),
  );
}

export function textOf({ sort }: PolicyField, value: unknown): string {
  if (value === null) return nullText;
  if (sort === 'lines') return Array.isArray(value) ? value.join('\n') : '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The value that was typed, or what is wrong with it. */
export function valueOf(
  { sort }: PolicyField,
  text: string,
): { readonly value: unknown } | { readonly error: string } {
  if (text === nullText) return { value: null };
  const trimmed = text.trim();
  switch (sort) {
    case 'lines':
      return {
        value: text
          .split('\n')
          .map((line) => line.trim())
          .filter((line) => line !== ''),
      };
    case 'count':
      return /^\d+$/u.test(trimmed)
        ? { value: Number(trimmed) }
        : { error: 'Write a whole number, for example 5.' };
    case 'money':
      return /^\d+([.]\d+)?$/u.test(trimmed)
        ? { value: Number(trimmed) }
        : { error: 'Write an amount with a point, for example 2.50.' };
    case 'switch':
      return { value: trimmed === 'true' };
    default:
      return trimmed === '' ? { error: 'Write something, or take it out.' } : { value: trimmed };
  }
}

/** What is wrong with what was typed, by key, before the service is asked. */
export function errorsOf(draft: PolicyDraft): Readonly<Record<string, string>> {
  const errors: Record<string, string> = {};
  for (const field of policyFields) {
    const text = draft[field.key];
    if (text === undefined) continue;
    const read = valueOf(field, text);
    if ('error' in read) errors[field.key] = read.error;
  }
  return errors;
}

/**
 * What is to be written so that the file says the draft. `isOwn`: in an entry for this repository alone, which is put before the
 * one that decides now; else in the entry that decides, whoever else it decides for.
 */
export function changesOf(
  { name, entry }: Pick<RepositoryStory, 'name' | 'entry'>,
  draft: PolicyDraft,
  isOwn: boolean,
): readonly ConfigChange[] {
  if (entry.index === null || (isOwn && !entry.isOwn)) {
    const at = entry.index ?? entry.entries;
    const value = nested(name, draft);
    return [
      {
        key: `repositories.${at}`,
        value: JSON.stringify(value),
        ...(entry.index === null ? {} : { insert: true }),
      },
    ];
  }
  const before = draftOf(entry);
  return policyFields.flatMap((field) => {
    const { key } = field;
    const text = draft[key];
    if (text === before[key]) return [];
    const read = text === undefined ? null : valueOf(field, text);
    if (read !== null && 'error' in read) return [];
    const value = read === null ? null : JSON.stringify(read.value);
    return [{ key: `repositories.${entry.index}.${key}`, value }];
  });
}

/** Whether it says something else than the file. */
export function isChanged(entry: Entry, draft: PolicyDraft): boolean {
  const before = draftOf(entry);
  return policyFields.some(({ key }) => before[key] !== draft[key]);
}

function nested(match: string, draft: PolicyDraft): object {
  const value: Record<string, unknown> = { match };
  for (const field of policyFields) {
    const text = draft[field.key];
    if (text === undefined) continue;
    const read = valueOf(field, text);
    if ('error' in read) continue;
    const [first = '', second] = field.key.split('.');
    if (second === undefined) value[first] = read.value;
    else value[first] = { ...(value[first] as object | undefined), [second]: read.value };
  }
  return value;
}
