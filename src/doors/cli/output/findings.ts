import { createHash } from 'node:crypto';
import type { FindingRow } from '../../../operations/scans/contract.ts';
import { counted } from './terminal.ts';

export type FindingFormat = 'table' | 'json' | 'jsonl' | 'sarif';

/** Writes findings in one of the formats, ended by a line break; SARIF is version 2.1.0 (OASIS). */
export function formatFindings(
  rows: readonly FindingRow[],
  format: FindingFormat,
  options: { readonly columns?: number } = {},
): string {
  if (format === 'jsonl') return rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  if (format === 'json') return `${JSON.stringify(rows, null, 2)}\n`;
  if (format === 'sarif') return `${JSON.stringify(sarif(rows), null, 2)}\n`;
  return table(rows, options.columns ?? 100);
}

function table(rows: readonly FindingRow[], columns: number): string {
  if (rows.length === 0) return 'No findings.\n';
  const isOne = new Set(rows.map(({ repository }) => repository)).size === 1;
  const places = rows.map((row) => {
    const path = isOne ? row.path : `${row.repository}/${row.path}`;
    return printable(row.line > 0 ? `${path}:${row.line}` : path);
  });
  const widest = Math.min(
    Math.max(...places.map(({ length }) => length)),
    Math.max(20, Math.floor(columns / 2)),
  );
  const lines = rows.map((row, index) => {
    const owner = row.owner === null ? '' : `(${printable(row.owner)}) `;
    const place = places[index] ?? '';
    const head = `${fromEnd(place, widest).padEnd(widest)}  ${(row.tag ?? row.rule).padEnd(6)} `;
    return `${head}${cut(owner + printable(row.text), Math.max(20, columns - head.length))}`.trimEnd();
  });
  const files = new Set(rows.map(({ repository, path }) => `${repository}\0${path}`)).size;
  return `${lines.join('\n')}\n\n${counted(rows.length, 'finding')} in ${counted(files, 'file')}.\n`;
}

/** Text of a repository must not steer a terminal. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, ' ');
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}

function fromEnd(text: string, width: number): string {
  return text.length <= width ? text : `…${text.slice(text.length - width + 1)}`;
}

const rules = [
  { id: 'todo', name: 'TodoComment', text: 'A comment says that work is left to do.' },
  { id: 'stale-issue', name: 'StaleIssue', text: 'An open issue has been quiet for long.' },
];

function sarif(rows: readonly FindingRow[]): object {
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: byRepository(rows).map(([repository, findings]) => ({
      tool: {
        driver: {
          name: 'claude-manager',
          rules: rules.map(({ id, name, text }) => ({
            id,
            name,
            shortDescription: { text },
            defaultConfiguration: { level: 'note' },
          })),
        },
      },
      automationDetails: { id: `claude-manager/${repositoryName(repository)}/` },
      columnKind: 'utf16CodeUnits',
      originalUriBaseIds: { ROOT: { description: { text: `The root of ${repository}` } } },
      results: findings.map(sarifResult),
    })),
  };
}

function byRepository(rows: readonly FindingRow[]): [string, FindingRow[]][] {
  const groups = Map.groupBy(rows, ({ repository }) => repository);
  return groups.size === 0 ? [['.', []]] : [...groups];
}

function repositoryName(repository: string): string {
  return repository.split('/').filter(Boolean).slice(-2).join('/');
}

function sarifResult(row: FindingRow): object {
  const head = [row.tag, row.owner === null ? null : `(${row.owner})`].filter(Boolean).join('');
  const region = row.line > 0 ? { region: { startLine: row.line, endLine: row.endLine } } : {};
  return {
    ruleId: row.rule,
    ruleIndex: Math.max(
      0,
      rules.findIndex(({ id }) => id === row.rule),
    ),
    level: 'note',
    guid: guidOf(row.id),
    rank: Math.round(row.confidence * 100),
    message: { text: `${head}${head === '' ? '' : ': '}${row.text}`.trim() || row.rule },
    locations: [
      {
        physicalLocation: {
          artifactLocation: {
            uri: row.path.split('/').map(encodeURIComponent).join('/'),
            uriBaseId: 'ROOT',
          },
          ...region,
        },
      },
    ],
    partialFingerprints: { 'claudeManager/v1': row.fingerprint },
    ...(row.url === null ? {} : { hostedViewerUri: row.url }),
    properties: { id: row.id, owner: row.owner, issue: row.issue, commit: row.commit },
  };
}

/** SARIF wants a UUID: the id's hash in the form of version 8 (RFC 9562). */
function guidOf(id: string): string {
  const hex = createHash('sha256').update(id).digest('hex');
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `a${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ];
  return parts.join('-');
}
