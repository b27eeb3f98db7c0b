import type { AgentEvent } from '../../domain/agent-event.ts';
import type { EgressRefusal } from '../../domain/ports/sandbox.ts';
import type { Run } from '../../domain/run.ts';
import { type PipelinePorts, pipelineActor } from '../pipeline-ports.ts';

/** What a run is seen to do, as it does it: events into the store, refused connections into the audit log. */
export interface RunRecord {
  add(event: AgentEvent): void;
  /** Each place once; a program that asks again and again does not fill the audit log. */
  egressRefused(refusal: EgressRefusal): void;
  /** `host:port` of each refused connection, in the order of their first time. */
  refused(): readonly string[];
  /** Resolves when everything is stored. Throws what a write threw. */
  flush(): Promise<void>;
}

const batchSize = 20;
/** Further places are counted in one last entry. */
const placesAudited = 100;

export function createRunRecord(
  ports: Pick<PipelinePorts, 'runs' | 'audit' | 'secrets' | 'clock'>,
  run: Pick<Run, 'id' | 'taskId' | 'correlationId'>,
): RunRecord {
  let seq = 0;
  let waiting: { seq: number; at: Date; event: AgentEvent }[] = [];
  let writing = Promise.resolve();
  const places = new Set<string>();
  let told = 0;
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
      seq += 1;
      waiting.push({ seq, at: ports.clock.now(), event: redacted(event) });
      if (waiting.length >= batchSize) write();
    },
    egressRefused: ({ host, port, why }) => {
      const place = ports.secrets.redact(`${host}:${port}`);
      if (places.has(place)) return;
      places.add(place);
      if (places.size > placesAudited) return;
      seq += 1;
      const event = {
        type: 'egress_refused',
        host: ports.secrets.redact(host),
        port,
        why,
      } as const;
      waiting.push({ seq, at: ports.clock.now(), event });
      audit({ place, why });
    },
    refused: () => [...places],
    flush: async () => {
      if (waiting.length > 0) write();
      const more = places.size - placesAudited;
      if (more > told) audit({ morePlaces: more });
      told = Math.max(told, more);
      await writing;
    },
  };
  return record;
}
