import { type LanguageEntry, rulesLanguage } from '../language.ts';
import { blockComment, lineComment } from '../lexis/comment-rules.ts';
import { heredoc, heredocBodies } from '../lexis/heredoc.ts';
import { isFirstOnLine, isWord, lineEnd, lineStart } from '../lexis/places.ts';
import { addComment, NO_MATCH, type Rule, type Scan } from '../lexis/scan.ts';
import { expectsOperand } from '../lexis/slash.ts';
import { charLiteral, longQuoted, quoted, stepOver } from '../lexis/string-rules.ts';

const HASH = lineComment('#');
const MULTI = { escape: '\\', multiline: true } as const;

/** `[[ … ]]`, `[=[ … ]=]`; with a comment marker before it, a block comment. */
export function longBracket(prefix: string): Rule {
  return {
    first: prefix === '' ? '[' : prefix.slice(0, 1),
    match(scan, pos) {
      if (!scan.src.startsWith(prefix, pos)) return NO_MATCH;
      const match = /^\[(=*)\[/.exec(scan.src.slice(pos + prefix.length, pos + prefix.length + 40));
      if (match === null) return NO_MATCH;
      const start = pos + prefix.length + match[0].length;
      const close = `]${match[1]}]`;
      const at = scan.src.indexOf(close, start);
      const end = at < 0 ? scan.end : Math.min(at, scan.end);
      if (prefix !== '') addComment(scan, start, end);
      return Math.min(end + close.length, scan.end);
    },
  };
}

/** `"…"` and `'…'` of Lua; `\\z` steps over the white space behind it, line ends included. */
function luaString(): Rule {
  return {
    first: '"\'',
    match({ src, end }, pos) {
      const quote = src.charCodeAt(pos);
      for (let at = pos + 1; at < end; at++) {
        const code = src.charCodeAt(at);
        if (code === quote) return at + 1;
        if (code === 10) return at;
        if (code !== 92) continue;
        at += src.charCodeAt(at + 1) === 13 ? 2 : 1;
        if (src[at] === 'z') while (src.charCodeAt(at + 1) <= 32) at++;
      }
      return end;
    },
  };
}

/** `r"---( … )---"` of R. */
function rRaw(): Rule {
  return {
    first: 'rR',
    match({ src, end }, pos) {
      if (isWord(src.charCodeAt(pos - 1))) return NO_MATCH;
      const match = /^[rR](["'])(-*)([([{])/.exec(src.slice(pos, pos + 30));
      if (match === null) return NO_MATCH;
      const closers: Record<string, string> = { '(': ')', '[': ']', '{': '}' };
      const close = `${closers[match[3] ?? '']}${match[2]}${match[1]}`;
      const at = src.indexOf(close, pos + match[0].length);
      return at < 0 ? end : Math.min(at + close.length, end);
    },
  };
}

/** An apostrophe after an operand transposes a matrix; elsewhere it opens a string. */
function matlabString(): Rule {
  return {
    first: "'",
    match({ src, end }, pos) {
      if (/[\w)\]}.'"]/.test(src[pos - 1] ?? '')) return pos + 1;
      for (let at = pos + 1; at < end; at++) {
        if (src[at] === '\n') return at;
        if (src[at] !== "'") continue;
        if (src[at + 1] !== "'") return at + 1;
        at++;
      }
      return end;
    },
  };
}

/** `%{` and `%}` alone on their lines enclose a comment. */
function matlabBlock(sign: string): Rule {
  return {
    first: sign,
    match(scan, pos) {
      const { src } = scan;
      if (src[pos + 1] !== '{' || !isFirstOnLine(src, pos)) return NO_MATCH;
      if (src.slice(pos + 2, lineEnd(scan, pos)).trim() !== '') return NO_MATCH;
      const line = /\n[ \t]*[%#]([{}])[ \t]*(?=\r?\n|$)/g;
      line.lastIndex = pos;
      let depth = 1;
      let at = scan.end;
      for (let mark = line.exec(src); mark !== null; mark = line.exec(src)) {
        depth += mark[1] === '{' ? 1 : -1;
        if (depth > 0) continue;
        at = mark.index;
        break;
      }
      addComment(scan, pos + 2, Math.min(at, scan.end));
      return Math.min(lineEnd(scan, at + 1), scan.end);
    },
  };
}

/** What follows `...` on a line of MATLAB is a comment. */
const CONTINUATION = lineComment('...');

const MATLAB = rulesLanguage('MATLAB', { extensions: 'matlab' }, [
  matlabBlock('%'),
  matlabBlock('#'),
  lineComment('%'),
  lineComment('#', {
    when: ({ src }, pos) => /[\s#!]/.test(src[pos + 1] ?? ' ') || isFirstOnLine(src, pos),
  }),
  CONTINUATION,
  matlabString(),
  quoted('"', '"', { doubled: true, escape: '\\' }),
]);

/** Vim script: a quotation mark opens a comment where a command may start, or where nothing closes it. */
function vimComment(): Rule {
  return {
    first: '"',
    match(scan, pos) {
      const { src } = scan;
      const end = lineEnd(scan, pos);
      if (!isFirstOnLine(src, pos)) {
        const close = src.indexOf('"', pos + 1);
        const closed = close >= 0 && close < end;
        if (closed && (expectsOperand(scan, pos, VIM_OPERANDS) || takesQuotes(src, pos)))
          return vimStringEnd(src, pos, end);
        if (!/[\s|]/.test(src[pos - 1] ?? ''))
          return closed ? vimStringEnd(src, pos, end) : NO_MATCH;
      }
      return lineComment('"').match(scan, pos);
    },
  };
}

/** Commands to which a quotation mark is no comment: what follows is a pattern or typed text. */
function takesQuotes(src: string, pos: number): boolean {
  return /^\s*(?:syn?(?:tax)?|[nvxsoilct]?(?:nore)?map|[ic]?(?:nore)?abbr?(?:ev)?)\b/.test(
    src.slice(lineStart(src, pos), pos),
  );
}

/** `let x =<< trim END`. */
const VIM_HEREDOC = heredoc({
  opener: /^<<\s*((?:(?:trim|eval)\s+)*)([A-Z]\S*)/,
  indentedBy: /trim/,
});

const VIM_OPERANDS = new Set(
  'echo echom echomsg echon echoerr execute exe return call in if elseif while throw norm normal'.split(
    ' ',
  ),
);

function vimStringEnd(src: string, pos: number, end: number): number {
  for (let at = pos + 1; at < end; at++) {
    if (src[at] === '\\') at++;
    else if (src[at] === '"') return at + 1;
  }
  return end;
}

/** `` #`( … ) `` of Raku, with any bracket. */
function rakuEmbedded(): Rule {
  return {
    first: '#',
    match(scan, pos) {
      const { src } = scan;
      if (!/^#[`|=][([{<]/.test(src.slice(pos, pos + 3))) return NO_MATCH;
      const open = src[pos + 2] ?? '';
      const closers: Record<string, string> = { '(': ')', '[': ']', '{': '}', '<': '>' };
      let width = 1;
      while (src[pos + 2 + width] === open) width++;
      return blockComment(
        src.slice(pos, pos + 2) + open.repeat(width),
        (closers[open] ?? '').repeat(width),
      ).match(scan, pos);
    },
  };
}

/** `«…»` on one line. */
function rakuWords(): Rule {
  return {
    first: '\xc2',
    match(scan, pos) {
      if (scan.src.charCodeAt(pos + 1) !== 0xab) return NO_MATCH;
      const at = scan.src.indexOf('\xc2\xbb', pos);
      return at < 0 || at > lineEnd(scan, pos) ? NO_MATCH : at + 2;
    },
  };
}

/** `=begin pod` … `=end pod`, `=for`, `=head1`. */
function rakuPod(): Rule {
  return {
    first: '=',
    match(scan, pos) {
      const { src } = scan;
      if (!isFirstOnLine(src, pos)) return NO_MATCH;
      const match = /^=(begin|for|head\d?|comment|item\d?|para|defn)\b[ \t]*(\S*)/.exec(
        src.slice(pos, pos + 60),
      );
      if (match === null) return NO_MATCH;
      const at = src.indexOf(match[1] === 'begin' ? `=end ${match[2]}` : '\n\n', pos);
      const end = at < 0 ? scan.end : Math.min(at, scan.end);
      addComment(scan, pos + 1 + (match[1]?.length ?? 0), end);
      return match[1] === 'begin' ? lineEnd(scan, end) : end;
    },
  };
}

export const SCRIPTING_FAMILY: readonly LanguageEntry[] = [
  MATLAB,
  rulesLanguage(
    'Lua',
    {
      extensions: 'lua luau nse rockspec wlua p8 pd_lua',
      files: '.luacheckrc',
      interpreters: 'lua luajit luau',
    },
    [longBracket('--'), lineComment('--'), longBracket(''), luaString()],
  ),
  rulesLanguage('MoonScript', { extensions: 'moon' }, [
    lineComment('--'),
    longBracket(''),
    quoted('"', '"', MULTI),
    quoted("'", "'", MULTI),
  ]),
  rulesLanguage(
    'R',
    { extensions: 'r rsx.r rprofile', files: '.rprofile', interpreters: 'rscript' },
    [HASH, rRaw(), quoted('"', '"', MULTI), quoted("'", "'", MULTI), quoted('`', '`', MULTI)],
  ),
  rulesLanguage('Julia', { extensions: 'jl', interpreters: 'julia' }, [
    blockComment('#=', '=#', { nested: true }),
    HASH,
    quoted('"""', '"""', { ...MULTI, code: ['$('] }),
    quoted('```', '```', MULTI),
    quoted('"', '"', { ...MULTI, code: ['$('] }),
    quoted('`', '`', MULTI),
    charLiteral(),
  ]),
  rulesLanguage(
    'Nim',
    { extensions: 'nim nims nimble nimf', files: 'nim.cfg', interpreters: 'nim' },
    [
      blockComment('##[', ']##', { nested: true }),
      blockComment('#[', ']#', { nested: true }),
      HASH,
      quoted('"""', '"""', { multiline: true, lastCloses: true }),
      {
        first: 'rR',
        match: ({ src, end }, pos) => {
          if (src[pos + 1] !== '"' || isWord(src.charCodeAt(pos - 1))) return NO_MATCH;
          const at = src.indexOf('"', pos + 2);
          return at < 0 ? end : at + 1;
        },
      },
      quoted('"'),
      charLiteral(),
    ],
  ),
  rulesLanguage(
    'Raku',
    {
      extensions: 'raku rakumod rakutest rakudoc p6 pl6 pm6 t6 nqp',
      interpreters: 'raku perl6 rakudo',
    },
    [
      rakuPod(),
      rakuEmbedded(),
      HASH,
      heredocBodies(),
      rakuWords(),
      quoted('"', '"', MULTI),
      {
        first: "'",
        match: (scan, pos) =>
          isWord(scan.src.charCodeAt(pos - 1)) ? pos + 1 : quoted("'", "'", MULTI).match(scan, pos),
      },
      {
        first: 'qQ',
        match(scan, pos) {
          const match = /^(?:qq|q|Q|qw|Qw)(?::\w+)*\s*([[{(</|])/.exec(
            scan.src.slice(pos, pos + 20),
          );
          if (match === null || isWord(scan.src.charCodeAt(pos - 1))) return NO_MATCH;
          const start = pos + match[0].length - 1;
          if (/:to/.test(match[0])) return rakuHeredoc(scan, start);
          const closers: Record<string, string> = { '(': ')', '[': ']', '{': '}', '<': '>' };
          const open = match[1] ?? '';
          const at = scan.src.indexOf(closers[open] ?? open, start + 1);
          return at < 0 ? scan.end : Math.min(at + 1, scan.end);
        },
      },
    ],
  ),
  rulesLanguage(
    'Vim script',
    {
      extensions: 'vim vimrc nvim',
      files: '.vimrc .gvimrc _vimrc .exrc vimrc .ideavimrc',
      interpreters: 'vim nvim',
    },
    [
      lineComment('#', {
        where: 'word',
        when: ({ src }) =>
          src.startsWith('vim9script') || src.slice(0, 400).includes('\nvim9script'),
      }),
      vimComment(),
      quoted("'", "'", { doubled: true }),
      {
        first: '<',
        match: (scan, pos) => (scan.src[pos - 1] === '=' ? VIM_HEREDOC.match(scan, pos) : NO_MATCH),
      },
      heredocBodies(),
    ],
  ),
  rulesLanguage(
    'Puppet and kin',
    {
      extensions: 'puppet pp jq just nu elv crontab gp gnuplot plt gnu plot meson',
      files: 'justfile .justfile meson.build meson_options.txt meson.options',
      interpreters: 'jq just nu elvish gnuplot',
    },
    [
      stepOver('\\', 2),
      lineComment('#', { where: 'word' }),
      longQuoted("'", {}),
      quoted('"', '"', MULTI),
      quoted("'", "'", MULTI),
    ],
  ),
  rulesLanguage('GDScript', { extensions: 'gdscript' }, [
    HASH,
    longQuoted('"', MULTI),
    quoted('"'),
    quoted("'", "'"),
  ]),
];

/** `q:to/END/`: the text starts on the next line and ends at the one that holds the terminator. */
function rakuHeredoc(scan: Scan, open: number): number {
  const match = /^.\s*(\w+)\s*\S?/.exec(scan.src.slice(open, open + 60));
  if (match === null) return open + 1;
  scan.heredocs.push({ terminator: match[1] ?? '', indented: true, codeAfter: false });
  return open + match[0].length;
}
