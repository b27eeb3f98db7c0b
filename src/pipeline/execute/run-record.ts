import type { AgentEvent } from '../../domain/agent-event.ts';
import { type EgressRefusal, placeOf } from '../../domain/egress-refusal.ts';
import type { Run } from '../../domain/run.ts';
import { type PipelinePorts, pipelineActor } from '../pipeline-ports.ts';

/** What a run is seen to do, as it does it: events into the store, refused connections into the audit log. */
export interface RunRecord {
  add(event: AgentEvent): void;
  /** Each place once; a program that asks again and again does not fill the audit log. */
  egressRefused(refusal: EgressRefusal): void;
  /** Each place with how often it was refused, in the order of their first time. */
  refused(): readonly string[];
  /** The model that the agent last said it works with. */
  model(): string | null;
  /** Resolves when everything is stored. Throws what a write threw. */
  flush(): Promise<void>;
  /** The same at the end of the run, with one audit entry of all refusals where their entries do not say it yet. */
  finish(): Promise<void>;
}

const batchSize = 20;
/** Further places have no entry of their own, only their part in the entry of all. */
const placesAudited = 100;

export function createRunRecord(
  ports: Pick<PipelinePorts, 'runs' | 'audit' | 'secrets' | 'clock'>,
  run: Pick<Run, 'id' | 'taskId' | 'correlationId'>,
): RunRecord {
  let seq = 0;
  let waiting: { seq: number; at: Date; event: AgentEvent }[] = [];
  let writing = Promise.resolve();
  const places = new Map<string, number>();
  let told = 0;
  let model: string | null = null;
  const lines = { stdout: ports.secrets.lineRedactor(), stderr: ports.secrets.lineRedactor() };
  const redacted = (event: AgentEvent): AgentEvent =>
    event.type === 'output'
      ? { ...event, text: lines[event.stream](event.text) }
      : (JSON.parse(ports.secrets.redact(JSON.stringify(event))) as AgentEvent);
  const write = (): void => {
    const batch = waiting;
    waiting = [];
    writing = writing.then(() => ports.runs.addEvents(run.id, batch));
  };
  const keep = (event: AgentEvent): void => {
    seq += 1;
    waiting.push({ seq, at: ports.clock.now(), event: redacted(event) });
  };
  const audit = (facts: Readonly<Record<string, unknown>>): void => {
    writing = writing.then(() =>
      ports.audit.record(null, {
        event: 'run.egress_refused',
        outcome: 'refused',
        actor: pipelineActor,
        target: run.taskId,
        correlationId: run.correlationId,
        facts: { run: run.id, ...facts },
      }),
    );
  };
  const record: RunRecord = {
    add: (event) => {
      if (event.type === 'egress_refused') return record.egressRefused(event);
      if (event.type === 'started' && event.model !== null)
        model = ports.secrets.redact(event.model);
      keep(event);
      if (waiting.length >= batchSize) write();
    },
    egressRefused: ({ host, port, why, attempts }) => {
      const place = ports.secrets.redact(placeOf({ host, port }));
      const before = places.get(place) ?? 0;
      places.set(place, before + attempts);
      if (before > 0 || places.size > placesAudited) return;
      told += attempts;
      keep({ type: 'egress_refused', host, port, why, attempts });
      audit({ place, why, attempts });
    },
    refused: () =>
      [...places].map(([place, times]) => `${place}${times > 1 ? ` (${times} times)` : ''}`),
    model: () => model,
    flush: async () => {
      if (waiting.length > 0) write();
      await writing;
    },
    finish: async () => {
      const attempts = [...places.values()].reduce((sum, times) => sum + times, 0);
      if (attempts > told) audit({ places: places.size, attemptsInAll: attempts });
      told = attempts;
      await record.flush();
    },
  };
  return record;
}
