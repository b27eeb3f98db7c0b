import { C_FAMILY } from './families/c.ts';
import { JAVASCRIPT_FAMILY } from './families/javascript.ts';
import type { Language, LanguageEntry } from './language.ts';

export type { Language } from './language.ts';

const TABLE: readonly LanguageEntry[] = [...C_FAMILY, ...JAVASCRIPT_FAMILY];

const BY_EXTENSION = index((entry) => entry.extensions);
const BY_FILE = index((entry) => entry.files);
const BY_INTERPRETER = index((entry) => entry.interpreters);

/** The language of a file by its name, else by its shebang; undefined when it has no comments or is unknown. */
export function languageOf(path: string, firstBytes: Uint8Array): Language | undefined {
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase();
  return BY_FILE.get(name) ?? byExtension(name) ?? byShebang(firstBytes);
}

function byExtension(name: string): Language | undefined {
  for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
    const found = BY_EXTENSION.get(name.slice(dot + 1));
    if (found !== undefined) return found;
  }
  return undefined;
}

function byShebang(bytes: Uint8Array): Language | undefined {
  const line = new TextDecoder('latin1').decode(bytes.subarray(0, 200)).split('\n', 1)[0] ?? '';
  if (!line.startsWith('#!')) return undefined;
  for (const word of line.slice(2).split(/[\s/]+/)) {
    const found = BY_INTERPRETER.get(word.toLowerCase().replace(/[\d.]+$/, ''));
    if (found !== undefined) return found;
  }
  return undefined;
}

function index(column: (entry: LanguageEntry) => string | undefined): Map<string, LanguageEntry> {
  const map = new Map<string, LanguageEntry>();
  for (const entry of TABLE) {
    for (const key of column(entry)?.split(' ') ?? []) if (!map.has(key)) map.set(key, entry);
  }
  return map;
}
