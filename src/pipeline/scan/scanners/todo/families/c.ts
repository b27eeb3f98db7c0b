import { type LanguageEntry, rulesLanguage } from '../language.ts';
import { blockComment, lineComment } from '../lexis/comment-rules.ts';
import { preprocessor } from '../lexis/preprocessor.ts';
import {
  csharpStrings,
  dartStrings,
  dDelimited,
  dRaw,
  rawString,
  rustRawString,
  swiftRawString,
  swiftRegex,
  zigLine,
} from '../lexis/raw-strings.ts';
import type { Rule } from '../lexis/scan.ts';
import { cCharacter, charLiteral, longQuoted, quoted } from '../lexis/string-rules.ts';

const ESCAPED = { escape: '\\' } as const;
const BLOCK = blockComment('/*', '*/');
const NESTED = blockComment('/*', '*/', { nested: true });
const LINE = lineComment('//');
/** A name in backticks, which may hold anything. */
const NAME = quoted('`', '`', {});
const RAW_WITH_HOLES = quoted('"""', '"""', {
  multiline: true,
  lastCloses: true,
  code: ['${'],
});

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
    NAME,
    RAW_WITH_HOLES,
    quoted('"', '"', { escape: '\\', code: ['${'] }),
    charLiteral(),
  ]),
  rulesLanguage('Scala', { extensions: 'scala sc sbt', interpreters: 'scala amm' }, [
    NESTED,
    LINE,
    NAME,
    RAW_WITH_HOLES,
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
    NAME,
    swiftRawString(),
    swiftRegex(),
    quoted('"""', '"""', { escape: '\\', multiline: true, code: ['\\('] }),
    quoted('"', '"', { escape: '\\', code: ['\\('] }),
    preprocessor(),
  ]),
  rulesLanguage('D', { extensions: 'd di', interpreters: 'rdmd dmd', endLine: '__EOF__' }, [
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
  rulesLanguage('Protobuf', { extensions: 'proto' }, [
    BLOCK,
    LINE,
    quoted('"'),
    quoted("'", "'", ESCAPED),
  ]),
  rulesLanguage('Text format of Protobuf', { extensions: 'prototxt pbtxt textproto' }, [
    lineComment('#'),
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
    quoted('"""', '"""', { escape: '\\', multiline: true }),
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
