import type { z } from 'zod';
import type { taskDiff } from './contract.ts';

type PatchFile = z.infer<typeof taskDiff.output>['files'][number];

/** What a unified diff of git changes, file by file. Lines of hunks are counted, so text that looks like a header is text. */
export function filesOfPatch(patch: string): readonly PatchFile[] {
  const files: { -readonly [key in keyof PatchFile]: PatchFile[key] }[] = [];
  let left = { old: 0, now: 0 };
  for (const line of patch.split('\n')) {
    const file = files.at(-1);
    if (left.old > 0 || left.now > 0) {
      if (file === undefined) continue;
      if (line.startsWith('+')) {
        file.added += 1;
        left.now -= 1;
      } else if (line.startsWith('-')) {
        file.removed += 1;
        left.old -= 1;
      } else if (!line.startsWith('\\')) left = { old: left.old - 1, now: left.now - 1 };
      continue;
    }
    if (line.startsWith('diff --git ')) {
      const path = pathOf(line);
      files.push({ path, from: null, change: 'modified', added: 0, removed: 0 });
      continue;
    }
    if (file === undefined) continue;
    const hunk = /^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@/u.exec(line);
    if (hunk !== null) left = { old: Number(hunk[1] ?? 1), now: Number(hunk[2] ?? 1) };
    else if (line.startsWith('new file mode')) file.change = 'added';
    else if (line.startsWith('deleted file mode')) file.change = 'deleted';
    else if (line.startsWith('Binary files') || line === 'GIT binary patch') file.change = 'binary';
    else if (line.startsWith('rename from ')) {
      file.from = unquoted(line.slice('rename from '.length));
      file.change = 'renamed';
    } else if (line.startsWith('rename to ')) file.path = unquoted(line.slice('rename to '.length));
    else if (line.startsWith('+++ ') && line !== '+++ /dev/null') {
      file.path = unquoted(line.slice(4)).replace(/^b\//u, '');
    }
  }
  return files;
}

/** `diff --git a/x b/x`: both names are equal unless a rename says so below. */
function pathOf(header: string): string {
  const names = header.slice('diff --git '.length);
  const quotedName = /"b\/((?:[^"\\]|\\.)*)"$/u.exec(names)?.[1];
  if (quotedName !== undefined) return unquoted(`"${quotedName}"`);
  return names.slice(Math.ceil(names.length / 2)).replace(/^ ?b\//u, '');
}

/** A name as git quotes it in C style, octal bytes of UTF-8 included. */
function unquoted(name: string): string {
  const text = name.replace(/\t$/u, '');
  if (!(text.startsWith('"') && text.endsWith('"'))) return text;
  const bytes: number[] = [];
  for (const [, octal, escaped, plain] of text
    .slice(1, -1)
    .matchAll(/\\([0-7]{3})|\\(.)|([^\\]+)/gsu)) {
    if (octal !== undefined) bytes.push(Number.parseInt(octal, 8));
    else
      bytes.push(
        ...Buffer.from(escaped === undefined ? (plain ?? '') : (letters[escaped] ?? escaped)),
      );
  }
  return Buffer.from(bytes).toString('utf8');
}

const letters: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };
