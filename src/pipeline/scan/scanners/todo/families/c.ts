import { type LanguageEntry, rulesLanguage } from '../language.ts';
import { blockComment, lineComment } from '../lexis/comment-rules.ts';
import { isWord } from '../lexis/places.ts';
import { preprocessor } from '../lexis/preprocessor.ts';
import { NO_MATCH, type Rule } from '../lexis/scan.ts';
import {
  between,
  cCharacter,
  charLiteral,
  longQuoted,
  quoted,
  stepOver,
  stringEnd,
} from '../lexis/string-rules.ts';

const ESCAPED = { escape: '\\' } as const;
const BLOCK = blockComment('/*', '*/');
const NESTED = blockComment('/*', '*/', { nested: true });
const LINE = lineComment('//');

/** Comments, strings and characters as C wrote them first. */
export const C_LIKE: readonly Rule[] = [BLOCK, LINE, quoted('"'), cCharacter()];

const C_RULES: readonly Rule[] = [
  BLOCK,
  lineComment('//', { continued: true }),
  rawString(),
  quoted('"'),
  cCharacter(),
  preprocessor(),
];

export const C_FAMILY: readonly LanguageEntry[] = [
  rulesLanguage(
    'C, C++, Objective-C',
    {
      extensions:
        'c h cc cpp cxx c++ hh hpp hxx h++ ipp inl tpp txx ino pde cu cuh mm metal cl glsl vert frag geom comp hlsl hlsli fx shader cginc y yy l ll lex dts dtsi ixx cppm xs swg i re2c pyx.c ec pc',
    },
    C_RULES,
  ),
  rulesLanguage('C#', { extensions: 'cs csx cake' }, [
    BLOCK,
    LINE,
    ...csharpStrings(),
    cCharacter(),
    preprocessor(),
  ]),
  rulesLanguage('Java', { extensions: 'java jsh apex trigger pmod' }, [
    BLOCK,
    LINE,
    longQuoted('"', ESCAPED),
    quoted('"'),
    cCharacter(),
  ]),
  rulesLanguage('Kotlin', { extensions: 'kt kts ktm', interpreters: 'kotlin kscript' }, [
    NESTED,
    LINE,
    quoted('"""', '"""', { multiline: true, code: ['${'] }),
    quoted('"', '"', { escape: '\\', code: ['${'] }),
    charLiteral(),
  ]),
  rulesLanguage('Scala', { extensions: 'scala sc sbt', interpreters: 'scala amm' }, [
    NESTED,
    LINE,
    quoted('"""', '"""', { multiline: true, code: ['${'] }),
    quoted('"', '"', { escape: '\\', code: ['${'] }),
    charLiteral(),
  ]),
  rulesLanguage('Go', { extensions: 'go', files: 'go.mod go.work', interpreters: 'gorun' }, [
    BLOCK,
    LINE,
    quoted('"'),
    quoted('`', '`', { multiline: true }),
    cCharacter(),
  ]),
  rulesLanguage('Rust', { extensions: 'rs ron rsx', interpreters: 'rust-script' }, [
    NESTED,
    LINE,
    rustRawString(),
    quoted('"', '"', { escape: '\\', multiline: true }),
    charLiteral(),
  ]),
  rulesLanguage('Swift', { extensions: 'swift', interpreters: 'swift' }, [
    NESTED,
    LINE,
    swiftRawString(),
    quoted('"""', '"""', { escape: '\\', multiline: true, code: ['\\('] }),
    quoted('"', '"', { escape: '\\', code: ['\\('] }),
    preprocessor(),
  ]),
  rulesLanguage('D', { extensions: 'd di', interpreters: 'rdmd dmd' }, [
    BLOCK,
    blockComment('/+', '+/', { nested: true }),
    LINE,
    dDelimited(),
    dRaw(),
    quoted('`', '`', { multiline: true }),
    quoted('"', '"', { escape: '\\', multiline: true }),
    charLiteral(),
  ]),
  rulesLanguage('Dart', { extensions: 'dart', interpreters: 'dart' }, [
    NESTED,
    LINE,
    ...dartStrings(),
  ]),
  rulesLanguage('Zig', { extensions: 'zig zon' }, [
    LINE,
    { first: '\\', match: zigLine },
    quoted('"'),
    charLiteral(),
  ]),
  rulesLanguage('Solidity', { extensions: 'sol' }, [
    BLOCK,
    LINE,
    quoted('"'),
    quoted("'", "'", ESCAPED),
  ]),
  rulesLanguage('Protobuf', { extensions: 'proto prototxt pbtxt textproto' }, [
    BLOCK,
    LINE,
    lineComment('#', { where: 'line' }),
    quoted('"'),
    quoted("'", "'", ESCAPED),
  ]),
  rulesLanguage('Thrift', { extensions: 'thrift' }, [
    BLOCK,
    LINE,
    lineComment('#'),
    quoted('"', '"', { escape: '\\', multiline: true }),
    quoted("'", "'", { escape: '\\', multiline: true }),
  ]),
  rulesLanguage('GraphQL', { extensions: 'graphql gql graphqls' }, [
    lineComment('#'),
    quoted('"""', '"""', { multiline: true }),
    quoted('"'),
  ]),
  rulesLanguage(
    'C-like',
    {
      extensions:
        'as hx vala vapi jflex jj pike wgsl odin v3 ck nut gs idl webidl fbs capnp smithy bal cds odl move cairo jsonnet libsonnet cue pegjs peggy dot gv rego qbs hack slang stan mo typ chpl ceylon fan groovy3 ncl4 bicep',
    },
    [
      BLOCK,
      LINE,
      lineComment('#', { where: 'line', when: ({ src }, pos) => src[pos + 1] === ' ' }),
      quoted('"'),
      quoted("'", "'", ESCAPED),
      quoted('`', '`', { multiline: true }),
    ],
  ),
];

