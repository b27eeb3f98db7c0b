import { AppError } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Audit } from '../../platform/audit/audit.ts';
import type { ChainedEntry } from '../../platform/audit/audit-entry.ts';
import type { Served } from '../gate.ts';
import { serve } from '../gate.ts';
import type { EvidenceReport } from './contract.ts';
import { reportEvidence } from './contract.ts';
import { type Control, controls, counts } from './controls.ts';
import { reportPage } from './report-page.ts';
import { writeWhole } from './verify-handler.ts';

export interface ReportPorts {
  readonly audit: Pick<Audit, 'proofs' | 'period' | 'verifierKey'>;
  readonly clock: Pick<Clock, 'now'>;
  /** Of this program. */
  readonly version: string;
}

type Found = EvidenceReport['controls'][number];

const samplesAtMost = 5;
const exceptionsAtMost = 100;

/** `security.report`. */
export function reportHandlers({ audit, clock, version }: ReportPorts): readonly Served[] {
  return [
    serve(reportEvidence, async ({ hours, html }, { correlationId, door, progress }) => {
      if (html !== undefined && door !== 'cli' && door !== 'library') throw notHere();
      const until = clock.now();
      const since = new Date(until.getTime() - hours * 3_600_000);
      const proofs = await audit.proofs();
      const counters = controls.map(createCounter);
      let entries = 0;
      for await (const page of audit.period({ since, until }))
        for (const { entry, body } of page) {
          if (entry.correlationId === correlationId) continue;
          entries += 1;
          for (const counter of counters) counter.see(entry, body);
        }
      const { ok, gaps, first, ...log } = proofs.verification;
      const report: EvidenceReport = {
        since: since.toISOString(),
        until: until.toISOString(),
        made: clock.now().toISOString(),
        product: `Claude Manager Service ${version}`,
        log: {
          intact: ok,
          firstBad: log.firstBad,
          why: log.why,
          entries: log.entries,
          firstEntry: first,
          checkpoints: log.checkpoints,
          signedUntil: log.signedUntil,
          gaps: [...gaps],
          verifierKey: audit.verifierKey,
        },
        entries: entries === 0 ? null : entries,
        controls: counters.map((counter) => counter.result((seq) => proofs.of(seq))),
        limits: [...limits],
        file: html ?? null,
      };
      if (html !== undefined) {
        await writeWhole(html, oneText(reportPage(report)));
        progress(`wrote ${html}`);
      }
      return report;
    }),
  ];
}

const limits = [
  'This is evidence out of the audit log of this service, counted by event name; whether a control is met is for its auditor to judge.',
  'What people do on GitHub itself is recorded there; only what the service saw of it stands here.',
  'Entries younger than the last anchor, at most a minute, are protected by the hash chain only.',
  'Whoever holds both the key in the data folder and every anchor could write another history after the last anchor that is kept elsewhere.',
];

function createCounter(control: Control): {
  see(entry: ChainedEntry, line: string): void;
  result(proof: (seq: number) => string | null): Found;
} {
  let count = 0;
  let exceptionCount = 0;
  const outcomes: Record<string, number> = {};
  const samples: Found['samples'] = [];
  const exceptions: Found['exceptions'] = [];
  return {
    see: (entry, line) => {
      if (!counts(control, entry.event)) return;
      count += 1;
      outcomes[entry.outcome] = (outcomes[entry.outcome] ?? 0) + 1;
      const { seq, event, outcome, target, actor } = entry;
      const told = { seq, at: entry.at.toISOString(), event, outcome, actor: actor.name, target };
      // Spread over the period: the place of the sample is given by the count, so that the same log gives the same report.
      const place =
        count <= samplesAtMost ? count - 1 : isPower(count) ? Math.log2(count) % samplesAtMost : -1;
      if (place >= 0) samples[place] = { ...told, line, proof: null };
      const text = control.exception?.(entry) ?? null;
      if (text === null) return;
      exceptionCount += 1;
      if (exceptions.length < exceptionsAtMost) exceptions.push({ seq, text });
    },
    result: (proof) => ({
      framework: control.framework,
      control: control.control,
      title: control.title,
      counted: [...control.counted],
      count: count === 0 ? null : count,
      outcomes,
      samples: samples
        .toSorted((one, other) => one.seq - other.seq)
        .map((sample) => ({ ...sample, proof: proof(sample.seq) })),
      exceptions,
      exceptionCount,
    }),
  };
}

function isPower(count: number): boolean {
  return Number.isInteger(Math.log2(count));
}

async function* oneText(text: string): AsyncIterable<string> {
  yield text;
}

function notHere(): AppError {
  return new AppError({
    kind: 'invalid_input',
    code: 'export_elsewhere',
    message:
      'The field html names a file on the machine of the service; only its own command line may.',
    next: 'Leave it out and use the answer, or run `claude-manager security report --html FILE` there.',
    details: { field: 'html' },
  });
}
