import { AppError, toAppError } from '../../../lib/app-error.ts';

/** Where a command writes: results to `out`, everything for people to `err`. */
export interface Terminal {
  readonly out: { write(text: string): unknown };
  readonly err: { write(text: string): unknown };
  readonly isOutTerminal: boolean;
  readonly isErrTerminal: boolean;
}

/** Escapes control and bidi characters of foreign text, so that it cannot act on the terminal; line feeds and tabs stay. */
export function printable(text: string): string {
  return text.replace(
    /[^\P{Cc}\n\t]|[\u061C\u200B-\u200F\u2028-\u202E\u2060-\u206F\uFEFF\u{E0000}-\u{E007F}]/gu,
    (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  );
}

/** What happened, why, what to do next; causes only with `--debug`. */
export function errorText(thrown: unknown, debug: boolean): string {
  const error = toAppError(thrown);
  const lines = [`error: ${printable(error.message)}`];
  if (error.next !== undefined) lines.push(`next:  ${printable(error.next)}`);
  if (error.kind === 'internal')
    lines.push('This is a defect of ours; run again with --debug and report it.');
  if (debug) lines.push(...causes(error));
  return `${lines.join('\n')}\n`;
}

/** The same as one JSON document. */
export function errorJson(thrown: unknown): string {
  const { kind, code, message, next, details } = toAppError(thrown);
  return `${JSON.stringify({ error: { kind, code, message, next: next ?? null, details } })}\n`;
}

function causes(error: AppError): readonly string[] {
  const lines = [error.stack ?? ''];
  for (let cause: unknown = error.cause; cause instanceof Error; cause = cause.cause) {
    lines.push(`caused by: ${cause.stack ?? cause.message}`);
  }
  return lines;
}

/** A count with its noun, whose plural has an s: `1 scan`, `2 scans`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Columns padded to the widest cell, at most `width` characters a cell. */
export function table(rows: readonly (readonly string[])[], width = 72): string {
  const cells = rows.map((row) =>
    row.map((cell) => clip(printable(cell).replaceAll('\n', ' '), width)),
  );
  const widths = (cells[0] ?? []).map((_, column) =>
    Math.max(...cells.map((row) => [...(row[column] ?? '')].length)),
  );
  return cells
    .map((row) =>
      row
        .map(
          (cell, column) =>
            cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - [...cell].length)),
        )
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('');
}

/** Rows of a list and where it goes on, as the operations answer them. */
export interface ListPage<Row> {
  readonly items: readonly Row[];
  readonly next: string | null;
}

/** How to read on; null at the end of a list. */
export function moreText({ next }: { readonly next: string | null }): string | null {
  return next === null ? null : `There are more: --after ${next}`;
}

function clip(text: string, width: number): string {
  const points = [...text];
  return points.length <= width ? text : `${points.slice(0, width - 1).join('')}…`;
}
