import { type Language, type LanguageEntry, readerLanguage } from '../language.ts';
import { type IslandKind, readIslands } from '../layers/islands.ts';
import { blockComment, lineComment } from '../lexis/comment-rules.ts';
import { heredoc, heredocBodies } from '../lexis/heredoc.ts';
import { lexisOf, NO_MATCH, type Rule, type Scan, scanCode } from '../lexis/scan.ts';
import { quoted } from '../lexis/string-rules.ts';
import { C_FAMILY } from './c.ts';
import { JAVASCRIPT } from './javascript.ts';
import { PYTHON } from './python.ts';
import { RUBY } from './ruby.ts';
import { HTML } from './web.ts';

/** A template: its islands, and the language of the text around them. */
export function templateReader(kinds: readonly IslandKind[], around: Language): Language['read'] {
  return (scan: Scan, from, to) => {
    const blanked = readIslands(scan, from, to, kinds);
    around.read({ ...scan, src: blanked }, from, to);
  };
}

const JAVA = C_FAMILY.find((entry) => entry.name === 'Java') ?? JAVASCRIPT;
const CSHARP = C_FAMILY.find((entry) => entry.name === 'C#') ?? JAVASCRIPT;
const skip = (open: string, close: string, quotes = true): IslandKind => ({
  open,
  close,
  what: 'skip',
  quotes,
});
const comment = (open: string, close: string, orClose?: string): IslandKind =>
  orClose === undefined
    ? { open, close, what: 'comment' }
    : { open, close, what: 'comment', orClose };
const code = (open: string, close: string, language: Language): IslandKind => ({
  open,
  close,
  what: 'code',
  language,
});

/** The closing tag ends the code, unless a string holds it. */
const PHP_END: Rule = {
  first: '?',
  match(scan, pos) {
    if (scan.src[pos + 1] !== '>') return NO_MATCH;
    scan.halted = true;
    return pos;
  },
};

const PHP_LEXIS = lexisOf([
  PHP_END,
  blockComment('/*', '*/'),
  lineComment('//', { until: '?>' }),
  lineComment('#', { until: '?>', when: ({ src }, pos) => src[pos + 1] !== '[' }),
  heredoc({ opener: /^<<<()[ \t]*(?:"(\w+)"|'(\w+)'|(\w+))/, codeAfter: true }),
  heredocBodies(),
  quoted('"', '"', { escape: '\\', multiline: true }),
  quoted("'", "'", { escape: '\\', multiline: true }),
  quoted('`', '`', { escape: '\\', multiline: true }),
]);

const readPhpCode = (scan: Scan, from: number, to: number): number =>
  scanCode(scan, PHP_LEXIS, from, to);
const PHP_CODE: Language = {
  name: 'PHP code',
  read: (scan, from, to) => void readPhpCode(scan, from, to),
};

const ERB_KINDS: readonly IslandKind[] = [
  skip('<%%', '%>', false),
  comment('<%#', '%>'),
  code('<%', '%>', RUBY),
];

const EJS_KINDS: readonly IslandKind[] = [
  skip('<%%', '%>', false),
  comment('<%#', '%>'),
  code('<%', '%>', JAVASCRIPT),
];

const JINJA_KINDS: readonly IslandKind[] = [
  skip('{% raw %}', '{% endraw %}', false),
  skip('{%- raw %}', 'endraw', false),
  skip('{% verbatim %}', '{% endverbatim %}', false),
  comment('{% comment %}', '{% endcomment %}', '{%- endcomment'),
  comment('{%- comment -%}', '{%- endcomment', '{% endcomment'),
  comment('{%- comment %}', '{%- endcomment', '{% endcomment'),
  comment('{% #', '%}'),
  comment('{%- #', '%}'),
  comment('{#', '#}'),
  skip('{{', '}}'),
  skip('{%', '%}'),
];

