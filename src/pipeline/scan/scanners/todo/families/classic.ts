import { type LanguageEntry, readerLanguage, rulesLanguage } from '../language.ts';
import { blockComment, lineComment } from '../lexis/comment-rules.ts';
import { isAtColumnOne, isFirstOnLine, isWord, lineEnd, lineStart } from '../lexis/places.ts';
import { addComment, lexisOf, NO_MATCH, type Rule, type Scan, scanCode } from '../lexis/scan.ts';
import { expectsOperand, regexEnd } from '../lexis/slash.ts';
import { charLiteral, longQuoted, quoted, stepOver, stringEnd } from '../lexis/string-rules.ts';

const SLASHES = lineComment('//');
const DASHES = lineComment('--');
const BLOCK = blockComment('/*', '*/');
const DOUBLED = { doubled: true };
const SINGLE_DOUBLED = quoted("'", "'", DOUBLED);

/** Fixed-form Fortran: a letter or sign in column one makes the line a comment. */
function fixedFormComment(): Rule {
  return {
    first: 'cC*dD',
    match(scan, pos) {
      const { src } = scan;
      if (!isAtColumnOne(src, pos)) return NO_MATCH;
      // A keyword in column one is code that is out of place (`call`, `data`).
      if (
        /^(?:call|common|close|complex|character|continue|data|do|double|dimension|deallocate)\b/i.test(
          src.slice(pos, pos + 12),
        )
      ) {
        if (!/^c\s/i.test(src.slice(pos, pos + 2))) return NO_MATCH;
      }
      return lineComment(src[pos] ?? '').match(scan, pos);
    },
  };
}

const FORTRAN_STRINGS = [quoted("'", "'", DOUBLED), quoted('"', '"', DOUBLED)];

/** In free form an ampersand at the end of the line carries a string on. */
function continuedString(quote: string): Rule {
  return {
    first: quote,
    match(scan, pos) {
      const { src } = scan;
      let end = stringEnd(scan, pos + 1, quote, DOUBLED);
      while (src[end] === '\n' && /&[ \t\r]*$/.test(src.slice(lineStart(src, end), end)))
        end = stringEnd(scan, end + 1, quote, DOUBLED);
      return end;
    },
  };
}

/** An asterisk or slash in column seven (fixed form), `*>` anywhere. */
function cobolIndicator(): Rule {
  return {
    first: '*/dD',
    match(scan, pos) {
      const start = lineStart(scan.src, pos);
      const fixed = pos - start === 6 && !/[*>]/.test(scan.src.slice(start, pos));
      const first = scan.src[pos] === '*' && pos === start;
      if (!fixed && !first) return NO_MATCH;
      if (
        /[dD]/.test(scan.src[pos] ?? '') &&
        (isWord(scan.src.charCodeAt(pos + 1)) || scan.src.slice(start, pos).trim() !== '')
      )
        return NO_MATCH;
      return lineComment(scan.src[pos] ?? '').match(scan, pos);
    },
  };
}

