import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, test } from 'vitest';

const source = fileURLToPath(new URL('../src/', import.meta.url));

const fixed = 'fixed text of its file';
const quoted = 'names that stand in quotes, with quotes in them doubled';

/**
 * Every statement that is put together or comes from a variable, and why nothing that anybody sent can be in it. All
 * others are fixed text, or a template of Kysely that sends what is put in as a parameter.
 */
const known: readonly (readonly [file: string, text: string, why: string])[] = [
  [
    'platform/archive/slot.ts',
    "`alter system set max_slot_wal_keep_size = '${walKeptAtMost}'`",
    'a size in the code',
  ],
  ['platform/archive/write-archive.ts', 'text', fixed],
  [
    'platform/audit/chain.ts',
    '`select audit_append(${places}) as "isAdded"`',
    'numbers of places in the code',
  ],
  ['platform/audit/chain.ts', "columnTypes[index] ?? 'text'", 'types in the code'],
  [
    'platform/audit/migrations.ts',
    "appendFunction('create function', `* from unnest(${columnArrays})`)",
    fixed,
  ],
  ['platform/audit/migrations.ts', "appendFunction('create or replace function', inStep)", fixed],
  ['platform/audit/migrations.ts', 'appendOneFunction', fixed],
  ['platform/audit/migrations.ts', 'statement', fixed],
  ['platform/audit/migrations.ts', 'statement', fixed],
  [
    'platform/backup/restore-backup.ts',
    "`alter table ${table} ${words[state] ?? 'enable'} trigger ${trigger}`",
    'names that PostgreSQL quoted (`regclass`, `quote_ident`)',
  ],
  [
    'platform/backup/restore-backup.ts',
    '`alter table ${table} disable trigger ${trigger}`',
    'names that PostgreSQL quoted (`regclass`, `quote_ident`)',
  ],
  ['platform/backup/restore-backup.ts', '`delete from ${quoted(own, name)}`', quoted],
  [
    'platform/backup/restore-backup.ts',
    "`truncate ${shapes.map(({ schema, name }) => quoted(schema, name)).join(', ')}`",
    quoted,
  ],
  [
    'platform/backup/restore-backup.ts',
    'copyFrom(`copy ${quoted(schema, name)} (${columnList(columns)}) from stdin`)',
    quoted,
  ],
  ['platform/backup/restore-target.ts', '`create schema ${quoted(own)}`', quoted],
  [
    'platform/backup/restore-target.ts',
    '`drop schema if exists ${quoted(engine)} cascade`',
    quoted,
  ],
  ['platform/backup/restore-target.ts', '`drop schema if exists ${quoted(own)} cascade`', quoted],
  [
    'platform/backup/restore-target.ts',
    '`select exists(select from ${quoted(schema, name)}) as found`',
    quoted,
  ],
  [
    'platform/backup/snapshot.ts',
    '`select last_value::text as value, is_called as called from ${quoted(schema, name)}`',
    quoted,
  ],
  [
    'platform/backup/snapshot.ts',
    '`select version::text as version from ${quoted(engineSchema, engineVersions)} order by version desc limit 1`',
    quoted,
  ],
  [
    'platform/backup/write-backup.ts',
    'copyTo(`copy ${quoted(schema, name)} (${columnList(columns)}) to stdout`)',
    quoted,
  ],
  ['platform/database/database.ts', '`create database ${databaseName}`', 'a constant'],
  ['platform/database/notices.ts', '`listen ${pg.escapeIdentifier(channel)}`', 'a name in quotes'],
  [
    'platform/database/one-answer.ts',
    'new OneAnswer(statement, values)',
    'text in the code of who asks, and its values apart from it',
  ],
  [
    'platform/database/session-lock.ts',
    '`select ${take}($1::int8) as taken`',
    'one of two names in the code',
  ],
  ['platform/database/session-lock.ts', '`set idle_session_timeout = ${silenceMs}`', 'a constant'],
  ['platform/identity/migrations.ts', 'statement', fixed],
  ['storage/change-feed.ts', '`listen ${channel}`', 'a constant'],
  ['storage/dispatch-notices.ts', 'statement', fixed],
  ['storage/migrations.ts', 'statement', fixed],
  ['storage/reading-migration.ts', 'statement', fixed],
];

test('no statement is put together from what comes from outside: those that are put together are known', async () => {
  const files = await readdir(source, { recursive: true });
  const found: string[] = [];
  let statements = 0;
  for (const file of files) {
    if (!file.endsWith('.ts') || /\.(?:test|suite)\.ts$/u.test(file)) continue;
    const text = await readFile(`${source}${file}`, 'utf8');
    const tree = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
    const visit = (node: ts.Node): void => {
      const statement = ts.isCallExpression(node) ? statementOf(node) : undefined;
      if (statement !== undefined) {
        statements += 1;
        if (!ts.isStringLiteralLike(statement))
          found.push(`${file}: ${statement.getText().replaceAll(/\s+/gu, ' ')}`);
      }
      ts.forEachChild(node, visit);
    };
    visit(tree);
  }
  // What is looked for is there.
  expect(statements).toBeGreaterThan(50);
  expect(found.toSorted()).toEqual(known.map(([file, text]) => `${file}: ${text}`).toSorted());
});

/** What `.query(…)` sends (of an object its `text`), and what `sql.raw(…)` and `sql.lit(…)` put in as it is. */
function statementOf({ expression, arguments: [first] }: ts.CallExpression): ts.Node | undefined {
  if (first === undefined || !ts.isPropertyAccessExpression(expression)) return undefined;
  const { expression: whose, name } = expression;
  const isRaw = whose.getText() === 'sql' && /^(?:raw|lit)$/u.test(name.text);
  if (name.text !== 'query' && !isRaw) return undefined;
  if (!ts.isObjectLiteralExpression(first)) return first;
  const text = first.properties.find((property) => property.name?.getText() === 'text');
  return text !== undefined && ts.isPropertyAssignment(text) ? text.initializer : first;
}
