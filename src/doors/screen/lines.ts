import { printable } from '../cli/output/terminal.ts';

/** One line of the terminal. */
export interface Line {
  readonly text: string;
  readonly look?: 'heading' | 'marked' | 'dim' | 'good' | 'bad';
}

/** Terminals draw these in two columns (Unicode Standard Annex 11, as far as it matters here). */
const wide =
  /\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}|\p{Emoji_Presentation}|[\uFF01-\uFF60]/u;
const joined = /\p{Mark}/u;

/** Foreign text as lines that fit, cut between words where there are any; what could steer a terminal is spelled out. */
export function textLines(text: string, columns: number, look?: Line['look']): readonly Line[] {
  return printable(text.replaceAll('\r\n', '\n').replaceAll('\t', '    '))
    .split('\n')
    .flatMap((line) => cut(line, Math.max(10, columns)))
    .map((part) => (look === undefined ? { text: part } : { text: part, look }));
}

/** The beginning of a text on one line, at most so many columns wide. */
export function clipped(text: string, columns: number): string {
  const line = printable(text).replaceAll(/\s+/gu, ' ');
  if (widthOf(line) <= columns) return line;
  let shown = '';
  let width = 1;
  for (const character of line) {
    width += columnsOf(character);
    if (width > columns) break;
    shown += character;
  }
  return `${shown}…`;
}

/** A cell of a column: clipped, and padded to its width. */
export function cell(text: string, columns: number): string {
  const shown = clipped(text, columns);
  return shown + ' '.repeat(Math.max(0, columns - widthOf(shown)));
}

function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += columnsOf(character);
  return width;
}

function columnsOf(character: string): number {
  if (joined.test(character)) return 0;
  return wide.test(character) ? 2 : 1;
}

function cut(line: string, columns: number): readonly string[] {
  const parts: string[] = [];
  let part = '';
  let width = 0;
  let blank = -1;
  for (const character of line) {
    const more = columnsOf(character);
    if (width + more > columns && part !== '') {
      // A word that does not fit goes to the next line; one that fills most of a line is cut.
      const end = blank > part.length / 2 ? blank + 1 : part.length;
      parts.push(part.slice(0, end).trimEnd());
      part = part.slice(end);
      width = widthOf(part);
      blank = -1;
    }
    if (character === ' ') blank = part.length;
    part += character;
    width += more;
  }
  return [...parts, part];
}
