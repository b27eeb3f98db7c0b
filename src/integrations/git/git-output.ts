import type { TreeChange } from '../../domain/ports/git.ts';

/** The fields of a stream that are ended by NUL, as UTF-8. */
export async function* parseNul(stream: NodeJS.ReadableStream): AsyncIterable<string> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let from = 0;
    for (let at = bytes.indexOf(0); at !== -1; at = bytes.indexOf(0, from)) {
      yield bytes.toString('utf8', from, at);
      from = at + 1;
    }
    rest = Buffer.from(bytes.subarray(from));
  }
}

/** One entry of `git ls-tree -r -z`. */
export interface TreeEntry {
  /** Six digits, for example `100644`. */
  readonly mode: string;
  readonly oid: string;
  readonly path: string;
  /** False when the name is no UTF-8; `path` then holds U+FFFD and must not be used to find the file. */
  readonly exact: boolean;
}

/** Reads what `git ls-tree -r -z --full-tree` wrote. */
export function parseTree(stdout: Buffer): TreeEntry[] {
  const entries: TreeEntry[] = [];
  let from = 0;
  for (let at = stdout.indexOf(0); at !== -1; at = stdout.indexOf(0, from)) {
    const tab = stdout.indexOf(9, from);
    const [mode = '', , oid = ''] = stdout.toString('latin1', from, tab).split(' ');
    const name = stdout.subarray(tab + 1, at);
    const path = name.toString('utf8');
    entries.push({
      mode,
      oid,
      path,
      exact: !path.includes('\u{FFFD}') || Buffer.from(path).equals(name),
    });
    from = at + 1;
  }
  return entries;
}

const nothing = /^0+$/u;
const regular = /^100/u;

/** Reads what `git diff-tree -r -z --raw --no-renames` wrote; only regular files count as content. */
export function parseRawDiff(stdout: Buffer): TreeChange[] {
  const fields = stdout.toString('utf8').split('\0');
  const changes: TreeChange[] = [];
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [oldMode = '', newMode = '', oldOid = '', newOid = ''] = (fields[at] ?? '')
      .slice(1)
      .split(' ');
    const before = regular.test(oldMode) && !nothing.test(oldOid) ? oldOid : null;
    const after = regular.test(newMode) && !nothing.test(newOid) ? newOid : null;
    if (before === null && after === null) continue;
    changes.push({
      status: before === null ? 'added' : after === null ? 'deleted' : 'modified',
      path: fields[at + 1] ?? '',
      oldPath: null,
      oldOid: before,
      newOid: after,
    });
  }
  return changes;
}