const HANDLEBARS_KINDS: readonly IslandKind[] = [
  skip('\\{{', '}}', false),
  comment('{{!--', '--}}', '--~}}'),
  comment('{{~!--', '--}}', '--~}}'),
  comment('{{!', '}}', '~}}'),
  comment('{{~!', '}}', '~}}'),
  skip('{{{{', '}}}}', false),
  skip('{{', '}}'),
];

interface TemplateKind {
  readonly name: string;
  readonly extensions: string;
  readonly kinds: readonly IslandKind[];
}

/** Kinds of templates by the extension that names them; the name before it may tell the language around. */
export const TEMPLATE_KINDS: readonly TemplateKind[] = [
  { name: 'ERB', extensions: 'erb rhtml ecr eex heex leex', kinds: ERB_KINDS },
  { name: 'EJS', extensions: 'ejs ect jst', kinds: EJS_KINDS },
  {
    name: 'Jinja, Twig, Liquid',
    extensions:
      'j2 jinja jinja2 jnj nunjucks njk nunj django djhtml twig volt swig tera askama minijinja liquid',
    kinds: JINJA_KINDS,
  },
  { name: 'Handlebars', extensions: 'hbs handlebars mustache hjs', kinds: HANDLEBARS_KINDS },
  {
    name: 'Go template',
    extensions: 'tmpl gotmpl tpl gohtml tpl.html',
    kinds: [
      comment('{{/*', '*/}}'),
      comment('{{- /*', '*/ -}}'),
      comment('{{-/*', '*/'),
      comment('{*', '*}'),
      skip('{{', '}}'),
    ],
  },
  {
    name: 'Blade',
    extensions: 'blade.php',
    kinds: [comment('{{--', '--}}'), code('@php', '@endphp', PHP_CODE), skip('{{', '}}')],
  },
  { name: 'FreeMarker', extensions: 'ftl ftlh', kinds: [comment('<#--', '-->')] },
  {
    name: 'Velocity',
    extensions: 'vm vtl',
    kinds: [comment('#*', '*#'), { open: '##', close: '\n', what: 'comment' }],
  },
  {
    name: 'Mako',
    extensions: 'mako mao',
    kinds: [
      { open: '##', close: '\n', what: 'comment', wholeLine: true },
      comment('<%doc>', '</%doc>'),
      code('<%', '%>', PYTHON),
    ],
  },
  {
    name: 'Razor',
    extensions: 'cshtml razor',
    kinds: [comment('@*', '*@'), code('@code', '\u0000', CSHARP)],
  },
  {
    name: 'JSP',
    extensions: 'jsp jspx jspf gsp tag',
    kinds: [comment('<%--', '--%>'), code('<%', '%>', JAVA)],
  },
  {
    name: 'ASP.NET',
    extensions: 'aspx ascx ashx asp master',
    kinds: [comment('<%--', '--%>'), code('<%', '%>', CSHARP)],
  },
  { name: 'Smarty', extensions: 'latte smarty', kinds: [comment('{*', '*}')] },
];

/** PHP: code between its tags, HTML around. */
function readPhp(scan: Scan, from: number, to: number): void {
  const halt = scan.src.indexOf('\n__halt_compiler', from);
  const kinds = ['<?php', '<?=', '<?hh', '<? ', '<?\n', '<?\r\n'].map(
    (open): IslandKind => ({ open, close: '?>', what: 'code', readTo: readPhpCode }),
  );
  templateReader(kinds, HTML)(scan, from, halt < 0 ? to : Math.min(halt, to));
}

export const TEMPLATE_FAMILY: readonly LanguageEntry[] = [
  readerLanguage(
    'PHP',
    {
      extensions:
        'php phtml php3 php4 php5 php7 phps phpt ctp theme.php hh.php module install.php inc.php',
      interpreters: 'php',
    },
    readPhp,
  ),
  ...TEMPLATE_KINDS.map(({ name, extensions, kinds }) =>
    readerLanguage(name, { extensions }, templateReader(kinds, HTML)),
  ),
];
