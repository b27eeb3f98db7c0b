import { type LanguageEntry, readerLanguage } from '../language.ts';
import { blockComment, lineComment } from '../lexis/comment-rules.ts';
import { type Lexis, lexisOf, NO_MATCH, type Rule, scanCode } from '../lexis/scan.ts';
import { quoted } from '../lexis/string-rules.ts';

/** MySQL writes names in backticks; it escapes quotes with a backslash, and `#` opens a comment. */
const MYSQL = /`\w+`|ENGINE\s*=|AUTO_INCREMENT|DELIMITER\s/i;
const MYSQL_LOOK = 50_000;

/** `'…'`; a backslash escapes in MySQL, and in `E'…'` of PostgreSQL. */
function sqlString(mysql: boolean): Rule {
  const plain = quoted("'", "'", { doubled: true, multiline: true });
  const escaping = quoted("'", "'", { doubled: true, multiline: true, escape: '\\' });
  return {
    first: "'",
    match(scan, pos) {
      const before = scan.src.slice(Math.max(0, pos - 2), pos);
      return (mysql || /(?:^|\W)[eE]$/.test(before) ? escaping : plain).match(scan, pos);
    },
  };
}

/** `$$ … $$` and `$tag$ … $tag$`: a string, except as the body of a function, which is code. */
function dollarQuoted(): Rule {
  return {
    first: '$',
    match(scan, pos) {
      const { src, end } = scan;
      const tag = /^\$(?:[A-Za-z_\x80-\xff][\w\x80-\xff]*)?\$/.exec(src.slice(pos, pos + 80))?.[0];
      if (tag === undefined || /\w/.test(src[pos - 1] ?? '')) return NO_MATCH;
      const start = pos + tag.length;
      const at = src.indexOf(tag, start);
      if (at < 0 || at >= end) return NO_MATCH;
      if (/\b(?:as|do)\s+$/i.test(src.slice(Math.max(0, pos - 40), pos)))
        scanCode(scan, scan.lexis, start, at);
      return at + tag.length;
    },
  };
}

/** `q'[ … ]'` of Oracle. */
function oracleQuoted(): Rule {
  return {
    first: 'qQ',
    match({ src, end }, pos) {
      if (src[pos + 1] !== "'" || /[\w]/.test(src[pos - 1] ?? '')) return NO_MATCH;
      const open = src[pos + 2] ?? '';
      const closers: Record<string, string> = { '(': ')', '[': ']', '{': '}', '<': '>' };
      const close = `${closers[open] ?? open}'`;
      const at = src.indexOf(close, pos + 3);
      return at < 0 || at >= end || !/[[({<!|#~^]/.test(open) ? NO_MATCH : at + close.length;
    },
  };
}

/** `[name]` of Transact-SQL; after a name it is an index. */
const BRACKETED: Rule = quoted('[', ']', {
  when: ({ src }, pos) =>
    /^\[[A-Za-z_][^\]\n]*\]/.test(src.slice(pos, pos + 130)) &&
    !/[\w\])"]/.test(src[pos - 1] ?? ' '),
});

function sqlLexis(mysql: boolean): Lexis {
  return lexisOf([
    blockComment('/*', '*/', { nested: true }),
    lineComment('--'),
    lineComment('#', {
      where: mysql ? 'word' : 'line',
      when: ({ src }, pos) => /[\s#]/.test(src[pos + 1] ?? ' '),
    }),
    dollarQuoted(),
    oracleQuoted(),
    sqlString(mysql),
    quoted('"', '"', { doubled: true, multiline: true }),
    quoted('`', '`', { doubled: true, multiline: true }),
    BRACKETED,
  ]);
}

const STANDARD_LEXIS = sqlLexis(false);
const MYSQL_LEXIS = sqlLexis(true);

export const SQL_FAMILY: readonly LanguageEntry[] = [
  readerLanguage(
    'SQL',
    {
      extensions:
        'sql psql pgsql mysql ddl dml tsql pls plsql pks pkb pck plb hql cql bq prc udf viw tab db2 sqlx surql',
    },
    (scan, from, to) => {
      const mysql = MYSQL.test(scan.src.slice(from, Math.min(to, from + MYSQL_LOOK)));
      scanCode(scan, mysql ? MYSQL_LEXIS : STANDARD_LEXIS, from, to);
    },
  ),
];
