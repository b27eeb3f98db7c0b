import type { AnchorRead } from './anchors.ts';

/** One entry as it lies in the database or in a bundle. */
export interface StoredLine {
  readonly seq: number;
  readonly body: string;
  /** The hash that is kept beside it, when one is. */
  readonly hash?: string;
  /** What other columns say; they must say what the body says. */
  readonly columns?: LineColumns;
}

export interface LineColumns {
  readonly atMs: number;
  readonly event: string;
  readonly outcome: string;
  readonly actor: string;
  readonly target: string | null;
  readonly correlationId: string;
  readonly begun: number | null;
}

/** Where the log and what was signed about it are read from. */
export interface LogSource {
  /** In order of `seq`, in pages. */
  lines(): AsyncIterable<readonly StoredLine[]>;
  /** The signed notes that lie with the entries. */
  notes(): AsyncIterable<string>;
  /** Notes that lie elsewhere, by the name of the place. */
  readonly anchors: readonly { readonly name: string; read(): AsyncIterable<AnchorRead> }[];
}
