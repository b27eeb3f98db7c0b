import { z } from 'zod';

/* Only the fields that are read; GitHub may add and change the others. Source: docs.github.com, REST API. */

const Account = z.object({ login: z.string(), type: z.string().optional() });
/** Null where the account was deleted. */
const MaybeAccount = Account.nullish();
/** An ISO 8601 text as a date. */
export const when = z.string().transform((text, context) => {
  const date = new Date(text);
  if (!Number.isNaN(date.getTime())) return date;
  context.addIssue({ code: 'custom', message: 'not a time' });
  return z.NEVER;
});

export const Repository = z.object({
  full_name: z.string().includes('/'),
  default_branch: z.string(),
  private: z.boolean(),
  archived: z.boolean().default(false),
  html_url: z.string(),
});

export const User = Account;

/** An answer whose number is not that of its address is garbled, and must lead nowhere. */
const agrees = ({ number, html_url: url }: { number: number; html_url: string }): boolean =>
  new RegExp(`/(?:issues|pull)/${number}$`, 'u').test(url);
const disagreement = 'number and html_url do not agree';

export const Issue = z
  .object({
    number: z.int(),
    title: z.string(),
    body: z.string().nullish(),
    state: z.enum(['open', 'closed']),
    state_reason: z.string().nullish(),
    user: MaybeAccount,
    labels: z.array(z.union([z.string(), z.object({ name: z.string().nullish() })])),
    html_url: z.string(),
    created_at: when,
    updated_at: when,
    locked: z.boolean().default(false),
    pull_request: z.unknown().optional(),
  })
  .refine(agrees, disagreement);

export const Label = z.object({ name: z.string() });

/** What GitHub answers where there is nothing to tell: an empty object, on some servers nothing at all. */
export const Nothing = z.union([z.strictObject({}), z.literal('')]);

/** Commits in a timeline have neither id nor time of their own. */
export const IssueEvent = z.object({
  id: z.union([z.int(), z.string()]).optional(),
  event: z.string().optional(),
  actor: MaybeAccount,
  label: z.object({ name: z.string().nullish() }).nullish(),
  created_at: when.optional(),
});

export const Comment = z.object({
  id: z.int(),
  user: MaybeAccount,
  body: z.string().nullish(),
  html_url: z.string(),
});

export const Comments = z.array(Comment);
export const Issues = z.array(Issue);

export const PullRequest = z
  .object({
    number: z.int(),
    title: z.string(),
    body: z.string().nullish(),
    user: MaybeAccount,
    state: z.enum(['open', 'closed']),
    draft: z.boolean().default(false),
    merged_at: z.string().nullish(),
    merge_commit_sha: z.string().nullish(),
    head: z.object({ ref: z.string(), sha: z.string() }),
    base: z.object({ ref: z.string() }),
    html_url: z.string(),
    updated_at: when,
    /** Only on a single one, and null until GitHub has tried. */
    mergeable: z.boolean().nullish(),
  })
  .refine(agrees, disagreement);

export const Permission = z.object({
  permission: z.string(),
  role_name: z.string().nullish(),
});

export const Ref = z.object({ object: z.object({ sha: z.string() }) });

/** With the media type for a plain commit id, text; some servers answer the whole commit anyway. */
export const CommitId = z.union([
  z
    .string()
    .trim()
    .regex(/^[0-9a-f]{40,64}$/u),
  z.object({ sha: z.string() }).transform((commit) => commit.sha),
]);

export const CheckRuns = z.object({
  check_runs: z.array(
    z.object({
      id: z.int(),
      name: z.string(),
      status: z.string(),
      conclusion: z.string().nullish(),
      details_url: z.string().nullish(),
      output: z.object({ summary: z.string().nullish() }).nullish(),
    }),
  ),
});

export const CombinedStatus = z.object({
  statuses: z.array(
    z.object({
      id: z.int(),
      context: z.string(),
      state: z.string(),
      description: z.string().nullish(),
    }),
  ),
});

export const WorkflowRun = z.object({ run_attempt: z.int().default(1) });

export const Review = z.object({
  id: z.int(),
  user: MaybeAccount,
  body: z.string().nullish(),
  state: z.string(),
  submitted_at: when.nullish(),
});

export const ReviewComment = z.object({
  id: z.int(),
  user: MaybeAccount,
  body: z.string().nullish(),
  path: z.string().nullish(),
  line: z.int().nullish(),
  in_reply_to_id: z.int().nullish(),
  created_at: when,
  html_url: z.string(),
});
