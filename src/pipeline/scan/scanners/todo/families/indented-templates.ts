import { type Language, type LanguageEntry, readerLanguage } from '../language.ts';
import { indentOf, lineEnd } from '../lexis/places.ts';
import { addComment, type Scan } from '../lexis/scan.ts';
import { JAVASCRIPT } from './javascript.ts';
import { RUBY } from './ruby.ts';
import { CSS } from './styles.ts';

interface IndentedTemplate {
  /** Openers of comments at the start of a line, longest first. */
  readonly comments: readonly string[];
  /** The language of lines that start with `-`, `=` or `!=`. */
  readonly code: Language;
  /** A line after which the lines below are code or text: its language, or null for text. */
  readonly block: (line: string) => Language | null | undefined;
}

/** Templates whose structure is their indentation: a comment or block lasts while lines are deeper. */
function readIndented(template: IndentedTemplate): Language['read'] {
  return (scan, from, to) => {
    for (let pos = from; pos < to && pos < scan.limit; )
      pos = readLine(scan, pos, to, template) + 1;
  };
}

/** Reads the line, with the lines that belong to it; returns where they end. */
function readLine(scan: Scan, pos: number, to: number, template: IndentedTemplate): number {
  const { src } = scan;
  const end = Math.min(lineEnd(scan, pos), to);
  const start = pos + indentOf(src, pos);
  const line = src.slice(start, Math.min(end, start + 2000)).trimEnd();
  const opener = template.comments.find((text) => line.startsWith(text));
  if (opener !== undefined) {
    const last = blockEnd(scan, end, start - pos, to);
    addComment(scan, start + opener.length, last);
    return last;
  }
  if (/^(?:-|=|!=)/.test(line)) {
    const last = line === '-' ? blockEnd(scan, end, start - pos, to) : end;
    template.code.read(scan, start + (line.startsWith('!=') ? 2 : 1), last);
    return last;
  }
  const language = template.block(line);
  if (language === undefined) return end;
  const last = blockEnd(scan, end, start - pos, to);
  if (language !== null) language.read(scan, end, last);
  return last;
}

function blockEnd(scan: Scan, from: number, indent: number, to: number): number {
  const { src } = scan;
  let last = from;
  for (let next = from + 1; next < to; ) {
    const end = Math.min(lineEnd(scan, next), to);
    const blank = src.slice(next, end).trim() === '';
    if (!blank && indentOf(src, next) <= indent) break;
    if (!blank) last = end;
    next = end + 1;
  }
  return last;
}

export const PUG = readerLanguage(
  'Pug',
  { extensions: 'pug jade' },
  readIndented({
    comments: ['//-', '//'],
    code: JAVASCRIPT,
    block: (line) => {
      if (/^script[^\s=]*(?:\([^)]*\))?\.$/.test(line)) return JAVASCRIPT;
      if (/^style[^\s=]*(?:\([^)]*\))?\.$/.test(line)) return CSS;
      return /^[\w.#][^\s(]*(?:\([^)]*\))?\.$/.test(line) || line === '.' ? null : undefined;
    },
  }),
);

const FILTERS = (line: string): Language | null | undefined => {
  if (/^:?javascript:?$/.test(line)) return JAVASCRIPT;
  if (/^:?(?:css|scss|sass|less):?$/.test(line)) return CSS;
  if (/^:?ruby:?$/.test(line)) return RUBY;
  return /^(?::\w+|\w+:)$/.test(line) ? null : undefined;
};

export const INDENTED_TEMPLATE_FAMILY: readonly LanguageEntry[] = [
  PUG,
  readerLanguage(
    'Haml',
    { extensions: 'haml hamlc' },
    readIndented({ comments: ['-#', '/'], code: RUBY, block: FILTERS }),
  ),
  readerLanguage(
    'Slim',
    { extensions: 'slim' },
    readIndented({ comments: ['/!', '/'], code: RUBY, block: FILTERS }),
  ),
];
