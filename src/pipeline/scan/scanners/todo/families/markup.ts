import { type LanguageEntry, readerLanguage, rulesLanguage } from '../language.ts';
import { blockComment, lineComment } from '../lexis/comment-rules.ts';
import { indentOf, isAtColumnOne, lineEnd } from '../lexis/places.ts';
import { addComment, NO_MATCH, type Rule, type Scan } from '../lexis/scan.ts';
import { between, stepOver } from '../lexis/string-rules.ts';

/** One line: offset, end before the line feed, text without line ending. */
interface Line {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The longest part of a line that is looked at. */
const LOOK = 2000;

function lineFrom(scan: Scan, start: number): Line {
  const end = lineEnd(scan, start);
  return { start, end, text: scan.src.slice(start, Math.min(end, start + LOOK)).trimEnd() };
}

const LIST_ITEM = /^\s*(?:[-*+]|\d+[.)])\s/;

/** Markdown: only HTML comments, and none in code fences, indented code or code spans. */
function readMarkdown(scan: Scan, from: number, to: number): void {
  if (!opensComment(scan, from)) return;
  let fence: string | undefined;
  let blankBefore = true;
  let inList = false;
  for (let pos = from; pos < to && pos < scan.limit; ) {
    const line = lineFrom(scan, pos);
    const mark = /^(?:[ >]|[-*+] |\d+[.)] )*\s*(`{3,}|~{3,})(.*)$/.exec(line.text);
    if (fence !== undefined) {
      if (mark !== null && mark[1]?.startsWith(fence) === true && mark[2]?.trim() === '')
        fence = undefined;
      pos = line.end + 1;
    } else if (
      mark !== null &&
      !(mark[1]?.startsWith('`') === true && mark[2]?.includes('`') === true)
    ) {
      fence = mark[1];
      pos = line.end + 1;
    } else if (blankBefore && !inList && /^(?: {4}|\t)/.test(line.text)) {
      pos = line.end + 1;
      continue;
    } else pos = markdownLine(scan, line, to);
    blankBefore = line.text === '';
    if (LIST_ITEM.test(line.text)) inList = true;
    else if (/^\S/.test(line.text)) inList = false;
  }
}

/** Most documents hold no comment at all: their lines need not be looked at. */
function opensComment({ src, limit }: Scan, from: number): boolean {
  return ['<!--', '{/*'].some((opener) => {
    const at = src.indexOf(opener, from);
    return at >= 0 && at < limit;
  });
}

/** Reads a line of prose; a comment may carry it further down. */
function markdownLine(scan: Scan, line: Line, to: number): number {
  const { src } = scan;
  let pos = line.start;
  while (pos < line.end) {
    if (src.startsWith('<!--', pos)) {
      const at = src.indexOf('-->', pos + 4);
      const end = at < 0 ? to : Math.min(at, to);
      addComment(scan, pos + 4, end);
      if (end >= line.end) return lineEnd(scan, end) + 1;
      pos = end + 3;
    } else if (src.startsWith('{/*', pos)) {
      const at = src.indexOf('*/}', pos + 3);
      if (at > 0 && at < to) addComment(scan, pos + 3, at);
      pos = at > 0 ? at + 3 : pos + 3;
      if (pos > line.end) return lineEnd(scan, pos) + 1;
    } else if (src[pos] === '`') pos = codeSpanEnd(src, pos, line.end);
    else pos += src[pos] === '\\' ? 2 : 1;
  }
  return line.end + 1;
}

function codeSpanEnd(src: string, pos: number, end: number): number {
  let width = 1;
  while (src[pos + width] === '`') width++;
  const at = src.indexOf('`'.repeat(width), pos + width);
  return at < 0 || at >= end ? pos + width : at + width;
}

/** reStructuredText: explicit markup that is nothing else is a comment, with all lines indented below it. */
function readRest(scan: Scan, from: number, to: number): void {
  let literal = -1;
  for (let pos = from; pos < to && pos < scan.limit; ) {
    const line = lineFrom(scan, pos);
    const indent = indentOf(scan.src, pos);
    if (literal >= 0 && line.text !== '' && indent <= literal) literal = -1;
    const comment =
      literal < 0 &&
      /^\s*\.\.(?:\s+(?!\S+(?:\s\S+)*::(?:\s|$)|_|\[[^\]]+\]\s|\|)|$)/.test(line.text);
    if (comment) pos = indentedComment(scan, line, indent, to, 2);
    else {
      if (
        literal < 0 &&
        (line.text.endsWith('::') ||
          /^\s*\.\. (?:code|code-block|sourcecode|parsed-literal|literalinclude|raw)::/.test(
            line.text,
          ))
      )
        literal = indent;
      pos = line.end + 1;
    }
  }
}

/** A comment that lasts while lines are indented deeper than its first. */
function indentedComment(
  scan: Scan,
  first: Line,
  indent: number,
  to: number,
  opener: number,
): number {
  let end = first.end;
  for (let next = first.end + 1; next < to; ) {
    const line = lineFrom(scan, next);
    if (line.text !== '' && indentOf(scan.src, next) <= indent) break;
    if (line.text !== '') end = line.end;
    next = line.end + 1;
  }
  addComment(scan, first.start + indent + opener, end);
  return end + 1;
}

