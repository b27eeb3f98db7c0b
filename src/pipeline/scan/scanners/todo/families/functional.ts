import { type LanguageEntry, readerLanguage, rulesLanguage } from '../language.ts';
import { blockComment, lineComment } from '../lexis/comment-rules.ts';
import { delimitedEnd } from '../lexis/delimited.ts';
import { isFirstOnLine, isWord } from '../lexis/places.ts';
import { NO_MATCH, type Rule, type Scan } from '../lexis/scan.ts';
import {
  between,
  charLiteral,
  longQuoted,
  quoted,
  stepOver,
  stringEnd,
} from '../lexis/string-rules.ts';

const MULTI = { escape: '\\', multiline: true } as const;
const PERCENT = lineComment('%');
const SEMICOLON = lineComment(';');

/** `--` opens a comment unless it is part of an operator (`-->`, `|--`). */
function haskellLine(): Rule {
  return {
    first: '-',
    match(scan, pos) {
      const { src } = scan;
      if (src[pos + 1] !== '-') return NO_MATCH;
      let after = pos + 2;
      while (src[after] === '-') after++;
      if (
        /[!#$%&*+./<=>?@\\^|~:]/.test(src[after] ?? '') &&
        !(isFirstOnLine(src, pos) && /^[|^!*$]\s/.test(src.slice(after, after + 2)))
      )
        return after;
      if (/[!#$%&*+./<=>?@\\^|~:]/.test(src[pos - 1] ?? '')) return after;
      return lineComment('--').match(scan, pos);
    },
  };
}

/** `[name| … |]` of Haskell, `{|…|}` and `{name|…|name}` of OCaml. */
function namedQuotation(opener: RegExp, first: string, close: (name: string) => string): Rule {
  return {
    first,
    match({ src, end }, pos) {
      const match = opener.exec(src.slice(pos, pos + 60));
      if (match === null) return NO_MATCH;
      const closer = close(match[1] ?? '');
      const at = src.indexOf(closer, pos + match[0].length);
      return at < 0 || at >= end ? NO_MATCH : at + closer.length;
    },
  };
}

/** `\a`, `\"`, `#\;`, `?"`, `$%`: a character of its own, whatever it is. */
function characterAfter(prefix: string, notAfterWord = true): Rule {
  return {
    first: prefix.slice(0, 1),
    match({ src, end }, pos) {
      if (!src.startsWith(prefix, pos)) return NO_MATCH;
      if (notAfterWord && isWord(src.charCodeAt(pos - 1))) return NO_MATCH;
      const at = pos + prefix.length;
      return Math.min(src[at] === '\\' ? at + 2 : at + 1, end);
    },
  };
}

const HASKELL: readonly Rule[] = [
  blockComment('{-', '-}', { nested: true, except: ['{-#'] }),
  haskellLine(),
  namedQuotation(/^\[([a-z_][\w.']*)\|/, '[', () => '|]'),
  longQuoted('"', MULTI),
  quoted('"'),
  charLiteral(),
];

const HASKELL_LANGUAGE = rulesLanguage(
  'Haskell',
  {
    extensions: 'hs hsc hs-boot purs idr agda cabal dhall hsig lean.hs curry',
    interpreters: 'runhaskell runghc stack',
  },
  HASKELL,
);

/** The code of a literate file: lines that begin with `>`, and what `\\begin{code}` encloses. */
function readLiterate(scan: Scan, from: number, to: number): void {
  const code = /^(?:>[^\n]*(?:\n|$))+|^\\begin\{code\}[\s\S]*?(?=^\\end\{code\}|(?![\s\S]))/gm;
  code.lastIndex = from;
  for (let part = code.exec(scan.src); part !== null; part = code.exec(scan.src)) {
    if (part.index >= to) return;
    const start = part.index + (part[0].startsWith('>') ? 1 : '\\begin{code}'.length);
    HASKELL_LANGUAGE.read(scan, start, Math.min(part.index + part[0].length, to));
  }
}

const ML_COMMENT = blockComment('(*', '*)', { nested: true, strings: true, except: ['(*)'] });
const OCAML_COMMENT = blockComment('(*', '*)', {
  nested: true,
  strings: true,
  quotations: true,
  except: ['(*)'],
});

/** Sigils of Elixir: `~s(…)`, `~r/…/`, `~S""" … """`. */
function sigil(): Rule {
  return {
    first: '~',
    match(scan, pos) {
      const match = /^~([a-z]|[A-Z][A-Z0-9]*)("""|'''|[/|"'([{<])/.exec(
        scan.src.slice(pos, pos + 20),
      );
      if (match === null) return NO_MATCH;
      const open = match[2] ?? '';
      const start = pos + match[0].length;
      const lower = /[a-z]/.test(match[1] ?? '');
      if (open.length === 3)
        return stringEnd(
          scan,
          start,
          open,
          lower ? { ...MULTI, code: ['#{'] } : { multiline: true },
        );
      return delimitedEnd(scan, start - 1, lower ? '#{' : undefined);
    },
  };
}

const LISP_BASE: readonly Rule[] = [
  blockComment('#|', '|#', { nested: true }),
  characterAfter('#\\', false),
  SEMICOLON,
  quoted('"', '"', MULTI),
];

/** `#<<END` of Racket: the text ends at the line that is the terminator. */
function racketHere(): Rule {
  return {
    first: '#',
    match({ src, end }, pos) {
      const name = /^#<<([^\n]+)\n/.exec(src.slice(pos, pos + 120))?.[1];
      if (name === undefined) return NO_MATCH;
      const at = src.indexOf(`\n${name.trimEnd()}`, pos + name.length);
      return at < 0 ? end : Math.min(at + name.length + 1, end);
    },
  };
}

/** `0'c` of Prolog. */
const PROLOG_CHARACTER: Rule = {
  first: '0',
  match({ src }, pos) {
    if (src[pos + 1] !== "'" || isWord(src.charCodeAt(pos - 1))) return NO_MATCH;
    if (src[pos + 2] === '\\') return pos + 4;
    return src.startsWith("''", pos + 2) ? pos + 4 : pos + 3;
  },
};

const PROLOG = rulesLanguage(
  'Prolog',
  { extensions: 'prolog yap plt lgt logtalk mzn', interpreters: 'swipl gprolog yap' },
  [
    blockComment('/*', '*/'),
    PERCENT,
    PROLOG_CHARACTER,
    quoted('"', '"', { ...MULTI, doubled: true }),
    quoted("'", "'", {
      ...MULTI,
      doubled: true,
      when: ({ src }, pos) => !isWord(src.charCodeAt(pos - 1)),
    }),
    quoted('`', '`'),
  ],
);

const COQ = rulesLanguage('Coq', { extensions: 'coq' }, [
  ML_COMMENT,
  quoted('"', '"', { doubled: true, multiline: true }),
]);

export const FUNCTIONAL_FAMILY: readonly LanguageEntry[] = [
  PROLOG,
  COQ,
  HASKELL_LANGUAGE,
  readerLanguage('Literate Haskell', { extensions: 'lhs' }, readLiterate),
  rulesLanguage('Elm', { extensions: 'elm' }, [
    blockComment('{-', '-}', { nested: true }),
    lineComment('--'),
    quoted('"""', '"""', MULTI),
    quoted('"'),
    charLiteral(),
  ]),
  rulesLanguage('Lean', { extensions: 'lean' }, [
    blockComment('/-', '-/', { nested: true }),
    lineComment('--'),
    quoted('"', '"', MULTI),
  ]),
  rulesLanguage(
    'OCaml',
    { extensions: 'ml mli mll mly ocaml eliom eliomi mlp ml4 mlt', interpreters: 'ocaml ocamlrun' },
    [
      OCAML_COMMENT,
      namedQuotation(/^\{(?:%%?[\w.]+\s*)?([a-z_]*)\|/, '{', (name) => `|${name}}`),
      quoted('"', '"', MULTI),
      charLiteral(),
    ],
  ),
  rulesLanguage('Standard ML', { extensions: 'sml sig fun grm' }, [
    ML_COMMENT,
    quoted('"', '"', MULTI),
  ]),
  rulesLanguage('F#', { extensions: 'fs fsx fsi fsscript', interpreters: 'fsharpi dotnet' }, [
    between('``', '``'),
    ML_COMMENT,
    lineComment('//'),
    quoted('$"""', '"""', { multiline: true }),
    quoted('"""', '"""', { multiline: true }),
    quoted('$@"', '"', { doubled: true, multiline: true }),
    quoted('@$"', '"', { doubled: true, multiline: true }),
    quoted('@"', '"', { doubled: true, multiline: true }),
    quoted('"', '"', MULTI),
    charLiteral(),
  ]),
  rulesLanguage('ReScript, Reason', { extensions: 're rei res resi' }, [
    blockComment('/*', '*/', { nested: true }),
    lineComment('//'),
    namedQuotation(/^\{([a-z_]*)\|/, '{', (name) => `|${name}}`),
    quoted('`', '`', { ...MULTI, code: ['${'] }),
    quoted('"', '"', MULTI),
    charLiteral(),
  ]),
  rulesLanguage(
    'Erlang',
    {
      extensions: 'erl hrl xrl yrl escript es.erl app.src',
      files: 'rebar.config rebar.config.lock emakefile sys.config vm.args.src',
      interpreters: 'escript',
    },
    [
      PERCENT,
      characterAfter('$'),
      longQuoted('"', {}),
      quoted('"', '"', MULTI),
      quoted("'", "'", MULTI),
    ],
  ),
  rulesLanguage(
    'Elixir',
    { extensions: 'ex exs heex.ex', files: 'mix.lock.exs', interpreters: 'elixir iex' },
    [
      lineComment('#'),
      sigil(),
      characterAfter('?'),
      quoted('"""', '"""', { ...MULTI, code: ['#{'] }),
      quoted("'''", "'''", { ...MULTI, code: ['#{'] }),
      quoted('"', '"', { ...MULTI, code: ['#{'] }),
      quoted("'", "'", { ...MULTI, code: ['#{'] }),
    ],
  ),
  rulesLanguage('Gleam', { extensions: 'gleam' }, [lineComment('//'), quoted('"', '"', MULTI)]),
  rulesLanguage(
    'Clojure',
    {
      extensions: 'clj cljs cljc edn cljd bb cljx hy fnl janet joke boot',
      files: 'build.boot',
      interpreters: 'clojure bb joker lumo planck',
    },
    [characterAfter('\\', false), SEMICOLON, quoted('"', '"', MULTI)],
  ),
  rulesLanguage(
    'Emacs Lisp',
    {
      extensions: 'el elc.el',
      files: '.emacs _emacs .spacemacs cask .gnus .dir-locals.el',
      interpreters: 'emacs',
    },
    [
      {
        first: '?',
        match: ({ src }, pos) =>
          isWord(src.charCodeAt(pos - 1)) ? NO_MATCH : src[pos + 1] === '\\' ? pos + 3 : pos + 2,
      },
      SEMICOLON,
      quoted('"', '"', MULTI),
    ],
  ),
  rulesLanguage(
    'Lisp',
    {
      extensions: 'lisp lsp asd cl.lisp l.lisp ny podsl sexp cu.lisp dune.inc',
      files: '.sbclrc .clisprc dune dune-project',
      interpreters: 'sbcl clisp ecl ccl',
    },
    [...LISP_BASE, quoted('|', '|')],
  ),
  rulesLanguage(
    'Scheme, Racket',
    {
      extensions: 'scm ss sld sls sps scheme rkt rktl rktd scrbl sch',
      interpreters: 'guile racket scheme chicken csi gosh chez',
    },
    [
      racketHere(),
      stepOver('#;', 2),
      ...LISP_BASE,
      quoted('|', '|', { when: ({ src }, pos) => src[pos - 1] !== '#' }),
    ],
  ),
  rulesLanguage('Mathematica', { extensions: 'wl wls nb mt wlt' }, [
    blockComment('(*', '*)', { nested: true }),
    quoted('"', '"', MULTI),
  ]),
  rulesLanguage('Smalltalk', { extensions: 'st.smalltalk' }, [
    blockComment('"', '"'),
    stepOver('$', 2),
    quoted("'", "'", { doubled: true, multiline: true }),
  ]),
];
