import { sentence } from './badge.tsx';

const kinds: Readonly<Record<string, string>> = {
  todo: 'TODO comment',
  'stale-issue': 'Stale issue',
  requested: 'Requested',
};

/** The kind of work, for people. */
export function kindWord(kind: string): string {
  return kinds[kind] ?? sentence(kind);
}
