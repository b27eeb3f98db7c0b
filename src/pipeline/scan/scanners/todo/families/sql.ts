import { type LanguageEntry, rulesLanguage } from '../language.ts';
import { blockComment, lineComment } from '../lexis/comment-rules.ts';
import { NO_MATCH, type Rule, type Scan } from '../lexis/scan.ts';
import { quoted } from '../lexis/string-rules.ts';

/** MySQL writes names in backticks and may escape quotes with a backslash. */
const MYSQL = /`\w+`|ENGINE\s*=|AUTO_INCREMENT|DELIMITER\s/i;

function isMysql({ src }: Scan): boolean {
  return MYSQL.test(src.slice(0, 20_000));
}

/** `'…'`; a backslash escapes in `E'…'` of PostgreSQL and in MySQL. */
function sqlString(): Rule {
  const plain = quoted("'", "'", { doubled: true, multiline: true });
  const escaping = quoted("'", "'", { doubled: true, multiline: true, escape: '\\' });
  return {
    first: "'",
    match(scan, pos) {
      const escaped =
        /(?:^|\W)[eE]$/.test(scan.src.slice(Math.max(0, pos - 2), pos)) || isMysql(scan);
      return (escaped ? escaping : plain).match(scan, pos);
    },
  };
}

/** `$$ … $$` and `$tag$ … $tag$`: a string, except as the body of a function, which is code. */
function dollarQuoted(): Rule {
  return {
    first: '$',
    match({ src, end }, pos) {
      const tag = /^\$(?:[A-Za-z_\x80-\xff][\w\x80-\xff]*)?\$/.exec(src.slice(pos, pos + 80))?.[0];
      if (tag === undefined || /\w/.test(src[pos - 1] ?? '')) return NO_MATCH;
      if (/\b(?:as|do)\s+$/i.test(src.slice(Math.max(0, pos - 40), pos))) return pos + tag.length;
      const at = src.indexOf(tag, pos + tag.length);
      if (at < 0 || at >= end) return NO_MATCH;
      // The closer of a body that was read as code.
      if (/;\s*$|\bend\s*$/i.test(src.slice(Math.max(0, pos - 20), pos))) return pos + tag.length;
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

export const SQL_FAMILY: readonly LanguageEntry[] = [
  rulesLanguage(
    'SQL',
    {
      extensions:
        'sql psql pgsql mysql ddl dml tsql pls plsql pks pkb pck plb hql cql bq prc udf viw tab db2 sqlx surql',
    },
    [
      blockComment('/*', '*/', { nested: true }),
      lineComment('--'),
      lineComment('#', {
        when: (scan, pos) =>
          /[\s#]/.test(scan.src[pos + 1] ?? '') &&
          /(?:^|[\s;,)])$/.test(scan.src.slice(Math.max(0, pos - 1), pos)) &&
          (isMysql(scan) || /(?:^|\n)[ \t]*$/.test(scan.src.slice(Math.max(0, pos - 80), pos))),
      }),
      dollarQuoted(),
      oracleQuoted(),
      sqlString(),
      quoted('"', '"', { doubled: true, multiline: true }),
      quoted('`', '`', { doubled: true, multiline: true }),
      quoted('[', ']', {
        when: ({ src }, pos) =>
          /^\[[A-Za-z_][^\]\n]*\]/.test(src.slice(pos, pos + 130)) &&
          !/[\w\])"]$/.test(src.slice(Math.max(0, pos - 1), pos)),
      }),
    ],
  ),
];
