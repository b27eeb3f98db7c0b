import { edgeCount, type Frontier, rootOf } from './merkle.ts';
import type { NoteVerifier } from './signed-note.ts';

/**
 * What the log signs. `checkpoint`: so many entries with this root exist (C2SP tlog-checkpoint). `prune`: the entries up to
 * `size` were removed on purpose. `gap`: a restore goes on after `size`, and entries up to `until` are lost.
 */
export type Statement = Checkpoint | Prune | Gap;

interface Signed {
  readonly size: number;
  /** RFC 6962 root over the first `size` entries, 32 bytes. */
  readonly root: Buffer;
  readonly at: Date;
}

export interface Checkpoint extends Signed {
  readonly kind: 'checkpoint';
}

export interface Prune extends Signed {
  readonly kind: 'prune';
  /** Hash of the last entry that was removed. */
  readonly hash: string;
  /** Whole subtrees of what was removed; their root is `root`. */
  readonly frontier: Frontier;
}

export interface Gap extends Signed {
  readonly kind: 'gap';
  readonly until: number;
}

/** The text that is signed, one member a line. */
export function statementText(origin: string, statement: Statement): string {
  const { kind, size, root, at } = statement;
  const lines = [
    kind === 'checkpoint' ? origin : `${origin}/${kind}`,
    String(size),
    root.toString('base64'),
    `time ${at.toISOString()}`,
  ];
  if (statement.kind === 'gap') lines.push(`until ${statement.until}`);
  if (statement.kind === 'prune') {
    lines.push(`hash ${statement.hash}`);
    lines.push(...statement.frontier.nodes.map((node) => `node ${node.toString('base64')}`));
  }
  return `${lines.join('\n')}\n`;
}

/** What a note says, when this key signed it; null for a forged, damaged or foreign one. */
export function readStatement(verifier: NoteVerifier, note: string): Statement | null {
  const text = verifier.open(note);
  if (text === null) return null;
  const [first = '', sizeText = '', rootText = '', ...rest] = text.slice(0, -1).split('\n');
  const values = (name: string): readonly string[] =>
    rest.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1));
  const size = whole(sizeText);
  const root = Buffer.from(rootText, 'base64');
  const at = new Date(values('time')[0] ?? '');
  if (size === null || root.length !== 32 || Number.isNaN(at.getTime())) return null;
  const signed = { size, root, at };
  switch (first) {
    case verifier.origin:
      return { kind: 'checkpoint', ...signed };
    case `${verifier.origin}/gap`: {
      const until = whole(values('until')[0] ?? '');
      return until === null ? null : { kind: 'gap', ...signed, until };
    }
    case `${verifier.origin}/prune`: {
      const nodes = values('node').map((node) => Buffer.from(node, 'base64'));
      const hash = values('hash')[0] ?? '';
      const isWhole = nodes.length === edgeCount(size) && rootOf(nodes).equals(root);
      return isWhole ? { kind: 'prune', ...signed, hash, frontier: { size, nodes } } : null;
    }
    default:
      return null;
  }
}

function whole(text: string): number | null {
  return /^(?:0|[1-9]\d{0,14})$/u.test(text) ? Number(text) : null;
}
