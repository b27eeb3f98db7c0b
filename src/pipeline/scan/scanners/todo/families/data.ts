import { type LanguageEntry, rulesLanguage } from '../language.ts';
import { blockComment, lineComment } from '../lexis/comment-rules.ts';
import { heredoc, heredocBodies } from '../lexis/heredoc.ts';
import { indentOf, isFirstOnLine, lineEnd, lineStart } from '../lexis/places.ts';
import { NO_MATCH, type Rule, type Scan, scanNested } from '../lexis/scan.ts';
import { quoted, stepOver, stringEnd } from '../lexis/string-rules.ts';
import { longBracket } from './scripting.ts';
import { SQL_FAMILY } from './sql.ts';

const HASH_FIRST = lineComment('#', { where: 'line' });
const HASH_WORD = lineComment('#', { where: 'word' });

/** Quotes of YAML open only where a value starts; inside a plain scalar they are letters. */
function yamlQuote(quote: string): Rule {
  return {
    first: quote,
    match(scan, pos) {
      const { src } = scan;
      let at = pos - 1;
      while (src[at] === ' ' || src[at] === '\t') at--;
      const word = src.slice(Math.max(0, at - 60), at + 1);
      if (at >= 0 && !/[\n:,[{?-]$|(?:^|\s)[!&]\S*$/.test(word)) return NO_MATCH;
      const touching = at === pos - 1;
      if (touching && /[:?-]$/.test(word)) return NO_MATCH;
      if (touching && word.endsWith(',') && !inFlow(src.slice(lineStart(src, pos), pos)))
        return NO_MATCH;
      return stringEnd(
        scan,
        pos + 1,
        quote,
        quote === '"' ? { escape: '\\', multiline: true } : { doubled: true, multiline: true },
      );
    },
  };
}

/** Whether a bracket is open on this line. */
function inFlow(lead: string): boolean {
  return /[[{]/.test(lead.replace(/\{[^{}]*\}|\[[^\][]*\]/g, ''));
}

/** `key: |` and `- >-`: the lines that are indented deeper are text. */
function yamlBlockScalar(): Rule {
  return {
    first: '|>',
    match(scan, pos) {
      const { src } = scan;
      const start = lineStart(src, pos);
      const lead = src.slice(start, pos);
      if (
        !/(?:^|[:\-?]|[!&]\S+)\s+$|^$/.test(lead) ||
        !/(?:[:\-?]|^)\s+(?:[!&]\S+\s+)*$|^$/.test(lead)
      )
        return NO_MATCH;
      const end = lineEnd(scan, pos);
      const header = /^[|>][-+0-9]*[ \t]*(#.*)?\r?$/.exec(src.slice(pos, end));
      if (header === null) return NO_MATCH;
      if (header[1] !== undefined) HASH_WORD.match(scan, src.indexOf('#', pos));
      return scalarEnd(scan, end, parentIndent(lead));
    },
  };
}

function parentIndent(lead: string): number {
  const dashes = /^\s*(?:-\s+)*/.exec(lead)?.[0] ?? '';
  if (dashes.length === lead.length) return Math.max(dashes.lastIndexOf('-'), -1);
  return dashes.length;
}

function scalarEnd(scan: Scan, from: number, parent: number): number {
  const { src } = scan;
  let pos = from;
  let content = -1;
  while (pos < scan.end) {
    const start = pos + 1;
    const end = lineEnd(scan, start);
    const indent = indentOf(src, start);
    if (src.slice(start, end).trim() !== '') {
      if (indent <= parent) return pos;
      if (content < 0) content = indent;
      // A comment that is less indented than the text ends it.
      if (indent < content && src[start + indent] === '#') return pos;
    }
    pos = end;
  }
  return scan.end;
}

/** Elsewhere than in a recipe `#` is a comment unless it is escaped, and a backslash carries it on to the next line. */
function makeComment(): Rule {
  return lineComment('#', {
    continued: true,
    when: ({ src }, pos) => src[pos - 1] !== '\\' && src[lineStart(src, pos)] !== '\t',
  });
}

/** A recipe is shell, so quotes count there. */
function recipeComment(): Rule {
  return lineComment('#', {
    when: ({ src }, pos) => {
      const start = lineStart(src, pos);
      const lead = src.slice(start, pos);
      return src[start] === '\t' && /(?:^|[\s;&|(@])$/.test(lead) && !insideShellQuotes(lead);
    },
  });
}

function insideShellQuotes(lead: string): boolean {
  const plain = lead.replace(/\\./g, '').replace(/"[^"]*"|'[^']*'/g, '');
  return /["']/.test(plain);
}

export const YAML = rulesLanguage(
  'YAML',
  {
    extensions: 'yaml yml eyaml sls mir syntax yaml-tmlanguage clang-format cff rviz pkr.yml',
    files:
      '.clang-format .clang-tidy .clangd .gemrc glide.lock .prettierrc .yamllint cffconvert pubspec.yaml .condarc .travis.yml',
  },
  [HASH_WORD, yamlBlockScalar(), yamlQuote('"'), yamlQuote("'")],
);

const SEMICOLON_INLINE = lineComment(';', {
  when: ({ src }, pos) => isFirstOnLine(src, pos) || /\s/.test(src[pos - 1] ?? ''),
});

/** A backslash at the end of the line above makes this one a part of its value. */
function startsProperty({ src }: Scan, pos: number): boolean {
  const start = lineStart(src, pos);
  return !/(?:^|[^\\])(?:\\\\)*\\\r?\n$/.test(src.slice(Math.max(0, start - 40), start));
}

export const DATA_FAMILY: readonly LanguageEntry[] = [
  YAML,
  ...SQL_FAMILY,
  rulesLanguage('TOML', { extensions: 'toml', files: 'pipfile cargo.toml poetry.toml .pdm.toml' }, [
    lineComment('#'),
    quoted('"""', '"""', { escape: '\\', multiline: true, lastCloses: true }),
    quoted("'''", "'''", { multiline: true, lastCloses: true }),
    quoted('"'),
    quoted("'", "'", {}),
  ]),
  rulesLanguage(
    'INI',
    {
      extensions:
        'ini cfg inf desktop service socket timer mount target gitconfig editorconfig prefs lektorproject url reg pylintrc flake8 conf.in cnf theme directory',
      files:
        '.editorconfig .gitconfig .gitmodules .npmrc .pylintrc .flake8 .coveragerc pylintrc setup.cfg tox.ini .hgrc .buckconfig',
    },
    [
      SEMICOLON_INLINE,
      lineComment('#', {
        when: ({ src }, pos) => isFirstOnLine(src, pos) || /\s/.test(src[pos - 1] ?? ''),
      }),
      quoted('"', '"', { escape: '\\' }),
    ],
  ),
  rulesLanguage('Properties', { extensions: 'properties' }, [
    lineComment('#', { where: 'line', when: startsProperty }),
    lineComment('!', { where: 'line', when: startsProperty }),
  ]),
  rulesLanguage(
    'Configuration with #',
    {
      extensions:
        'conf env gitignore gitattributes dockerignore npmignore eslintignore prettierignore ignore list rules nginxconf nginx vhost htaccess service.in robots pub codeowners bb bbclass bbappend kconfig po pot feature pri pro.qmake prf cabal gn gni ninja spec control tcshrc inputrc screenrc tmux rst.inc ldif hosts ttl n3 nt sparql rq bp pkla samba zeek bro mk.in am ac m4 peg lark ebnf1 http rest caddyfile',
      files:
        '.env .gitignore .gitattributes .dockerignore .npmignore .eslintignore .prettierignore .hgignore codeowners owners requirements.txt constraints.txt robots.txt hosts fstab crontab procfile caddyfile kconfig brewfile.lock .inputrc .screenrc .tmux.conf .htaccess nginx.conf manifest.in .mailmap .curlrc .wgetrc sources.list pkgfile snakefile.conf .ruby-version configure.ac configure.in',
    },
    [
      HASH_WORD,
      lineComment('dnl', { where: 'word', when: ({ src }, pos) => /\s/.test(src[pos + 3] ?? ' ') }),
      quoted('"', '"', {
        escape: '\\',
        when: ({ src }, pos) => /[\s=(]/.test(src[pos - 1] ?? ' '),
      }),
    ],
  ),
  rulesLanguage(
    'Make',
    {
      extensions: 'mk mak make makefile gnumakefile mkfile',
      files:
        'makefile gnumakefile makefile.am makefile.in bsdmakefile kbuild makefile.inc makefile.old mkfile',
      interpreters: 'make gmake',
    },
    [makeComment(), recipeComment()],
  ),
  rulesLanguage('CMake', { extensions: 'cmake cmake.in', files: 'cmakelists.txt' }, [
    longBracket('#'),
    lineComment('#'),
    longBracket(''),
    stepOver('\\', 2),
    quoted('"', '"', { escape: '\\', multiline: true }),
  ]),
  rulesLanguage(
    'Dockerfile',
    { extensions: 'dockerfile containerfile', files: 'dockerfile containerfile' },
    [
      HASH_FIRST,
      {
        first: '<',
        match(scan, pos) {
          const line = scan.src.slice(lineStart(scan.src, pos), pos);
          return /^\s*(?:RUN|COPY|ADD)\b/i.test(line) ? DOCKER_HEREDOC.match(scan, pos) : NO_MATCH;
        },
      },
      heredocBodies(),
    ],
  ),
  rulesLanguage('HCL', { extensions: 'tf tfvars hcl nomad tofu sentinel workflow' }, [
    blockComment('/*', '*/'),
    lineComment('//'),
    lineComment('#'),
    heredoc({ opener: /^<<(-?)([A-Za-z_]\w*)/, indentedBy: /-/ }),
    heredocBodies(),
    quoted('"', '"', { escape: '\\', code: ['${', '%{'], notCode: '$${' }),
  ]),
  rulesLanguage('Nix', { extensions: 'nix' }, [
    blockComment('/*', '*/'),
    lineComment('#'),
    { first: "'", match: nixString },
    quoted('"', '"', { escape: '\\', multiline: true, code: ['${'], notCode: '$${' }),
  ]),
];

const DOCKER_HEREDOC = heredoc({
  opener: /^<<(-?)(?:"([^"\n]+)"|'([^'\n]+)'|([A-Za-z_]\w*))/,
  indentedBy: /-/,
});

/** `'' … ''`, in which `'''`, `''$` and `''\` are escapes and `${…}` is code. */
function nixString(scan: Scan, pos: number): number {
  const { src } = scan;
  if (src[pos + 1] !== "'") return NO_MATCH;
  let at = pos + 2;
  while (at < scan.end) {
    if (src.startsWith("''", at)) {
      const next = src[at + 2];
      if (next === "'" || next === '$') at += 3;
      else if (next === '\\') at += 4;
      else return at + 2;
    } else if (src.startsWith('$${', at)) at += 3;
    else if (src.startsWith('${', at)) at = scanNested(scan, at + 2, '{', '}');
    else at++;
  }
  return scan.end;
}
