/** What changed in the store, in the order of commits, durable for some days. */
export interface ChangeFeed {
  /** The cursor of now. */
  latest(): Promise<string>;
  /** Everything committed after the cursor, without gaps; a change may be told twice. `reset`: the cursor tells nothing here. */
  since(
    cursor: string,
    limit: number,
  ): Promise<{
    readonly changes: readonly Change[];
    readonly next: string;
    readonly reset: boolean;
  }>;
  /** Calls soon after something was committed, by whatever process, and now and then without a reason. Answers how to stop. */
  watch(onChange: () => void): () => Promise<void>;
  /** Forgets what is older; answers how many. */
  prune(before: Date): Promise<number>;
}

export interface Change {
  readonly topic: 'task' | 'run' | 'finding' | 'pause' | 'scan';
  /** Id of the task or run; key of the repository for the others, `*` for all. */
  readonly id: string;
  readonly taskId: string | null;
  /** State of the task, or outcome of the run; null where there is none. */
  readonly state: string | null;
  readonly repository: string | null;
  readonly at: Date;
}
