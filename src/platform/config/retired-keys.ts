import { isObject, lay } from './overlays.ts';

/** A key that files of the first generation may hold and that means nothing under that name any more. */
interface RetiredKey {
  readonly path: string;
  /** The key that took its place; null when nothing did. */
  readonly to: string | null;
  /** The value in terms of the new key; as it is when left out. */
  readonly convert?: (value: unknown) => unknown;
  /** What became of it. */
  readonly why: string;
}

/** One use of such a key in a file. */
export interface RetiredUse {
  readonly path: string;
  readonly to: string | null;
  /** What now stands at `to`; undefined when the file sets that key itself, or there is none. */
  readonly value: unknown;
  readonly why: string;
}

const seconds = (value: unknown): unknown => (typeof value === 'number' ? value * 1000 : value);

/** As the first generation and its configuration service wrote them. */
const retiredKeys: readonly RetiredKey[] = [
  {
    path: 'analyzer.cleanupTasksOlderThanDays',
    to: null,
    why: 'what was proposed is remembered for good, because a forgotten proposal would be made again',
  },
  {
    path: 'analyzer.maxConcurrentScans',
    to: null,
    why: 'repositories are scanned one after the other, only what changed',
  },
  { path: 'analyzer.scanTimeoutSeconds', to: null, why: 'a scan has a deadline of its own' },
  {
    path: 'analyzer.maxTodosPerFile',
    to: null,
    why: 'proposals are capped by repository: analyzer.maxIssuesPerRepo',
  },
  {
    path: 'analyzer.maxResults',
    to: null,
    why: 'every finding is kept; proposals are capped by analyzer.maxIssuesPerRepo',
  },
  { path: 'performance.enabled', to: 'performance.monitoringEnabled', why: 'it was renamed' },
  {
    path: 'performance.alertThresholds',
    to: null,
    why: 'alerts compare with a baseline and an availability: section alerts',
  },
  {
    path: 'github.apiTimeout',
    to: 'resilience.github.timeoutMs',
    convert: seconds,
    why: 'it is counted in milliseconds now',
  },
  {
    path: 'security.maxContentLength',
    to: null,
    why: 'each field has a length of its own; bodies are bounded by server.bodyLimitKb',
  },
  { path: 'security.maxInputLength', to: null, why: 'each field has a length of its own' },
  { path: 'security.enableValidation', to: null, why: 'input is always checked' },
  { path: 'security.logSensitiveData', to: null, why: 'secrets are never logged' },
  {
    path: 'rateLimiting.maxRequests',
    to: null,
    why: 'requests are counted by client and minute: security.rate_limiting.max_requests_per_minute',
  },
  { path: 'rateLimiting.timeWindow', to: null, why: 'limits count by the minute now' },
  { path: 'monitoring.enableHealthChecks', to: null, why: 'health is always measured' },
  {
    path: 'monitoring.metricsCollection',
    to: 'performance.monitoringEnabled',
    why: 'it was renamed',
  },
  { path: 'monitoring.performanceTracking', to: null, why: 'see performance.monitoringEnabled' },
];

/**
 * Takes the retired keys out of what a file says and puts their values where they belong now, unless the file sets the
 * new key as well. Changes `tree`.
 */
export function takeRetired(tree: Record<string, unknown>): readonly RetiredUse[] {
  const given = structuredClone(tree);
  const uses = retiredKeys.flatMap(({ path, to, convert, why }): readonly RetiredUse[] => {
    const [section = '', name = ''] = path.split('.');
    const before = own(given, section);
    const place = own(tree, section);
    if (!isObject(place) || !isObject(before) || !Object.hasOwn(before, name)) return [];
    const value = convert === undefined ? before[name] : convert(before[name]);
    delete place[name];
    const target = to?.split('.') ?? null;
    const isFree = target !== null && !isThere(tree, target);
    if (isFree) lay(tree, { path: target, value });
    return [{ path, to, value: isFree ? value : undefined, why }];
  });
  for (const section of new Set(uses.map(({ path }) => path.split('.')[0] ?? ''))) {
    const place = own(tree, section);
    if (retiredSections.has(section) && isObject(place) && Object.keys(place).length === 0)
      delete tree[section];
  }
  return uses;
}

/** Sections that the schema does not have at all. */
const retiredSections: ReadonlySet<string> = new Set(['rateLimiting', 'monitoring']);

function own(tree: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(tree, name) ? tree[name] : undefined;
}

function isThere(tree: unknown, path: readonly string[]): boolean {
  let place = tree;
  for (const part of path) {
    if (!isObject(place) || !Object.hasOwn(place, part)) return false;
    place = place[part];
  }
  return true;
}