/** AsciiDoc: lines that start with `//`, blocks between `////`; nothing inside listings. */
function readAsciidoc(scan: Scan, from: number, to: number): void {
  let delimiter: string | undefined;
  let blockStart = 0;
  for (let pos = from; pos < to && (pos < scan.limit || delimiter !== undefined); ) {
    const line = lineFrom(scan, pos);
    if (delimiter !== undefined) {
      if (line.text === delimiter) {
        if (delimiter.startsWith('/')) addComment(scan, blockStart, line.start);
        delimiter = undefined;
      }
    } else if (/^(?:-{4,}|\.{4,}|\+{4,}|\/{4,}|`{3,})$/.test(line.text)) {
      delimiter = line.text;
      blockStart = line.end;
    } else if (/^\/\/(?!\/)/.test(line.text)) addComment(scan, line.start + 2, line.end, '//');
    pos = line.end + 1;
  }
  if (delimiter?.startsWith('/') === true) addComment(scan, blockStart, to);
}

/** Org: lines that start with `# `, comment blocks; nothing inside other blocks. */
function readOrg(scan: Scan, from: number, to: number): void {
  let block: string | undefined;
  let blockStart = 0;
  for (let pos = from; pos < to && (pos < scan.limit || block !== undefined); ) {
    const line = lineFrom(scan, pos);
    const begin = /^\s*#\+begin_(\w+)/i.exec(line.text)?.[1]?.toLowerCase();
    if (block !== undefined) {
      if (new RegExp(String.raw`^\s*#\+end_${block}\b`, 'i').test(line.text)) {
        if (block === 'comment') addComment(scan, blockStart, line.start);
        block = undefined;
      }
    } else if (begin !== undefined) {
      block = begin;
      blockStart = line.end;
    } else if (/^\s*#(?:\s|$)/.test(line.text)) {
      addComment(scan, line.start + line.text.indexOf('#') + 1, line.end, '#');
    }
    pos = line.end + 1;
  }
}

/** `\begin{comment}` is a comment; verbatim environments are text. */
function latexEnvironment(): Rule {
  return {
    first: '\\',
    match(scan, pos) {
      const { src } = scan;
      const name =
        /^\\begin\{(comment|verbatim\*?|Verbatim|lstlisting|minted|filecontents\*?|alltt)\}/.exec(
          src.slice(pos, pos + 40),
        )?.[1];
      if (name === undefined) return NO_MATCH;
      const close = `\\end{${name}}`;
      const at = src.indexOf(close, pos);
      const end = at < 0 ? scan.end : Math.min(at, scan.end);
      if (name === 'comment') addComment(scan, pos + '\\begin{comment}'.length, end);
      return Math.min(end + close.length, scan.end);
    },
  };
}

/** `\verb|…|`, `\lstinline!…!`. */
function latexVerb(): Rule {
  return {
    first: '\\',
    match(scan, pos) {
      const match = /^\\(?:verb|lstinline)\*?([^\w\s*{])/.exec(scan.src.slice(pos, pos + 16));
      if (match === null) return NO_MATCH;
      const at = scan.src.indexOf(match[1] ?? '', pos + match[0].length);
      return at < 0 || at > lineEnd(scan, pos) ? NO_MATCH : at + 1;
    },
  };
}

/** An address holds signs of comment: `\url{…}`, `\href{…}`. */
function latexAddress(): Rule {
  return {
    first: '\\',
    match(scan, pos) {
      const match = /^\\(?:url|nolinkurl|path|href)\{[^{}\n]*\}/.exec(
        scan.src.slice(pos, pos + 500),
      );
      return match === null ? NO_MATCH : pos + match[0].length;
    },
  };
}

/** In a `.dtx`, the comment sign in column one is the documentation itself; everywhere else it opens a comment. */
const LATEX = rulesLanguage(
  'LaTeX',
  { extensions: 'tex ltx sty bbx cbx lbx dtx ins tikz latex mkii mkiv mkvi' },
  [latexEnvironment(), latexVerb(), latexAddress(), stepOver('\\', 2), lineComment('%')],
);

export const MARKDOWN = readerLanguage(
  'Markdown',
  {
    extensions: 'md markdown mdown mkd mkdn mdwn mdx rmd qmd livemd ronn workbook',
    files: 'readme contributing.md',
  },
  readMarkdown,
);

export const MARKUP_FAMILY: readonly LanguageEntry[] = [
  LATEX,
  MARKDOWN,
  readerLanguage('reStructuredText', { extensions: 'rst rest.txt rest' }, readRest),
  readerLanguage('AsciiDoc', { extensions: 'adoc asciidoc asc' }, readAsciidoc),
  readerLanguage('Org', { extensions: 'org org_archive' }, readOrg),
  rulesLanguage('BibTeX', { extensions: 'bib' }, [lineComment('%')]),
  rulesLanguage('Texinfo', { extensions: 'texi texinfo txi' }, [
    between('@verbatim', '@end verbatim'),
    lineComment('@c ', { where: 'line' }),
    lineComment('@comment ', { where: 'line' }),
  ]),
  rulesLanguage('roff', { extensions: 'man mdoc roff troff nroff ms me 1 2 3 4 5 6 7 8 9' }, [
    {
      first: '.',
      match: (scan, pos) =>
        isAtColumnOne(scan.src, pos) && /^\.\s*\\"/.test(scan.src.slice(pos, pos + 8))
          ? lineComment(scan.src.slice(pos, scan.src.indexOf('"', pos) + 1)).match(scan, pos)
          : NO_MATCH,
    },
    lineComment('\\"'),
  ]),
  rulesLanguage('Typst', { extensions: 'typ' }, [
    blockComment('/*', '*/', { nested: true }),
    lineComment('//', { when: ({ src }, pos) => src[pos - 1] !== ':' }),
    between('```', '```'),
  ]),
];
