import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { Random } from '../../lib/random.ts';
import { auditHandlers } from '../../operations/audit/handlers.ts';
import type { GateAudit, Served } from '../../operations/gate.ts';
import { reportHandlers } from '../../operations/security/report-handler.ts';
import { auditReviewHandlers } from '../../operations/security/review-handler.ts';
import { verifyHandlers } from '../../operations/security/verify-handler.ts';
import { createAnchorFile } from '../../platform/audit/anchors.ts';
import type { Audit } from '../../platform/audit/audit.ts';
import { createAudit } from '../../platform/audit/audit.ts';
import { openReserve } from '../../platform/audit/reserve.ts';
import { createNoteSigner } from '../../platform/audit/signed-note.ts';
import { createSyslogAnchor } from '../../platform/audit/syslog-anchor.ts';
import type { Config } from '../../platform/config/schema.ts';
import type { Database } from '../../platform/database/database.ts';
import { startPeriodic } from '../../platform/durable/periodic.ts';
import type { Redactor } from '../../platform/redaction/redactor.ts';
import { loadSharedKey } from './shared-keys.ts';

export interface AuditParts {
  readonly dataDir: string;
  readonly database: Pick<Database, 'kysely' | 'pool'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Of this program. */
  readonly version: string;
  readonly redactor: Pick<Redactor, 'redact'>;
  readonly config: Pick<Config, 'security'>;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The audit log of a data folder: its key lies with the other keys, its anchors in a folder of their own. */
export async function openAudit(parts: AuditParts): Promise<Audit> {
  const { dataDir, log } = parts;
  const seed = await loadSharedKey('audit', parts);
  const { anchorFile, syslog } = parts.config.security.audit;
  return createAudit({
    ...parts,
    reserve: await openReserve(join(dataDir, 'audit', 'reserve'), parts.random),
    redact: (text) => parts.redactor.redact(text),
    signer: createNoteSigner(seed),
    anchors: [
      createAnchorFile(join(dataDir, 'audit', 'anchors.jsonl')),
      ...(anchorFile === null ? [] : [createAnchorFile(anchorFile)]),
      ...(syslog ? [createSyslogAnchor(parts.env['PATH'] ?? '')] : []),
    ],
    sessionKey: createHash('sha256').update('sessions').update(seed).digest(),
    onFault: ({ code, message }) => {
      log.error({ category: 'security', code, reason: message }, 'audit fault');
    },
  });
}

/** Where the gate writes. */
export function gateAuditOf(audit: Audit): GateAudit {
  return {
    begin: ({ operation, actor, door, clientId, correlationId, flags, reducesHarm }) =>
      audit.begin(
        {
          event: operation,
          actor,
          source: clientId,
          target: null,
          correlationId,
          facts: { door, ...(flags === undefined ? {} : { flags }) },
        },
        reducesHarm,
      ),
    finish: (id, outcome, facts) => audit.finish(id, outcome, { ...facts }),
  };
}

/** While a service runs, by the process that leads: what is new is signed within the minute, what is too old is pruned once a day. */
export function keepAudit(
  audit: Audit,
  {
    config,
    clock,
    random,
    log,
    leads,
  }: Pick<AuditParts, 'config' | 'clock' | 'random' | 'log'> & { readonly leads: () => boolean },
): () => Promise<void> {
  const { retentionDays } = config.security.audit;
  const stops = [
    startPeriodic(
      {
        name: 'audit checkpoint',
        everyMs: 45_000,
        work: async () => {
          if (leads()) await audit.checkpoint();
        },
      },
      { clock, random, log },
    ),
    startPeriodic(
      {
        name: 'audit retention',
        everyMs: dayMs,
        work: async () => {
          if (!leads()) return untilLeadingMs;
          await audit.prune(new Date(clock.now().getTime() - retentionDays * dayMs));
          return dayMs;
        },
      },
      { clock, random, log },
    ),
  ];
  return async () => {
    await Promise.all(stops.map((stop) => stop()));
  };
}

const dayMs = 86_400_000;
/** Who begins does not lead yet, and may have to at any time: a day later would be never for who is restarted each night. */
const untilLeadingMs = 10_000;

/** Everything that can be asked about the log. */
export function auditOperations(ports: {
  readonly audit: Audit;
  readonly clock: Clock;
  readonly version: string;
}): readonly Served[] {
  return [
    ...verifyHandlers(ports),
    ...auditHandlers(ports),
    ...auditReviewHandlers(ports),
    ...reportHandlers(ports),
  ];
}
