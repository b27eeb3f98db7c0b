import type { ChangedFile } from '../../domain/ports/git.ts';

/** The text that the file had before the change, put together from the patch; null when the patch does not say. */
export function textBefore(
  { path, text }: Pick<ChangedFile, 'path' | 'text'>,
  patch: string,
): string | null {
  const part = partOf(path, patch);
  if (part === null || text === null) return null;
  const now = text.split('\n');
  const before: string[] = [];
  let at = 0;
  for (const line of part) {
    const start = /^@@ -\d+(?:,\d+)? \+(\d+)(?:,(\d+))? @@/u.exec(line);
    if (start !== null) {
      // A part without lines of its own stands behind the line that it names.
      const first = Number(start[1]) - (start[2] === '0' ? 0 : 1);
      for (; at < first && at < now.length; at += 1) before.push(now[at] ?? '');
    } else if (line.startsWith('-')) before.push(line.slice(1));
    else if (line.startsWith('+') || line.startsWith(' ')) {
      if (now[at] !== line.slice(1)) return null;
      if (line.startsWith(' ')) before.push(line.slice(1));
      at += 1;
    }
  }
  return before.concat(now.slice(at)).join('\n');
}

/** Lines of the patch from the first `@@` of the file to the next file; null when the file is not in it. */
function partOf(path: string, patch: string): readonly string[] | null {
  const whole = `\n${patch}`;
  const head = `\ndiff --git a/${path} b/${path}\n`;
  const from = whole.indexOf(head);
  if (from === -1) return null;
  const start = from + head.length;
  // Lines of a file begin with a mark, so that this is none of them.
  const end = whole.indexOf('\ndiff --git ', start - 1);
  const part = whole.slice(start, end === -1 ? undefined : end).split('\n');
  const first = part.findIndex((line) => line.startsWith('@@ '));
  return first === -1 ? [] : part.slice(first);
}
