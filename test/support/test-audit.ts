import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, systemClock } from '../../src/lib/clock.ts';
import { systemRandom } from '../../src/lib/random.ts';
import { createAnchorFile } from '../../src/platform/audit/anchors.ts';
import { type Audit, type AuditDeps, createAudit } from '../../src/platform/audit/audit.ts';
import { createNoteSigner } from '../../src/platform/audit/signed-note.ts';
import type { TestDatabase } from './test-database.ts';

/** What a test of the audit holds: the log, its key and the file of its anchors. */
export interface TestAudit {
  readonly audit: Audit;
  readonly deps: AuditDeps;
  /** Another process on the same log. */
  again(change?: Partial<AuditDeps>): Audit;
  readonly folder: string;
  readonly anchorPath: string;
  remove(): Promise<void>;
}

/** A log in a database that has the audit's tables, with a key and an anchor file of its own. */
export async function createTestAudit(
  database: TestDatabase,
  clock: Pick<Clock, 'now'> = systemClock,
): Promise<TestAudit> {
  const folder = await mkdtemp(join(tmpdir(), 'cms-audit-'));
  const anchorPath = join(folder, 'audit', 'anchors.jsonl');
  const deps: AuditDeps = {
    database,
    clock,
    signer: createNoteSigner(systemRandom.bytes(32)),
    anchors: [createAnchorFile(anchorPath)],
    version: '0.0.0-test',
  };
  return {
    audit: createAudit(deps),
    deps,
    again: (change = {}) => createAudit({ ...deps, ...change }),
    folder,
    anchorPath,
    remove: async () => await rm(folder, { recursive: true, force: true, maxRetries: 5 }),
  };
}
