import type { ColumnType, Generated, Selectable } from 'kysely';

/** Tables of this room, keyed by the folder of the repository. */
export interface LocalTables {
  readonly local_items: ItemTable;
  readonly local_comments: {
    readonly id: Generated<number>;
    readonly repository: string;
    readonly number: number;
    readonly author: string;
    readonly body: string;
    /** Unique, so that one intent makes one comment. */
    readonly marker: string | null;
    readonly created_at: Date;
  };
  readonly local_events: {
    readonly id: Generated<number>;
    readonly repository: string;
    readonly number: number;
    readonly type: string;
    readonly actor: string;
    readonly label: string | null;
    readonly at: Date;
  };
}

/** Issues and pull requests: they share their numbers, as on GitHub. */
interface ItemTable {
  readonly repository: string;
  readonly number: number;
  readonly kind: 'issue' | 'pull';
  readonly title: string;
  readonly body: string;
  readonly state: 'open' | 'closed' | 'merged';
  readonly state_reason: string | null;
  readonly author: string;
  readonly labels: ColumnType<string[], readonly string[], readonly string[]>;
  /** Unique, so that one intent makes one item. */
  readonly marker: string | null;
  readonly draft: boolean;
  readonly head_branch: string | null;
  /** The last commit that was seen at the branch. */
  readonly head_sha: string | null;
  readonly base_branch: string | null;
  readonly merge_commit: string | null;
  readonly created_at: ColumnType<Date, Date, never>;
  readonly updated_at: Date;
}

export type Item = Selectable<ItemTable>;
