import { createHmac } from 'node:crypto';
import { detect } from './detect.ts';

/** One field that looks like an attack; the text itself is not in it. */
export interface Inspected {
  /** Path in the input, members joined by dots. */
  readonly field: string;
  readonly kinds: readonly string[];
  /** 16 hex digits of an HMAC of the text under a key of this process: tells equal texts, and nobody can guess one by it. */
  readonly digest: string;
}

const deepest = 32;
const mostTexts = 1000;
/** Of all texts together: longer input than any field takes is looked at as far as this. */
const mostCharacters = 262_144;
const mostFlags = 50;

/** Makes what looks through every text of an input, names of members included. It never throws and changes nothing. */
export function createInspect(key: Uint8Array): (input: unknown) => readonly Inspected[] {
  return (input) => inspect(input, key);
}

function inspect(input: unknown, key: Uint8Array): readonly Inspected[] {
  const flags: Inspected[] = [];
  const left = { texts: mostTexts, characters: mostCharacters };
  visit(input, [], left, (field, text) => {
    const kinds = detect(text);
    if (kinds.length > 0 && flags.length < mostFlags)
      flags.push({ field, kinds, digest: digestOf(text, key) });
  });
  return flags;
}

function visit(
  value: unknown,
  path: readonly string[],
  left: { texts: number; characters: number },
  see: (field: string, text: string) => void,
): void {
  if (typeof value === 'string') {
    if (left.texts <= 0 || left.characters <= 0) return;
    const text = value.slice(0, left.characters);
    left.texts -= 1;
    left.characters -= text.length;
    see(path.join('.'), text);
    return;
  }
  if (typeof value !== 'object' || value === null || path.length >= deepest) return;
  for (const [name, member] of Object.entries(value)) {
    if (left.texts <= 0) return;
    if (!Array.isArray(value) && !/^\w{1,64}$/u.test(name)) see([...path, 'name'].join('.'), name);
    if (name === '__proto__' || name === 'constructor' || name === 'prototype')
      see([...path, 'name'].join('.'), `${name}[`);
    visit(member, [...path, name.slice(0, 64)], left, see);
  }
}

function digestOf(text: string, key: Uint8Array): string {
  return createHmac('sha256', key).update(text).digest('hex').slice(0, 16);
}
