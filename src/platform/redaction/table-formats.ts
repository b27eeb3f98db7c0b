import type { ContextFormat } from './context-format.ts';
import { isPlaceholder, looksStrong } from './not-a-secret.ts';
import { nameStarts } from './secret-names.ts';

/** Cells with commas between them, or with the strokes of Markdown. */
const row = String.raw`[^,\r\n]{0,200}(?:,[^,\r\n]{0,200}){1,24}\r?`;
const markdownRow = String.raw`[^|\r\n]{0,200}\|[^\r\n]{1,600}\r?`;
const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** Secrets whose name stands on top of a column, or above them in a field of a form. */
export const tableFormats: readonly ContextFormat[] = [
  {
    // A table with a row of names on top, its cells apart by commas: the rows below it.
    kind: 'table-secret',
    starts: nameStarts,
    follows: ',\r\n',
    holds: '\n',
    within: 512,
    isBehindName: true,
    pattern: new RegExp(
      String.raw`(?:,[A-Za-z][\w ]{0,30}){0,12}\r?\n(?<=(?:^|\n)(?:[A-Za-z][\w ]{0,30},){1,12}[^\n]{0,400}\n)(${row}(?:\n${row}){0,31})`,
      'y',
    ),
    isBarren: (rows) => !hasMixedCell(rows),
    leave: (rows, match) => !hasSecretCell(rows, match, ','),
  },
  {
    // The same as Markdown writes it, a line of dashes between
    kind: 'table-secret',
    starts: nameStarts,
    follows: ' \t|\r\n',
    later: `|:\r\n-${letters}`,
    holds: '--',
    within: 512,
    isBehindName: true,
    pattern: new RegExp(
      String.raw`[ \t]{0,40}(?:\|[^|\n]{0,40}){0,12}\r?\n[ \t]{0,8}\|?[ \t:|-]{3,400}\n(${markdownRow}(?:\n${markdownRow}){0,31})`,
      'y',
    ),
    isBarren: (rows) => !hasMixedCell(rows),
    leave: (rows, match) => !hasSecretCell(rows, match, '|'),
  },
  {
    // A field of a form, as it is sent in parts
    kind: 'form-secret',
    starts: nameStarts,
    follows: '"',
    later: '\r\n',
    isBehindName: true,
    pattern:
      /(?<=form-data; name="[\w.[\]-]{0,80})"\r?\n(?:[A-Za-z-]{1,40}: [^\r\n]{0,200}\r?\n){0,4}\r?\n([^\r\n]{4,1024})/y,
    leave: isPlaceholder,
  },
];

/** Whether what stands in some row where the name stands on top, counted from the end, is what people use as a secret. */
function hasSecretCell(rows: string, match: string, between: string): boolean {
  const top = match.slice(0, -rows.length).split(/\r?\n/)[0] ?? '';
  const fromEnd = top.split(between).length;
  return rows.split('\n').some((row) => {
    const cell =
      row
        .trim()
        .split(between)
        .at(-fromEnd)
        ?.replaceAll(/^[ "`]+|[ "`]+$/g, '') ?? '';
    const hasSigns = /[A-Za-z][!@#$%^&*]|[!@#$%^&*][A-Za-z]/.test(cell);
    return cell.length >= 6 && !cell.includes(' ') && (looksStrong(cell) || hasSigns);
  });
}

/** Whether a word of some cell may be a secret, whichever the column. */
function hasMixedCell(rows: string): boolean {
  return /[^\s,|]{5}/.test(rows) && /[A-Za-z][0-9!@#$%^&*]|[0-9!@#$%^&*][A-Za-z]/.test(rows);
}