/** Comments of assemblers: which sign opens one depends on the dialect, so each must look like a comment. */
function assemblySign(sign: string): Rule {
  return lineComment(sign, {
    when(scan, pos) {
      const { src } = scan;
      if (sign === ';') return true;
      const first = isFirstOnLine(src, pos);
      if (sign === '#' && first) {
        return !/^#\s*(?:include|define|undef|if|ifdef|ifndef|else|elif|endif|error|warning|pragma|line)\b/.test(
          src.slice(pos, pos + 20),
        );
      }
      return first || (/\s/.test(src[pos - 1] ?? '') && /[\s#@!*/-]/.test(src[pos + 1] ?? ' '));
    },
  });
}

const ASSEMBLY: readonly Rule[] = [
  BLOCK,
  SLASHES,
  assemblySign(';'),
  assemblySign('#'),
  assemblySign('@'),
  quoted('"'),
  {
    first: "'",
    match: (scan, pos) =>
      scan.src[pos + 2] === "'"
        ? pos + 3
        : scan.src[pos + 1] === '\\'
          ? pos + 3
          : quoted("'", "'", {
              when: ({ src, end }, at) => {
                const close = src.indexOf("'", at + 1);
                const line = src.indexOf('\n', at);
                return close >= 0 && close < (line < 0 ? end : line);
              },
            }).match(scan, pos),
  },
];

/** Strings of Groovy, with slashy and dollar-slashy ones. */
const GROOVY_KEYWORDS = new Set('return in case assert if else throw'.split(' '));
const GROOVY: readonly Rule[] = [
  BLOCK,
  SLASHES,
  quoted('$/', '/$', {
    escape: '$',
    multiline: true,
    when: ({ src }, pos) => !isWord(src.charCodeAt(pos - 1)),
  }),
  {
    first: '/',
    match(scan, pos) {
      if (!expectsOperand(scan, pos, GROOVY_KEYWORDS)) return NO_MATCH;
      const end = regexEnd(scan, pos);
      return end < 0 ? NO_MATCH : end;
    },
  },
  longQuoted('"', { escape: '\\', code: ['${'] }),
  longQuoted("'", { escape: '\\' }),
  quoted('"', '"', { escape: '\\', code: ['${'] }),
  quoted("'"),
];

const VISUAL_BASIC = lexisOf([
  lineComment("'"),
  lineComment('REM', { where: 'line', when: ({ src }, pos) => /\s/.test(src[pos + 3] ?? ' ') }),
  lineComment('Rem', { where: 'line', when: ({ src }, pos) => /\s/.test(src[pos + 3] ?? ' ') }),
  quoted('"', '"', DOUBLED),
]);

const VERILOG_RULES: readonly Rule[] = [blockComment('/*', '*/'), SLASHES, quoted('"')];

const VERILOG = rulesLanguage(
  'Verilog',
  { extensions: 'vh sv svh vlg veo verilog va vams' },
  VERILOG_RULES,
);

export const CLASSIC_FAMILY: readonly LanguageEntry[] = [
  VERILOG,
  rulesLanguage(
    'Groovy',
    {
      extensions: 'groovy gvy gy gsh gradle jenkinsfile nf grt gtpl',
      files: 'jenkinsfile',
      interpreters: 'groovy nextflow',
    },
    GROOVY,
  ),
  rulesLanguage('Fortran, free form', { extensions: 'f90 f95 f03 f08 f15 f18 fypp' }, [
    lineComment('!'),
    continuedString("'"),
    continuedString('"'),
  ]),
  rulesLanguage('Fortran, fixed form', { extensions: 'f for f77 ftn fpp' }, [
    fixedFormComment(),
    lineComment('!'),
    ...FORTRAN_STRINGS,
  ]),
  rulesLanguage('COBOL', { extensions: 'cob cbl cobol cpy ccp pco' }, [
    lineComment('*>'),
    cobolIndicator(),
    quoted('"', '"', DOUBLED),
    SINGLE_DOUBLED,
  ]),
  rulesLanguage(
    'Pascal',
    { extensions: 'pas pascal dpr lpr dpk pp.pas p dfm lfm inc.pas', interpreters: 'instantfpc' },
    [
      blockComment('{', '}', { except: ['{$'] }),
      blockComment('(*', '*)', { except: ['(*$'] }),
      SLASHES,
      quoted('{$', '}', { multiline: true }),
      SINGLE_DOUBLED,
    ],
  ),
  rulesLanguage('Ada', { extensions: 'adb ads ada gpr' }, [
    DASHES,
    quoted('"', '"', DOUBLED),
    charLiteral(),
  ]),
  rulesLanguage('VHDL', { extensions: 'vhd vhdl vho vht' }, [
    BLOCK,
    DASHES,
    quoted('"', '"', DOUBLED),
    charLiteral(),
  ]),
  rulesLanguage(
    'Assembly',
    { extensions: 's asm nasm a51 i masm x86 arm mips hla lst65' },
    ASSEMBLY,
  ),
  rulesLanguage(
    'LLVM, Ini-like assembly',
    { extensions: 'll ahk ahkl au3 iss reb rebol red scad.nsh' },
    [lineComment(';'), BLOCK, quoted('"')],
  ),
  readerLanguage(
    'Visual Basic',
    { extensions: 'vb vbs bas frm vba vbhtml vbp cls.bas' },
    (scan: Scan, from, to) => void scanCode(scan, VISUAL_BASIC, from, to),
  ),
  rulesLanguage('AppleScript', { extensions: 'applescript scpt', interpreters: 'osascript' }, [
    blockComment('(*', '*)', { nested: true }),
    DASHES,
    lineComment('#', { where: 'line' }),
    quoted('"'),
  ]),
  rulesLanguage('ABAP', { extensions: 'abap' }, [
    lineComment('*', { where: 'column' }),
    lineComment('"'),
    SINGLE_DOUBLED,
  ]),
  rulesLanguage('OpenSCAD and kin', { extensions: 'scad opencl kdl ncl ligo arr nsi nsh qc' }, [
    BLOCK,
    SLASHES,
    lineComment(';', { where: 'line' }),
    lineComment('#', { where: 'line' }),
    quoted('"'),
  ]),
  rulesLanguage('Forth', { extensions: 'fth 4th forth frt' }, [
    lineComment('\\', { where: 'word', when: ({ src }, pos) => /\s/.test(src[pos + 1] ?? ' ') }),
    blockComment('( ', ')'),
  ]),
  rulesLanguage('Eiffel, Lua-like', { extensions: 'e ecl hql.e sqf cfm.e' }, [DASHES, quoted('"')]),
  rulesLanguage('PostScript, MetaPost', { extensions: 'ps eps mp asy.mp oct.ps bst' }, [
    stepOver('\\', 2),
    lineComment('%'),
  ]),
  rulesLanguage('Gherkin', { extensions: 'gherkin story' }, [lineComment('#', { where: 'line' })]),
  rulesLanguage('Mermaid', { extensions: 'mmd mermaid' }, [lineComment('%%', { where: 'line' })]),
  rulesLanguage('PlantUML', { extensions: 'puml plantuml wsd iuml' }, [
    lineComment("'", { where: 'line' }),
    blockComment("/'", "'/"),
  ]),
  readerLanguage(
    'SAS, Stata',
    { extensions: 'sas ado' },
    (scan, from, to) => void scanCode(scan, STATA, from, to),
  ),
];

const STATA = lexisOf([BLOCK, SLASHES, { first: '*', match: starLine }, quoted('"')]);

/** A statement that starts with an asterisk. */
function starLine(scan: Scan, pos: number): number {
  if (!isFirstOnLine(scan.src, pos)) return NO_MATCH;
  const end = lineEnd(scan, pos);
  addComment(scan, pos + 1, end, '*');
  return end;
}
