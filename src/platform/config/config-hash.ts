import { sha256 } from '../../lib/hash.ts';
import { canonicalJson } from '../../lib/json.ts';
import { isObject } from './overlays.ts';
import type { Config } from './schema.ts';

/** Where a process keeps its files and where it listens is its own affair. */
const ownKeys: readonly string[] = [
  'dataDir',
  'logDir',
  'server',
  'backup.folder',
  'security.vault.keyFile',
  'security.audit.anchorFile',
];

/** SHA-256 over what has to be equal in all processes of one system, defaults filled in. */
export function configHash(config: Config): string {
  const common = structuredClone(config) as unknown as Record<string, unknown>;
  for (const key of ownKeys) {
    const path = key.split('.');
    let place: unknown = common;
    for (const part of path.slice(0, -1)) place = isObject(place) ? place[part] : undefined;
    if (isObject(place)) delete place[path.at(-1) ?? ''];
  }
  return sha256(canonicalJson(common));
}
