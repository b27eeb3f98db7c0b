/** What a sandboxed process asked for and did not get. */
export interface EgressRefusal {
  /** Null for what went past the proxy: the kernel counts it, without saying where to. */
  readonly host: string | null;
  readonly port: number | null;
  readonly why: string;
  /** How often: connections, and packets of other kinds. */
  readonly attempts: number;
}

/** Where to, as people read it; what was gone to directly is not known one by one. */
export function placeOf({ host, port }: Pick<EgressRefusal, 'host' | 'port'>): string {
  return host === null ? 'past the proxy' : `${host}:${port}`;
}

/** A refusal in one line, from the event as it was stored. */
export function refusalWords(event: Readonly<Record<string, unknown>>): string {
  const { why, attempts, ...place } = event as unknown as EgressRefusal;
  return `Not let out ${place.host === null ? '' : 'to '}${placeOf(place)}: ${why}${attempts > 1 ? ` (${attempts} times)` : ''}`;
}
