import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { Random } from '../lib/random.ts';
import { createAnchorFile } from '../platform/audit/anchors.ts';
import type { Audit } from '../platform/audit/audit.ts';
import { createAudit } from '../platform/audit/audit.ts';
import { createNoteSigner } from '../platform/audit/signed-note.ts';
import type { Database } from '../platform/database/database.ts';
import { loadOrCreateKey } from '../platform/effects/key-file.ts';
import type { Redactor } from '../platform/redaction/redactor.ts';

export interface AuditParts {
  readonly dataDir: string;
  readonly database: Pick<Database, 'kysely'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Of this program. */
  readonly version: string;
  readonly redactor: Pick<Redactor, 'redact'>;
}

/** The audit log of a data folder: its key lies with the other keys, its anchors in a folder of their own. */
export async function openAudit(parts: AuditParts): Promise<Audit> {
  const { dataDir, log } = parts;
  const seed = await loadOrCreateKey(join(dataDir, 'keys', 'audit.key'), parts.random);
  return createAudit({
    ...parts,
    redact: (text) => parts.redactor.redact(text),
    signer: createNoteSigner(seed),
    anchors: [createAnchorFile(join(dataDir, 'audit', 'anchors.jsonl'))],
    sessionKey: createHash('sha256').update('sessions').update(seed).digest(),
    onFault: ({ code, message }) => {
      log.error({ category: 'security', code, reason: message }, 'audit fault');
    },
  });
}
