import { type LanguageEntry, rulesLanguage } from '../language.ts';
import { blockComment, lineComment } from '../lexis/comment-rules.ts';
import { NO_MATCH, type Rule } from '../lexis/scan.ts';
import { quoted, stepOver } from '../lexis/string-rules.ts';

/** `url(//cdn/x)`: an address without quotes. */
const URL: Rule = {
  first: 'uU',
  match({ src, end }, pos) {
    const match = /^url\(\s*(?!["'\s])/i.exec(src.slice(pos, pos + 40));
    if (match === null || /[\w-]/.test(src[pos - 1] ?? '')) return NO_MATCH;
    const at = src.indexOf(')', pos);
    const line = src.indexOf('\n', pos);
    return at < 0 || at >= end || (line >= 0 && line < at) ? NO_MATCH : at + 1;
  },
};

const CSS_RULES: readonly Rule[] = [
  blockComment('/*', '*/'),
  URL,
  stepOver('\\', 2),
  quoted('"'),
  quoted("'", "'"),
];

const SLASHED: readonly Rule[] = [
  ...CSS_RULES,
  lineComment('//', { when: ({ src }, pos) => src[pos - 1] !== ':' }),
];

export const CSS = rulesLanguage(
  'CSS',
  { extensions: 'css pcss postcss wxss acss qss rcss' },
  CSS_RULES,
);
export const SCSS = rulesLanguage(
  'SCSS, Less, Sass, Stylus',
  { extensions: 'scss less sass styl stylus' },
  SLASHED,
);

export const STYLE_FAMILY: readonly LanguageEntry[] = [CSS, SCSS];
