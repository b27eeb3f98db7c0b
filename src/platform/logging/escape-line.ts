/**
 * C1 controls, DEL, line and paragraph separators and bidirectional marks (Unicode UAX 9), which JSON leaves as they are:
 * a reader's terminal or line splitter would act on them.
 */
// oxlint-disable-next-line no-control-regex -- these characters are what is looked for
const unsafe = /[\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g;
// oxlint-disable-next-line no-control-regex -- these characters are what is looked for
const control = /[\u0000-\u001f]/g;

/** One line of JSON with those characters as \uXXXX, which reads back to the same value. */
export function escapeJsonLine(line: string): string {
  return line.replace(unsafe, escaped);
}

/** Text for a terminal: one line, nothing that the terminal acts on. */
export function escapeText(text: string): string {
  return text.replace(control, escaped).replace(unsafe, escaped);
}

function escaped(character: string): string {
  if (character === '\n') return '\\n';
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
