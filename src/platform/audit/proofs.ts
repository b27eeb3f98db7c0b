import { consistencyProof, emptyTree, type Frontier, inclusionProof } from './merkle.ts';
import type { Verification } from './verify-log.ts';

/** Proofs out of one reading of the whole log. */
export interface Proofs {
  readonly verification: Verification;
  /** That the entry is in the log at its last checkpoint, in the form C2SP tlog-proof; null when none covers it. */
  of(seq: number): string | null;
  /** RFC 6962 consistency proof between two sizes that are in the log, base64. */
  consistency(older: number, size: number): readonly string[];
}

/** Holds 32 bytes an entry. */
export interface LeafStore {
  start(frontier: Frontier): void;
  add(seq: number, leaf: Buffer): void;
  proofs(
    verification: Verification,
    checkpoint: { readonly size: number; readonly note: string } | null,
  ): Proofs;
}

const growBy = 32 * 16_384;

export function collectLeaves(): LeafStore {
  let before = emptyTree;
  let bytes = Buffer.alloc(growBy);
  let count = 0;
  return {
    start: (frontier) => {
      before = frontier;
    },
    add: (_seq, leaf) => {
      if ((count + 1) * 32 > bytes.length)
        bytes = Buffer.concat([bytes, Buffer.alloc(bytes.length)]);
      leaf.copy(bytes, count * 32);
      count += 1;
    },
    proofs: (verification, checkpoint) => {
      const leaf = (index: number): Buffer => {
        const at = index - before.size;
        return bytes.subarray(at * 32, at * 32 + 32);
      };
      const leaves = { before, leaf };
      return {
        verification,
        of: (seq) => {
          if (checkpoint === null || seq <= before.size || seq > checkpoint.size) return null;
          const path = inclusionProof(leaves, seq - 1, checkpoint.size);
          const hashes = path.map((node) => `${node.toString('base64')}\n`).join('');
          return `c2sp.org/tlog-proof@v1\nindex ${seq - 1}\n${hashes}\n${checkpoint.note}`;
        },
        consistency: (older, size) =>
          consistencyProof(leaves, older, size).map((node) => node.toString('base64')),
      };
    },
  };
}
