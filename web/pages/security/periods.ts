/** Periods that people look back over, in hours. */
export const periods = [
  { value: '1', word: 'Last hour' },
  { value: '24', word: 'Last 24 hours' },
  { value: '168', word: 'Last 7 days' },
  { value: '720', word: 'Last 30 days' },
  { value: '2160', word: 'Last 90 days' },
  { value: '8784', word: 'Last 366 days' },
] as const;

/** `the last 24 hours`. */
export function periodWords(hours: number): string {
  const known = periods.find(({ value }) => value === String(hours));
  return known === undefined ? `the last ${hours} hours` : `the ${known.word.toLowerCase()}`;
}
