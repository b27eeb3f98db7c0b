import { stripVTControlCharacters } from 'node:util';

/** Time stamp that GitHub Actions writes before each line. */
const stamp = /^\uFEFF?\d{4}-\d\d-\d\dT[\d:.]+Z /gmu;
const groupMark = /^##\[(?:group|endgroup|debug|command)\]?[^\n]*$/gmu;
const lineLength = 400;

/**
 * The part of a job's log that a reader needs: without colors, time stamps and fold marks, what stands before the last
 * error and the end of it; at most `most` characters. What is left out is said by its number of lines.
 */
export function trimmedLog(log: string, most: number): string {
  const lines = stripVTControlCharacters(log.replace(stamp, '').replace(groupMark, ''))
    .split(/\r\n?|\n/u)
    .map((line) => (line.length > lineLength ? `${line.slice(0, lineLength)}…` : line).trimEnd())
    .filter((line, index, all) => line !== '' || all[index - 1] !== '');
  const error = lines.findLastIndex((line) => line.startsWith('##[error]'));
  const last = error === -1 ? lines.length : error + 1;
  const kept: string[] = [];
  let size = 0;
  for (let at = last - 1; at >= 0; at -= 1) {
    const line = lines[at] ?? '';
    if (size + line.length + 1 > most) break;
    kept.unshift(line);
    size += line.length + 1;
  }
  const left = last - kept.length;
  return [...(left > 0 ? [`[${left} lines before this are left out]`] : []), ...kept]
    .join('\n')
    .trim();
}
