import { z } from 'zod';

/**
 * Where to look again. A delivery is never believed in what it says of the state: it may be old, doubled or out of order.
 * Repositories are named as the delivery wrote them; who looks knows which are watched.
 */
export type Look =
  | { readonly kind: 'issue'; readonly repository: string; readonly number: number }
  | { readonly kind: 'manager'; readonly repository: string }
  | { readonly kind: 'pull_requests'; readonly repository: string }
  | { readonly kind: 'code'; readonly repository: string };

/** The fields that are read of a delivery, and no others. */
const Payload = z.object({
  action: z.string().optional().catch(undefined),
  ref: z.string().optional().catch(undefined),
  repository: z
    .object({
      full_name: z.string().max(200),
      default_branch: z.string().optional().catch(undefined),
    })
    .optional()
    .catch(undefined),
  issue: z
    .object({ number: z.number().int().min(1), pull_request: z.unknown().optional() })
    .optional()
    .catch(undefined),
});

const Place = z
  .object({ html_url: z.string().max(500) })
  .optional()
  .catch(undefined);
const Places = z.object({
  comment: Place,
  review: Place,
  issue: Place,
  pull_request: Place,
  repository: Place,
});

/** Address of what a delivery is about, the narrowest that it names. */
export function standsAt(payload: unknown): string {
  const { comment, review, issue, pull_request, repository } = Places.safeParse(payload).data ?? {};
  const place = comment ?? review ?? issue ?? pull_request ?? repository;
  return place?.html_url ?? 'a delivery from GitHub';
}

/** Where the deliveries of an event make us look; whatever is not known makes us look nowhere. */
export function looksOf(event: string, payload: unknown): readonly Look[] {
  const read = Payload.safeParse(payload);
  const repository = read.data?.repository?.full_name;
  if (read.data === undefined || repository === undefined) return [];
  const { action, ref, issue } = read.data;
  switch (event) {
    case 'issues':
      if (issue === undefined) return [];
      return action === 'labeled'
        ? [
            { kind: 'issue', repository, number: issue.number },
            { kind: 'manager', repository },
          ]
        : [{ kind: 'manager', repository }];
    case 'issue_comment':
      return [
        { kind: issue?.pull_request === undefined ? 'manager' : 'pull_requests', repository },
      ];
    case 'pull_request':
    case 'pull_request_review':
    case 'check_suite':
    case 'check_run':
    case 'status':
      return [{ kind: 'pull_requests', repository }];
    case 'push':
      return ref === `refs/heads/${read.data.repository?.default_branch ?? ''}`
        ? [{ kind: 'code', repository }]
        : [];
    case 'repository':
      return action === 'deleted' ? [] : [{ kind: 'code', repository }];
    default:
      return [];
  }
}

/** Code is read for minutes, everything else in a moment. */
export function laneOf(event: string): 'quick' | 'slow' {
  return event === 'push' || event === 'repository' ? 'slow' : 'quick';
}
