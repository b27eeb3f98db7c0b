/** What was said about one commit by a machine: a check run or a commit status. */
export interface HostCheck {
  /** Another one after a rerun; unique for the commit. */
  readonly id: string;
  readonly name: string;
  /** `other` is neither good nor bad: canceled, or it waits for a person. */
  readonly state: 'pending' | 'passed' | 'failed' | 'other';
  /** What the check says of itself, in short. */
  readonly summary: string | null;
  /** Where the log of its job is read; null when there is none. */
  readonly job: string | null;
  /** The run of a pipeline whose failed jobs can be run again; null when they cannot. */
  readonly rerun: string | null;
}

/** What a person said in the review of a pull request. */
export interface ReviewRemark {
  /** `<kind>:<number>`; unique in the repository. */
  readonly id: string;
  /** `changes_requested`: a standing demand (the last review of its author). `thread`: a remark on a line. */
  readonly kind: 'changes_requested' | 'thread';
  readonly author: string;
  readonly authorIsBot: boolean;
  readonly body: string;
  /** Of a thread. */
  readonly path: string | null;
  readonly line: number | null;
  /** First remark of the thread, by which it is answered and resolved; null outside of threads. */
  readonly thread: number | null;
  readonly at: Date;
}