/** `R"delimiter( … )delimiter"`. */
function rawString(): Rule {
  return {
    first: 'R',
    match({ src, end }, pos) {
      if (src[pos + 1] !== '"') return NO_MATCH;
      if (
        isWord(src.charCodeAt(pos - 1)) &&
        !/(?:^|\W)(?:u8|[uUL])$/.test(src.slice(Math.max(0, pos - 4), pos))
      )
        return NO_MATCH;
      const open = src.indexOf('(', pos + 2);
      if (open < 0 || open - pos > 18) return NO_MATCH;
      const close = `)${src.slice(pos + 2, open)}"`;
      const at = src.indexOf(close, open);
      return at < 0 ? end : Math.min(at + close.length, end);
    },
  };
}

function csharpStrings(): Rule[] {
  const verbatim = { doubled: true, multiline: true };
  const holes = { code: ['{'], notCode: '{{' };
  return [
    quoted('$@"', '"', { ...verbatim, ...holes }),
    quoted('@$"', '"', { ...verbatim, ...holes }),
    quoted('@"', '"', verbatim),
    longQuoted('"', {}),
    quoted('$"""', '"""', { multiline: true, ...holes }),
    between('$$"""', '"""'),
    quoted('$"', '"', { escape: '\\', ...holes }),
    quoted('"'),
  ];
}

/** `r"…"`, `r#"…"#`, with `b` or `c` before. */
function rustRawString(): Rule {
  return {
    first: 'r',
    match({ src, end }, pos) {
      if (
        isWord(src.charCodeAt(pos - 1)) &&
        !/(?:^|\W)[bc]$/.test(src.slice(Math.max(0, pos - 2), pos))
      )
        return NO_MATCH;
      let hashes = 0;
      while (src[pos + 1 + hashes] === '#') hashes++;
      if (src[pos + 1 + hashes] !== '"') return NO_MATCH;
      const close = `"${'#'.repeat(hashes)}`;
      const at = src.indexOf(close, pos + 2 + hashes);
      return at < 0 ? end : Math.min(at + close.length, end);
    },
  };
}

/** `#"…"#`, `##"""…"""##` and `#/…/#`. */
function swiftRawString(): Rule {
  return {
    first: '#',
    match({ src, end }, pos) {
      let hashes = 1;
      while (src[pos + hashes] === '#') hashes++;
      const open = pos + hashes;
      const quote = src.startsWith('"""', open) ? '"""' : src[open];
      if (quote === undefined || (quote !== '"""' && quote !== '"' && quote !== '/'))
        return NO_MATCH;
      const close = quote + '#'.repeat(hashes);
      const at = src.indexOf(close, open + quote.length);
      return at < 0 ? end : Math.min(at + close.length, end);
    },
  };
}

/** `q"(…)"`, `q"EOS … EOS"`. */
function dDelimited(): Rule {
  return {
    first: 'q',
    match({ src, end }, pos) {
      if (src[pos + 1] !== '"' || isWord(src.charCodeAt(pos - 1))) return NO_MATCH;
      const word = /^\w+/.exec(src.slice(pos + 2, pos + 40))?.[0];
      const open = src[pos + 2] ?? '';
      const closers: Record<string, string> = { '(': ')', '[': ']', '{': '}', '<': '>' };
      const close = word === undefined ? `${closers[open] ?? open}"` : `\n${word}"`;
      const at = src.indexOf(close, pos + 3);
      return at < 0 ? end : Math.min(at + close.length, end);
    },
  };
}

/** `r"…"` and `x"…"`. */
function dRaw(): Rule {
  return {
    first: 'rx',
    match(scan, pos) {
      if (scan.src[pos + 1] !== '"' || isWord(scan.src.charCodeAt(pos - 1))) return NO_MATCH;
      return stringEnd(scan, pos + 2, '"', { multiline: true });
    },
  };
}

function dartStrings(): Rule[] {
  const raw: Rule = {
    first: 'r',
    match(scan, pos) {
      if (isWord(scan.src.charCodeAt(pos - 1))) return NO_MATCH;
      const quote = scan.src[pos + 1];
      if (quote !== '"' && quote !== "'") return NO_MATCH;
      const long = scan.src.startsWith(quote.repeat(3), pos + 1);
      const close = long ? quote.repeat(3) : quote;
      return stringEnd(scan, pos + 1 + close.length, close, { multiline: long });
    },
  };
  const holes = { escape: '\\', code: ['${'] } as const;
  return [
    raw,
    quoted('"""', '"""', { ...holes, multiline: true }),
    quoted("'''", "'''", { ...holes, multiline: true }),
    quoted('"', '"', holes),
    quoted("'", "'", holes),
    stepOver('\\', 2),
  ];
}

/** `\\` starts a line of a multi-line string. */
function zigLine({ src, end }: { src: string; end: number }, pos: number): number {
  if (src[pos + 1] !== '\\') return NO_MATCH;
  const at = src.indexOf('\n', pos);
  return at < 0 ? end : Math.min(at, end);
}
