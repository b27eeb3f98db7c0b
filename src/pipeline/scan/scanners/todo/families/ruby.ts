import { type LanguageEntry, rulesLanguage } from '../language.ts';
import { lineComment } from '../lexis/comment-rules.ts';
import { delimitedEnd } from '../lexis/delimited.ts';
import { heredoc, heredocBodies } from '../lexis/heredoc.ts';
import { isAtColumnOne, isWord, lineEnd } from '../lexis/places.ts';
import { addComment, NO_MATCH, type Rule, type Scan } from '../lexis/scan.ts';
import { expectsOperand } from '../lexis/slash.ts';
import { quoted } from '../lexis/string-rules.ts';

const OPERAND_KEYWORDS = new Set(
  'if unless while until and or not when in return then do else elsif case puts print p raise yield assert assert_match match scan split gsub sub begin rescue'.split(
    ' ',
  ),
);

const CODE = ['#{'];

/** `=begin` … `=end` at column one. */
function embeddedDocument(): Rule {
  return {
    first: '=',
    match(scan, pos) {
      if (!isAtColumnOne(scan.src, pos) || !/^=begin\b/.test(scan.src.slice(pos, pos + 7)))
        return NO_MATCH;
      const at = scan.src.indexOf('\n=end', pos);
      const end = at < 0 || at > scan.end ? scan.end : at;
      addComment(scan, pos + '=begin'.length, end);
      return at < 0 ? scan.end : lineEnd(scan, end + 1);
    },
  };
}

/** What follows the line `__END__` is data. */
function endOfProgram(): Rule {
  return {
    first: '_',
    match(scan, pos) {
      if (
        !isAtColumnOne(scan.src, pos) ||
        !/^__END__\r?(?:\n|$)/.test(scan.src.slice(pos, pos + 9))
      )
        return NO_MATCH;
      scan.halted = true;
      return scan.end;
    },
  };
}

/** `%w[…]`, `%q(…)`, `%(…)`; after an operand a percent sign is the modulo. */
function percentLiteral(): Rule {
  return {
    first: '%',
    match(scan, pos) {
      const match = /^%([qQwWiIrsx]?)([^\w\s])/.exec(scan.src.slice(pos, pos + 3));
      if (match === null) return NO_MATCH;
      const kind = match[1] ?? '';
      const delimiter = match[2] ?? '';
      if (!operandBefore(scan, pos, kind !== '', delimiter)) return NO_MATCH;
      return delimitedEnd(scan, pos + 1 + kind.length, /[qwis]/.test(kind) ? undefined : '#{');
    },
  };
}

function operandBefore(scan: Scan, pos: number, named: boolean, delimiter: string): boolean {
  if (expectsOperand(scan, pos, OPERAND_KEYWORDS)) return named || /[([{<|!/]/.test(delimiter);
  const spaced = /\s/.test(scan.src[pos - 1] ?? '');
  return named && spaced && /[([{<|!/]/.test(delimiter);
}

/** Whether a colon before the operator makes it a name: `:/`, `` :` ``. */
function isSymbol(src: string, pos: number): boolean {
  return src[pos - 1] === ':' && !/[\w:"'\])]/.test(src[pos - 2] ?? '');
}

/** A regular expression, also as the first argument of a call without parentheses (`match /x/`). */
function regexLiteral(): Rule {
  return {
    first: '/',
    match(scan, pos) {
      const { src } = scan;
      if (isSymbol(src, pos)) return pos + 1;
      const argument =
        /[\w?!][ \t]$/.test(src.slice(pos - 2, pos)) && !/[\s=]/.test(src[pos + 1] ?? ' ');
      if (!argument && !expectsOperand(scan, pos, OPERAND_KEYWORDS)) return NO_MATCH;
      const close = lineEnd(scan, pos);
      if (argument && src.indexOf('/', pos + 1) > close) return NO_MATCH;
      return delimitedEnd(scan, pos, '#{');
    },
  };
}

/** `?"`, `$"`, `$'`, `:"`: characters and variables that look like quotes. */
function oddNames(): Rule {
  return {
    first: '?$',
    match({ src }, pos) {
      if (src.startsWith('?\\', pos))
        return isWord(src.charCodeAt(pos - 1)) || isWord(src.charCodeAt(pos + 3))
          ? NO_MATCH
          : pos + 3;
      if (!/["'`#/]/.test(src[pos + 1] ?? '')) return NO_MATCH;
      if (src[pos] === '?' && (isWord(src.charCodeAt(pos - 1)) || isWord(src.charCodeAt(pos + 2))))
        return NO_MATCH;
      return src[pos] === '$' && src[pos + 1] === '#' ? NO_MATCH : pos + 2;
    },
  };
}

export const RUBY = rulesLanguage(
  'Ruby, Crystal',
  {
    extensions:
      'rb rake gemspec ru rbw rbx jbuilder builder podspec thor cr rbi rbs god prawn arb rabl opal watchr jb cap',
    files:
      'rakefile gemfile vagrantfile capfile guardfile podfile fastfile appfile brewfile berksfile thorfile steepfile dangerfile puppetfile deliverfile matchfile snapfile scanfile gymfile cheffile buildfile mavenfile .irbrc .pryrc .simplecov appraisals',
    interpreters: 'ruby jruby rbx crystal macruby rake truffleruby irb',
  },
  [
    embeddedDocument(),
    endOfProgram(),
    lineComment('#'),
    oddNames(),
    heredoc({
      opener:
        /^<<([~-]?)(?:"([^"\n]+)"|'([^'\n]+)'|`([^`\n]+)`|([A-Z_a-z\x80-\xff][\w\x80-\xff]*))/,
      indentedBy: /[~-]/,
    }),
    heredocBodies(),
    percentLiteral(),
    regexLiteral(),
    quoted('"', '"', { escape: '\\', multiline: true, code: CODE }),
    quoted("'", "'", { escape: '\\', multiline: true }),
    quoted('`', '`', {
      escape: '\\',
      multiline: true,
      code: CODE,
      when: ({ src }, pos) =>
        !isSymbol(src, pos) && !/(?:\bdef\s+|\.)$/.test(src.slice(Math.max(0, pos - 8), pos)),
    }),
  ],
);

export const RUBY_FAMILY: readonly LanguageEntry[] = [RUBY];
