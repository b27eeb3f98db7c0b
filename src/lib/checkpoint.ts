/** A named point between two steps where a test may kill or stop the process. In production it does nothing. */
export type Checkpoint = (point: string) => Promise<void>;

export const noCheckpoint: Checkpoint = async () => {};
