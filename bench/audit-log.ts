import { join } from 'node:path';
import { systemClock } from '../src/lib/clock.ts';
import { silentLog } from '../src/lib/log.ts';
import { systemRandom } from '../src/lib/random.ts';
import { createAnchorFile } from '../src/platform/audit/anchors.ts';
import { type Audit, auditMigrations, createAudit } from '../src/platform/audit/audit.ts';
import { createNoteSigner } from '../src/platform/audit/signed-note.ts';
import { type Database, openDatabase } from '../src/platform/database/database.ts';
import { migrate } from '../src/platform/database/migrate.ts';

/** The audit log of a folder, always with the same key, so that another process can verify it. Close audit, then database. */
export async function openAuditLog(
  folder: string,
): Promise<{ readonly database: Database; readonly audit: Audit }> {
  const deps = { clock: systemClock, random: systemRandom, log: silentLog };
  const searchPath = process.env['PATH'];
  const database = await openDatabase({ dataDir: folder }, { ...deps, searchPath });
  await migrate(database, auditMigrations);
  const audit = createAudit({
    database,
    clock: systemClock,
    signer: createNoteSigner(Buffer.alloc(32, 7)),
    anchors: [createAnchorFile(join(folder, 'audit', 'anchors.jsonl'))],
    version: '0.0.0-bench',
  });
  return { database, audit };
}
