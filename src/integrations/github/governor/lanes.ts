/** Who waits: a person > the delivery of approved work > following it > proposing and scanning. */
export const lanes = ['person', 'deliver', 'follow', 'propose'] as const;
export type Lane = (typeof lanes)[number];

/** What one request takes from the budget. */
export interface Demand {
  readonly lane: Lane;
  /** POST, PATCH, PUT, DELETE: 5 points, one at a time; everything else is a read of 1 point. */
  readonly write: boolean;
  /** Makes issues, comments, pull requests, labels: counted apart. */
  readonly createsContent: boolean;
}

/** The lower, the earlier its turn. */
export const rankOf = (lane: Lane): number => lanes.indexOf(lane);
