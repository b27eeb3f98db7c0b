import type { HostWrite, Markers } from '../../domain/ports/code-host.ts';
import { repositoryKey } from '../../domain/repository.ts';

/** The body with its marker, as it is sent. */
export function marked(body: string, marker: string): string {
  return `${body}\n\n${marker}`;
}

/** The words alone: what stood before the marker, with the line ends of ours. */
export function unmarked(body: string): string {
  return body.replaceAll('\r\n', '\n').replaceAll(markerPattern, '').trim();
}

/** The marker in a body, null when there is none; not checked. */
export function markerIn(body: string): string | null {
  return body.match(markerPattern)?.[0] ?? null;
}

const markerPattern = /<!-- cms:1:[^>]*-->/gu;

/** Whether the body carries the marker of this very write, signed by us for this repository. */
export function carries(markers: Markers, body: string, write: HostWrite): boolean {
  const key = repositoryKey(write.repository);
  const wanted = markers.read(write.marker, key);
  if (wanted === null) return false;
  return body.includes(write.marker) || markers.read(body, key)?.intentId === wanted.intentId;
}
