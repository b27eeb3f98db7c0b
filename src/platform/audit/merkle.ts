import { hash } from 'node:crypto';

/** RFC 6962, section 2.1: SHA-256, leaves prefixed with 0x00, inner nodes with 0x01. All hashes are 32 bytes. */

/** Hash of one leaf: the line of an entry as UTF-8. */
export function leafHash(body: string): Buffer {
  return hash('sha256', `\0${body}`, 'buffer');
}

/** Hash over two subtrees. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(65);
  bytes[0] = 1;
  bytes.set(left, 1);
  bytes.set(right, 33);
  return hash('sha256', bytes, 'buffer');
}

/** The whole subtrees of a tree that grows at its right edge, largest first: all that appending and the root need. */
export interface Frontier {
  readonly size: number;
  readonly nodes: readonly Buffer[];
}

export const emptyTree: Frontier = { size: 0, nodes: [] };

/** A frontier that is changed in place, for long runs of leaves. */
export interface GrowingTree {
  size(): number;
  add(leaf: Buffer): void;
  root(): Buffer;
  frontier(): Frontier;
}

export function growTree(from: Frontier): GrowingTree {
  const nodes = [...from.nodes];
  let { size } = from;
  return {
    size: () => size,
    add: (leaf) => {
      let node = leaf;
      for (let rest = size; rest % 2 === 1; rest = Math.floor(rest / 2))
        node = nodeHash(nodes.pop() as Buffer, node);
      nodes.push(node);
      size += 1;
    },
    root: () => rootOf(nodes),
    frontier: () => ({ size, nodes: [...nodes] }),
  };
}

/** Root over whole subtrees, largest first; of none it is the hash of nothing. */
export function rootOf(nodes: readonly Buffer[]): Buffer {
  if (nodes.length === 0) return hash('sha256', '', 'buffer');
  return nodes
    .slice(0, -1)
    .reduceRight((root, node) => nodeHash(node, root), nodes.at(-1) as Buffer);
}

/** How many whole subtrees a tree of this size has at its edge. */
export function edgeCount(size: number): number {
  let count = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) count += rest % 2;
  return count;
}

/** The leaves of a log whose beginning may have been pruned: what came before them is known only by its frontier. */
export interface TreeLeaves {
  readonly before: Frontier;
  /** Hash of the leaf with this 0-based index, at least `before.size`. */
  readonly leaf: (index: number) => Buffer;
}

/** Proves that the leaf is in the tree of the first `size` leaves (RFC 6962, section 2.1.1). */
export function inclusionProof(leaves: TreeLeaves, index: number, size: number): readonly Buffer[] {
  return pathTo(subtreeHashes(leaves), index, 0, size);
}

/** Proves that the tree of `size` leaves began as the tree of `older` leaves (RFC 6962, section 2.1.2). */
export function consistencyProof(
  leaves: TreeLeaves,
  older: number,
  size: number,
): readonly Buffer[] {
  if (older === 0 || older === size) return [];
  return subproof(subtreeHashes(leaves), older, 0, size, true);
}

type SubtreeHash = (from: number, to: number) => Buffer;

function pathTo(hashes: SubtreeHash, index: number, from: number, to: number): readonly Buffer[] {
  if (to - from === 1) return [];
  const middle = from + split(to - from);
  return index < middle
    ? [...pathTo(hashes, index, from, middle), hashes(middle, to)]
    : [...pathTo(hashes, index, middle, to), hashes(from, middle)];
}

function subproof(
  hashes: SubtreeHash,
  older: number,
  from: number,
  to: number,
  isWhole: boolean,
): readonly Buffer[] {
  if (older === to) return isWhole ? [] : [hashes(from, to)];
  const middle = from + split(to - from);
  return older <= middle
    ? [...subproof(hashes, older, from, middle, isWhole), hashes(middle, to)]
    : [...subproof(hashes, older, middle, to, false), hashes(from, middle)];
}

/** Largest power of two below the count. */
function split(count: number): number {
  let power = 1;
  while (power * 2 < count) power *= 2;
  return power;
}

/** Hashes of aligned subtrees, each made once. */
function subtreeHashes({ before, leaf }: TreeLeaves): SubtreeHash {
  const known = new Map<string, Buffer>();
  let start = 0;
  for (const node of before.nodes) {
    const width = 2 ** Math.floor(Math.log2(before.size - start));
    known.set(`${start}-${start + width}`, node);
    start += width;
  }
  const hashes: SubtreeHash = (from, to) => {
    if (to - from === 1 && from >= before.size) return leaf(from);
    const name = `${from}-${to}`;
    const made = known.get(name);
    if (made !== undefined) return made;
    if (to <= before.size && to - from === 1) throw new RangeError(`leaf ${from} was pruned`);
    const middle = from + split(to - from);
    const node = nodeHash(hashes(from, middle), hashes(middle, to));
    known.set(name, node);
    return node;
  };
  return hashes;
}

/** Whether the path leads from the leaf to the root (RFC 9162, section 2.1.3.2). */
export function provesInclusion(proof: {
  readonly leaf: Buffer;
  readonly index: number;
  readonly size: number;
  readonly path: readonly Buffer[];
  readonly root: Buffer;
}): boolean {
  if (proof.index < 0 || proof.index >= proof.size) return false;
  let [at, last, node] = [proof.index, proof.size - 1, proof.leaf];
  for (const sibling of proof.path) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      node = nodeHash(sibling, node);
      while (at % 2 === 0 && at !== 0) [at, last] = [at / 2, Math.floor(last / 2)];
    } else node = nodeHash(node, sibling);
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  }
  return last === 0 && node.equals(proof.root);
}
