import type { CodeHost, Markers } from '../../domain/ports/code-host.ts';
import { repositoryKey } from '../../domain/repository.ts';
import type { Log } from '../../lib/log.ts';
import { countObjective } from '../../platform/telemetry/objectives.ts';
import type { Telemetry } from '../../platform/telemetry/telemetry.ts';

export interface DuplicateDeps {
  readonly markers: Pick<Markers, 'read'>;
  readonly telemetry: Pick<Telemetry, 'record'>;
  readonly log: Log;
}

/** The oldest are forgotten first; those that stand twice stand close to each other. */
const mostKnown = 20_000;
const markerBegins = '<!-- cms:';

/**
 * A host on which the same write of ours is noticed when it stands in two places, by the markers in what is read anyway.
 * Each write counts once a process, and each place too many once. Markers can be copied, so only texts of our own login count.
 */
export function withDuplicateWatch(host: CodeHost, deps: DuplicateDeps): CodeHost {
  const placeOf = new Map<string, string>();
  const told = new Set<string>();
  const count = (isDone: boolean): void =>
    countObjective(deps.telemetry, 'effects_once', { durationMs: 0, isDone, correlationId: null });
  return {
    ...host,
    latestTexts: async (ref) => {
      const found = await host.latestTexts(ref);
      let self: string | null = null;
      for (const { body, author, number, url } of found) {
        // Ours stands at the end; others may have come in with words that we quote.
        const begins = body.lastIndexOf(markerBegins);
        const mark = begins < 0 ? null : deps.markers.read(body.slice(begins), repositoryKey(ref));
        const place = url ?? (number === null ? null : `${ref.name}#${number}`);
        if (mark === null || place === null) continue;
        const key = `${repositoryKey(ref)} ${mark.intentId}`;
        const first = placeOf.get(key);
        if (first === place || told.has(`${key} ${place}`)) continue;
        self ??= (await host.self()).toLowerCase();
        if (author?.toLowerCase() !== self) continue;
        if (first === undefined) {
          const [oldest] = placeOf.keys();
          if (placeOf.size >= mostKnown && oldest !== undefined) placeOf.delete(oldest);
          placeOf.set(key, place);
          count(true);
          continue;
        }
        told.add(`${key} ${place}`);
        count(false);
        const facts = { intentId: mark.intentId, places: [first, place], code: 'effect_twice' };
        deps.log.error(facts, 'a write of ours stands twice on the code host');
      }
      return found;
    },
  };
}
