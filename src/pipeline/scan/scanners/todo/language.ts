import { type Lexis, lexisOf, type Rule, type Scan, scanCode } from './lexis/scan.ts';

/** A language, and how to find the comments of a region written in it. */
export interface Language {
  readonly name: string;
  /** Notes the comments between two offsets. */
  readonly read: (scan: Scan, from: number, to: number) => void;
}

/** A row of the table of languages. Lists are separated by spaces, in lower case. */
export interface LanguageEntry extends Language {
  /** Without the dot. */
  readonly extensions: string;
  /** Whole file names. */
  readonly files?: string;
  /** Programs that a shebang names, without version numbers. */
  readonly interpreters?: string;
  /** What follows a line of these words alone is data. */
  readonly endLine?: string;
}

type Where = Omit<LanguageEntry, 'name' | 'read'>;

/** A language that is described by rules alone. Their table is made when the language is met: there are many of them. */
export function rulesLanguage(name: string, where: Where, rules: readonly Rule[]): LanguageEntry {
  let lexis: Lexis | undefined;
  return {
    name,
    ...where,
    read: (scan, from, to) => {
      lexis ??= lexisOf(rules);
      scanCode(scan, lexis, from, endOfCode(scan.src, where.endLine, from, to));
    },
  };
}

function endOfCode(src: string, endLine: string | undefined, from: number, to: number): number {
  if (endLine === undefined) return to;
  const at = src.indexOf(`\n${endLine}`, from);
  return at < 0 || at >= to || !/[\r\n]/.test(src[at + endLine.length + 1] ?? '\n') ? to : at;
}

/** A language with a reader of its own. */
export function readerLanguage(name: string, where: Where, read: Language['read']): LanguageEntry {
  return { name, ...where, read };
}
