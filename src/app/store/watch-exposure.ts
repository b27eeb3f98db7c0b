import type { CodeHost, HostIssue, HostPullRequest } from '../../domain/ports/code-host.ts';
import type { AuditTrail } from '../../domain/ports/stores.ts';
import type { Log } from '../../lib/log.ts';
import type { Redactor } from '../../platform/redaction/redactor.ts';

export interface ExposureDeps {
  readonly redactor: Pick<Redactor, 'namesIn'>;
  readonly audit: Pick<AuditTrail, 'record'>;
  readonly log: Log;
  readonly correlationId: () => string;
  /** Stops using the credential of this name; false when it is none that is used for GitHub. */
  readonly suspend: (name: string) => Promise<boolean>;
}

/** What a person does now. */
const runbook = 'docs/guides/leaked-secret.md';

/** Looks through a text of others, of which `place` says where it stands. */
export type SeeText = (place: string, ...texts: readonly string[]) => Promise<void>;

/**
 * Looks for secrets of ours in what others write: one that stands there anyway, whoever put it there, is an incident.
 * Each secret and place is told once a process; a token of ours is not used any more.
 */
export function createExposureWatch(deps: ExposureDeps): SeeText {
  const told = new Set<string>();
  return async (place, ...texts) => {
    for (const name of deps.redactor.namesIn(texts.join('\n'))) {
      const key = `${name} ${place}`;
      if (told.has(key)) continue;
      told.add(key);
      await report(deps, name, place);
    }
  };
}

/** A host whose texts are looked through as they are read. */
export function withExposureWatch(host: CodeHost, see: SeeText): CodeHost {
  const seeIssue = async (where: string, one: HostIssue | HostPullRequest): Promise<void> =>
    see(one.url ?? `${where}#${one.number}`, one.title, one.body);
  return {
    ...host,
    issue: async (ref, number) => {
      const found = await host.issue(ref, number);
      if (found !== null) await seeIssue(ref.name, found);
      return found;
    },
    issues: async (ref, query) => {
      const found = await host.issues(ref, query);
      for (const one of found) await seeIssue(ref.name, one);
      return found;
    },
    pullRequest: async (ref, number) => {
      const found = await host.pullRequest(ref, number);
      if (found !== null) await seeIssue(ref.name, found);
      return found;
    },
    pullRequests: async (ref, query) => {
      const found = await host.pullRequests(ref, query);
      for (const one of found) await seeIssue(ref.name, one);
      return found;
    },
    latestTexts: async (ref) => {
      const found = await host.latestTexts(ref);
      for (const { url, number, body } of found) {
        const place = number === null ? `a comment in ${ref.name}` : `${ref.name}#${number}`;
        await see(url ?? place, body);
      }
      return found;
    },
    remarks: async (ref, number) => {
      const found = await host.remarks(ref, number);
      await see(`${ref.name}#${number}`, JSON.stringify(found));
      return found;
    },
    checkLog: async (ref, job) => {
      const found = await host.checkLog(ref, job);
      if (found !== null) await see(`${ref.name} log of job ${job}`, found);
      return found;
    },
  };
}

async function report(deps: ExposureDeps, name: string, place: string): Promise<void> {
  const suspended = await deps.suspend(name);
  const facts = { place, suspended, runbook };
  deps.log.error(
    { credential: name, ...facts, code: 'secret_exposed', category: 'security' },
    'a secret of ours stands in a text on the code host',
  );
  await deps.audit.record(null, {
    event: 'incident.secret_exposed',
    outcome: 'failed',
    actor: { kind: 'system', name: 'exposure watch' },
    target: name,
    correlationId: deps.correlationId(),
    facts,
  });
}
