import type { HostIssue } from '../../../../domain/ports/code-host.ts';
import type { LocatedSighting } from '../../../../domain/ports/git.ts';
import type { Clock } from '../../../../lib/clock.ts';
import { sha256 } from '../../../../lib/hash.ts';
import type { LookRequest, LookResult, Scanner } from '../../scanner.ts';

export interface StaleIssueSettings {
  /** Quiet for so many days. */
  readonly staleAfterDays: number;
  /** Labels, any of them; compared without case. */
  readonly labels: readonly string[];
}

export interface StaleIssueDeps {
  readonly clock: Clock;
  /** Read at each look, so that a reload is seen. */
  readonly settings: () => StaleIssueSettings;
}

const dayMs = 86_400_000;
const ownMarker = '<!-- cms:1:';

/** Open issues that nobody touched for long. Pull requests and our own proposals never count. */
export function createStaleIssueScanner(deps: StaleIssueDeps): Scanner {
  return { rule: 'stale-issue', look: async (request) => await look(deps, request) };
}

async function look(
  deps: StaleIssueDeps,
  { ref, host, last }: LookRequest,
): Promise<LookResult | null> {
  const { staleAfterDays, labels } = deps.settings();
  const quietSince = deps.clock.now().getTime() - staleAfterDays * dayMs;
  const self = (await host.self()).toLowerCase();
  const wanted = new Set(labels.map((label) => label.toLowerCase()));
  const issues = await host.issues(ref, { state: 'open' });
  const seen = issues
    .filter((issue) => issue.updatedAt.getTime() <= quietSince && !isOurs(issue, self))
    .filter((issue) => issue.labels.some((label) => wanted.has(label.toLowerCase())))
    .map(sightingOf);
  const mark = sha256(JSON.stringify(seen.map(({ path, oid }) => [path, oid])));
  return mark === last ? null : { seen, looked: null, mark, commit: null };
}

/** Written by us, or carrying a marker: an output of ours is never new work. */
function isOurs(issue: HostIssue, self: string): boolean {
  return issue.author.toLowerCase() === self || issue.body.includes(ownMarker);
}

function sightingOf(issue: HostIssue): LocatedSighting {
  return {
    rule: 'stale-issue',
    path: `issues/${issue.number}`,
    line: 0,
    endLine: 0,
    tag: null,
    text: issue.title,
    owner: issue.author,
    issue: `#${issue.number}`,
    confidence: 1,
    url: issue.url,
    context: [],
    contextStart: 0,
    oid: sha256(`${issue.number}\n${issue.title}\n${issue.body}`).slice(0, 40),
  };
}
