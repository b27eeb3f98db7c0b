import { type LanguageEntry, rulesLanguage } from '../language.ts';
import { blockComment, lineComment } from '../lexis/comment-rules.ts';
import { readElement } from '../lexis/jsx.ts';
import { comesLater, lexisOf, NO_MATCH, type Rule, type Scan } from '../lexis/scan.ts';
import { expectsOperand, regexEnd } from '../lexis/slash.ts';
import { longQuoted, quoted } from '../lexis/string-rules.ts';

const OPERAND_KEYWORDS = new Set(
  'return typeof case in of delete void throw new instanceof do else yield await default export extends'.split(
    ' ',
  ),
);

/** Regular expression or division: decided by what stands before. */
function regexLiteral(): Rule {
  return {
    first: '/',
    match(scan, pos) {
      if (!expectsOperand(scan, pos, OPERAND_KEYWORDS)) return NO_MATCH;
      const end = regexEnd(scan, pos);
      return end < 0 ? NO_MATCH : end;
    },
  };
}

/** An element in the place of an operand. */
function jsxElement(generics: boolean): Rule {
  return {
    first: '<',
    match(scan, pos) {
      const next = scan.src[pos + 1] ?? '';
      if (!/[A-Za-z_$>]/.test(next)) return NO_MATCH;
      if (!expectsOperand(scan, pos, OPERAND_KEYWORDS)) return NO_MATCH;
      if (generics && /^<\w+\s*(?:,|extends\b|=[^"'{])/.test(scan.src.slice(pos, pos + 80)))
        return NO_MATCH;
      return isClosed(scan, pos) ? readElement(scan, pos) : NO_MATCH;
    },
  };
}

/** Whether an element ends somewhere; type parameters never do. */
function isClosed(scan: Scan, pos: number): boolean {
  const { src } = scan;
  const name = /^[\w.$:-]*/.exec(src.slice(pos + 1, pos + 100))?.[0] ?? '';
  if (comesLater(scan, `</${name}`, pos)) return true;
  return src[pos + 1 + name.length] !== '>' && comesLater(scan, '/>', pos);
}

const BASE: readonly Rule[] = [
  blockComment('/*', '*/'),
  lineComment('//'),
  regexLiteral(),
  quoted('"'),
  quoted("'"),
  quoted('`', '`', { escape: '\\', multiline: true, code: ['${'] }),
];

/** Code in the braces of a component's markup. */
export const SCRIPT_LEXIS = lexisOf(BASE);

const SHEBANG = lineComment('#!', { when: (_scan, pos) => pos === 0 });

export const JAVASCRIPT = rulesLanguage(
  'JavaScript',
  {
    extensions: 'js jsx mjs cjs es6 es jsm gjs wxs bones frag.js ssjs pac jscad xsjs',
    files: 'jakefile',
    interpreters: 'node nodejs bun qjs zx',
  },
  [SHEBANG, ...BASE, jsxElement(true)],
);

export const TYPESCRIPT = rulesLanguage(
  'TypeScript',
  { extensions: 'ts mts cts', interpreters: 'ts-node tsx deno' },
  [SHEBANG, ...BASE],
);

export const TSX = rulesLanguage('TSX', { extensions: 'tsx' }, [...BASE, jsxElement(true)]);

export const JAVASCRIPT_FAMILY: readonly LanguageEntry[] = [
  JAVASCRIPT,
  TYPESCRIPT,
  TSX,
  rulesLanguage('QML, ArkTS', { extensions: 'qml ets' }, BASE),
  rulesLanguage(
    'JSON with comments',
    {
      extensions:
        'jsonc json5 code-workspace sublime-settings sublime-project sublime-keymap sublime-commands sublime-menu sublime-build hujson',
      files:
        'tsconfig.json jsconfig.json devcontainer.json .eslintrc .eslintrc.json .jshintrc .jslintrc .babelrc .swcrc tslint.json .jscsrc api-extractor.json language-configuration.json launch.json tasks.json settings.json extensions.json keybindings.json turbo.json nx.json deno.json biome.json .oxlintrc.json',
    },
    [blockComment('/*', '*/'), lineComment('//'), quoted('"'), quoted("'")],
  ),
  rulesLanguage(
    'CoffeeScript',
    { extensions: 'coffee cson iced litcoffee', files: 'cakefile', interpreters: 'coffee' },
    [
      blockComment('###', '###', { except: ['####'] }),
      lineComment('#'),
      longQuoted('"', { escape: '\\', code: ['#{'] }),
      longQuoted("'", { escape: '\\' }),
      quoted('///', '///', { escape: '\\', multiline: true, code: ['#{'] }),
      {
        first: '/',
        match(scan, pos) {
          if (scan.src[pos + 1] === ' ' || !expectsOperand(scan, pos, OPERAND_KEYWORDS))
            return NO_MATCH;
          const end = regexEnd(scan, pos);
          return end < 0 ? NO_MATCH : end;
        },
      },
      quoted('"', '"', { escape: '\\', multiline: true, code: ['#{'] }),
      quoted("'", "'", { escape: '\\', multiline: true }),
    ],
  ),
];
