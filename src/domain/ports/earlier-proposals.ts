import type { RepositoryRef } from '../repository.ts';

/** A TODO that the first generation proposed already, as its task_tracker.json names it. */
export interface EarlierProposal {
  /** The key of its entry: 16 hexadecimal digits. */
  readonly id: string;
  readonly repository: RepositoryRef;
  /** Relative to the repository root. */
  readonly path: string;
  /** 1-based, at the time. */
  readonly line: number;
  /** The whole line of code, trimmed. */
  readonly content: string;
  readonly proposedAt: Date;
  /** Of the manager repository; the first generation seldom noted it. */
  readonly issueNumber: number | null;
}

/** What was proposed before this database was made, so that it is not proposed again. */
export interface EarlierProposals {
  of(repository: RepositoryRef): Promise<readonly EarlierProposal[]>;
  /** Adds those that are not there yet; answers how many were new. */
  add(proposals: readonly EarlierProposal[], at: Date): Promise<number>;
}
