export interface DiffLine {
  readonly kind: 'same' | 'added' | 'removed' | 'note';
  /** Number in the old and in the new file, where it is in it. */
  readonly before: number | null;
  readonly after: number | null;
  readonly text: string;
}

export interface DiffHunk {
  /** What git says about the place, for example the function. */
  readonly place: string;
  readonly lines: readonly DiffLine[];
}

export interface DiffFile {
  readonly path: string;
  readonly from: string | null;
  readonly isBinary: boolean;
  readonly added: number;
  readonly removed: number;
  readonly hunks: readonly DiffHunk[];
}

interface OpenFile {
  path: string;
  from: string | null;
  isBinary: boolean;
  added: number;
  removed: number;
  hunks: { place: string; lines: DiffLine[] }[];
}

/** Reads a unified diff as git writes it. What it does not know stays out; nothing throws. */
export function parsePatch(patch: string): readonly DiffFile[] {
  const files: OpenFile[] = [];
  let before = 0;
  let after = 0;
  let oldLeft = 0;
  let newLeft = 0;
  for (const line of patch.split('\n')) {
    const file = files.at(-1);
    const hunk = file?.hunks.at(-1);
    if (file !== undefined && hunk !== undefined && (oldLeft > 0 || newLeft > 0)) {
      const mark = line.charAt(0);
      const text = line.slice(1);
      if (mark === '+') {
        hunk.lines.push({ kind: 'added', before: null, after, text });
        after += 1;
        newLeft -= 1;
        file.added += 1;
      } else if (mark === '-') {
        hunk.lines.push({ kind: 'removed', before, after: null, text });
        before += 1;
        oldLeft -= 1;
        file.removed += 1;
      } else if (mark === '\\') {
        hunk.lines.push({ kind: 'note', before: null, after: null, text: text.trim() });
      } else {
        hunk.lines.push({ kind: 'same', before, after, text });
        before += 1;
        after += 1;
        oldLeft -= 1;
        newLeft -= 1;
      }
      continue;
    }
    const started = /^diff --git (?:"?a\/(.*?)"?) (?:"?b\/(.*?)"?)$/u.exec(line);
    if (started !== null) {
      const path = started[2] ?? '';
      files.push({ path, from: null, isBinary: false, added: 0, removed: 0, hunks: [] });
      continue;
    }
    if (file === undefined) continue;
    const place = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@ ?(.*)$/u.exec(line);
    if (place !== null) {
      before = Number(place[1]);
      oldLeft = Number(place[2] ?? 1);
      after = Number(place[3]);
      newLeft = Number(place[4] ?? 1);
      file.hunks.push({ place: place[5] ?? '', lines: [] });
    } else if (line.startsWith('rename from ')) {
      file.from = line.slice('rename from '.length);
    } else if (line.startsWith('Binary files') || line === 'GIT binary patch') {
      file.isBinary = true;
    } else if (line.startsWith('\\') && hunk !== undefined) {
      hunk.lines.push({ kind: 'note', before: null, after: null, text: line.slice(2) });
    }
  }
  return files;
}
