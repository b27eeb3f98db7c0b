import { AppError } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Audit } from '../../platform/audit/audit.ts';
import type { ChainedEntry } from '../../platform/audit/audit-entry.ts';
import type { Served } from '../gate.ts';
import { serve } from '../gate.ts';
import { writeWhole } from '../security/verify-handler.ts';
import type { AuditLine } from './contract.ts';
import { declareAuditGap, exportAudit, listAudit, showAudit } from './contract.ts';
import { ocsfEvent, ocsfVersion } from './ocsf.ts';

export interface AuditPorts {
  readonly audit: Pick<Audit, 'list' | 'get' | 'period' | 'proofs' | 'declareGap'>;
  readonly clock: Pick<Clock, 'now'>;
  /** Of this program. */
  readonly version: string;
}

const linesAtMost = 10_000;

/** `audit.list`, `audit.show`, `audit.export`, `audit.declare-gap`. */
export function auditHandlers({ audit, clock, version }: AuditPorts): readonly Served[] {
  return [
    serve(listAudit, async ({ since, until, q, ...query }) => {
      const asked = Object.fromEntries(
        Object.entries(query).filter(([, value]) => value !== undefined),
      );
      const words = (q ?? '').split(/\s+/u).filter((one) => one !== '');
      const found = await audit.list({ ...asked, words, ...rangeOf({ since, until }) });
      const isFull = found.length === query.limit;
      const last = found.at(-1)?.seq ?? 1;
      return { entries: found.map(lineOf), beforeSeq: isFull && last > 1 ? last : null };
    }),
    serve(showAudit, async ({ seq, proof }) => {
      const found = await audit.get(seq);
      if (found === null) throw noEntry(seq);
      const proofs = proof ? await audit.proofs() : null;
      return { entry: lineOf(found.entry), line: found.body, proof: proofs?.of(seq) ?? null };
    }),
    serve(exportAudit, async ({ since, until, format, file }, { door, progress }) => {
      const range = { until: clock.now(), ...rangeOf({ since, until }) };
      let entries = 0;
      const lines = async function* (): AsyncIterable<string> {
        for await (const page of audit.period(range)) {
          entries += page.length;
          for (const { entry, body } of page)
            yield format === 'jsonl' ? body : JSON.stringify(ocsfEvent(entry, body, { version }));
        }
      };
      const schema = format === 'jsonl' ? 'claude-manager-audit/1' : `OCSF ${ocsfVersion}`;
      if (file === undefined) {
        const all: string[] = [];
        for await (const line of lines()) {
          if (all.length === linesAtMost) throw tooMuch();
          all.push(line);
        }
        return { format, schema, entries, file: null, lines: all };
      }
      if (door !== 'cli' && door !== 'library') throw notHere();
      await writeWhole(file, withLineFeeds(lines()));
      progress(`wrote ${file}`);
      return { format, schema, entries, file, lines: null };
    }),
    serve(
      declareAuditGap,
      async ({ reason }, { actor, correlationId }) =>
        await audit.declareGap({ actor, correlationId, reason, facts: {} }),
    ),
  ];
}

function lineOf(entry: ChainedEntry): AuditLine {
  const { previousHash: _, at, actor, facts, ...told } = entry;
  return { ...told, at: at.toISOString(), actor: { ...actor }, facts: { ...facts } };
}

function rangeOf({ since, until }: { since?: string | undefined; until?: string | undefined }) {
  return {
    ...(since === undefined ? {} : { since: new Date(since) }),
    ...(until === undefined ? {} : { until: new Date(until) }),
  };
}

async function* withLineFeeds(lines: AsyncIterable<string>): AsyncIterable<string> {
  for await (const line of lines) yield `${line}\n`;
}

function noEntry(seq: number): AppError {
  return new AppError({
    kind: 'not_found',
    code: 'audit_entry_unknown',
    message: `The audit log has no entry ${seq}.`,
    next: 'See `claude-manager audit list`.',
    details: { field: 'seq' },
  });
}

function tooMuch(): AppError {
  return new AppError({
    kind: 'invalid_input',
    code: 'audit_export_too_long',
    message: `The period holds more than ${linesAtMost} entries, which is too much for one answer.`,
    next: 'Name a shorter period with since and until, or a file at the command line of the service.',
    details: { field: 'since' },
  });
}

function notHere(): AppError {
  return new AppError({
    kind: 'invalid_input',
    code: 'export_elsewhere',
    message:
      'The field file names a file on the machine of the service; only its own command line may.',
    next: 'Leave it out, or run `claude-manager audit export --file FILE` there.',
    details: { field: 'file' },
  });
}
