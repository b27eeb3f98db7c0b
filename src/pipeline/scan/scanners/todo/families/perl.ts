import { type LanguageEntry, rulesLanguage } from '../language.ts';
import { lineComment } from '../lexis/comment-rules.ts';
import { afterFlags, delimitedEnd, quoteOperators } from '../lexis/delimited.ts';
import { heredoc, heredocBodies } from '../lexis/heredoc.ts';
import { isAtColumnOne, isWord, lineEnd, skipBlanks } from '../lexis/places.ts';
import { addComment, NO_MATCH, type Rule } from '../lexis/scan.ts';
import { expectsOperand, regexEnd } from '../lexis/slash.ts';
import { quoted } from '../lexis/string-rules.ts';

const OPERAND_KEYWORDS = new Set(
  'if unless while until and or not return split grep map join push when x eq ne lt gt cmp xor print'.split(
    ' ',
  ),
);

/** POD: from a line that starts with `=word` to the line `=cut`; its text counts as a comment. */
function pod(): Rule {
  return {
    first: '=',
    match(scan, pos) {
      if (!isAtColumnOne(scan.src, pos) || !/^=[a-zA-Z]/.test(scan.src.slice(pos, pos + 2)))
        return NO_MATCH;
      const end = podEnd(scan.src, pos, scan.end);
      addComment(scan, pos, end);
      return lineEnd(scan, Math.min(end + 1, scan.end));
    },
  };
}

function podEnd(src: string, pos: number, limit: number): number {
  if (src.startsWith('=cut', pos)) return pos;
  const at = src.indexOf('\n=cut', pos);
  return at < 0 || at > limit ? limit : at;
}

/** After `__END__` comes data, in which POD is still POD. */
function endOfProgram(): Rule {
  return {
    first: '_',
    match(scan, pos) {
      const { src } = scan;
      if (!isAtColumnOne(src, pos) || !/^__(?:END|DATA)__\s/.test(`${src.slice(pos, pos + 9)} `))
        return NO_MATCH;
      for (let at = pos; at >= 0 && at < scan.end; ) {
        const next = src.indexOf('\n=', at);
        if (next < 0 || next >= scan.end) break;
        const end = podEnd(src, next + 1, scan.end);
        if (/[a-zA-Z]/.test(src[next + 2] ?? '')) addComment(scan, next + 1, end);
        at = Math.max(end + 1, next + 2);
      }
      scan.halted = true;
      return scan.end;
    },
  };
}

/** `$#array`, `$'`, `$"`, `` $` ``, `$/`, `&'`: names that look like something else. */
function oddNames(): Rule {
  return {
    first: '$@%&',
    match({ src }, pos) {
      const next = src[pos + 1] ?? '';
      if (src[pos] === '$' && /[#'"`/;,]/.test(next)) return pos + 2;
      return NO_MATCH;
    },
  };
}

/** A pattern; over lines only with the flag `x` or right after `=~`. */
function regexLiteral(): Rule {
  return {
    first: '/',
    match(scan, pos) {
      const { src } = scan;
      if (!expectsOperand(scan, pos, OPERAND_KEYWORDS)) return pos + (src[pos + 1] === '/' ? 2 : 1);
      const short = regexEnd(scan, pos);
      if (short >= 0) return afterFlags(scan, short);
      const end = delimitedEnd(scan, pos, undefined);
      const flagged = /^[a-z]*x/.test(src.slice(end, end + 8));
      const bound = /(?:[=!]~|\bsplit)\s*\(?$/.test(src.slice(Math.max(0, pos - 30), pos));
      return flagged || bound ? afterFlags(scan, end) : NO_MATCH;
    },
  };
}

/** `{s}`, `s => 1` and `->s` are names. */
const NAME_BEFORE = /[$@%&>:]/;

const PERL = rulesLanguage(
  'Perl',
  {
    extensions: 'pl pm t plx pod psgi cgi al perl ph xs.pm fcgi',
    files: 'cpanfile makefile.pl build.pl .latexmkrc latexmkrc ack rexfile',
    interpreters: 'perl cperl plackup',
  },
  [
    pod(),
    endOfProgram(),
    oddNames(),
    lineComment('#'),
    heredoc({
      opener: /^<<(~?)(?:\s*"([^"\n]*)"|\s*'([^'\n]*)'|([A-Za-z_]\w*))/,
      indentedBy: /~/,
    }),
    heredocBodies(),
    {
      first: 'qmsty',
      match(scan, pos) {
        if (isWord(scan.src.charCodeAt(pos - 1)) || isHashKey(scan.src, pos)) return NO_MATCH;
        return PERL_QUOTES.match(scan, pos);
      },
    },
    regexLiteral(),
    quoted('"', '"', { escape: '\\', multiline: true }),
    {
      first: "'",
      match: (scan, pos) =>
        isWord(scan.src.charCodeAt(pos - 1)) && isWord(scan.src.charCodeAt(pos + 1))
          ? pos + 1
          : delimitedEnd(scan, pos, undefined),
    },
    quoted('`', '`', { escape: '\\', multiline: true }),
  ],
);

const PERL_QUOTES = quoteOperators(
  { q: 1, qq: 1, qw: 1, qx: 1, qr: 1, m: 1, s: 2, tr: 2, y: 2 },
  NAME_BEFORE,
);

function isHashKey(src: string, pos: number): boolean {
  let after = pos;
  while (isWord(src.charCodeAt(after))) after++;
  if (src[pos - 1] === '{' && src[after] === '}') return true;
  const next = skipBlanks(src, after);
  if (src[next] === '=' && src[next + 1] === '>') return true;
  return /\bsub\s+$/.test(src.slice(Math.max(0, pos - 8), pos)) || src[pos - 1] === '-';
}

export const PERL_FAMILY: readonly LanguageEntry[] = [PERL];
