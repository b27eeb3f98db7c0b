/** Places in the write-ahead log are bytes from its beginning; 2^53 of them are nine petabytes. */
const half = 2 ** 32;

/** Reads PostgreSQL's pg_lsn, for example `16/B374D848`. */
export function parseLsn(text: string): number {
  const [high = '', low = ''] = text.split('/');
  return Number.parseInt(high, 16) * half + Number.parseInt(low, 16);
}

export function formatLsn(at: number): string {
  return `${Math.floor(at / half).toString(16)}/${(at % half).toString(16)}`.toUpperCase();
}

/** Where the segment begins that a place is in. */
export function segmentStart(at: number, segmentBytes: number): number {
  return at - (at % segmentBytes);
}

/** Name of the file in pg_wal that a place is in: timeline, and number of the segment in two parts. */
export function segmentName(timeline: number, at: number, segmentBytes: number): string {
  const number = Math.floor(at / segmentBytes);
  const perHalf = half / segmentBytes;
  return [timeline, Math.floor(number / perHalf), number % perHalf]
    .map((part) => part.toString(16).toUpperCase().padStart(8, '0'))
    .join('');
}
