import type { Doer, IssueActs } from './issue-acts.ts';
import type { Json } from './present.ts';
import type { PullActs } from './pull-acts.ts';
import type { Account, Issue, Pull, Repository, Role, State } from './state.ts';

/** A REST request after sign-in, route and right were found good. */
export interface Call {
  readonly state: State;
  readonly issues: IssueActs;
  readonly pulls: PullActs;
  readonly account: Account | null;
  readonly doer: Doer;
  readonly repo: Repository;
  readonly role: Role;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly accept: string;
  readonly body: Json;
}

export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Route {
  readonly method: string;
  /** Path template exactly as in GitHub's OpenAPI description. */
  readonly path: string;
  /** Least role on the repository; `read` when not said. */
  readonly needs?: Role;
  /** Counts against GitHub's limit of content creation. */
  readonly createsContent?: boolean;
  readonly handle: (call: Call) => Answer | Promise<Answer>;
}

/** An answer that is an error, with GitHub's body. */
export class RestError extends Error {
  readonly status: number;
  readonly more: Json;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    message: string,
    more: Json = {},
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.status = status;
    this.more = more;
    this.headers = headers;
  }
}

export const notFound = (): RestError => new RestError(404, 'Not Found');

/** 422 as GitHub words it. */
export function invalid(
  resource: string,
  code: string,
  field: string,
  message?: string,
): RestError {
  const error = { resource, code, field, ...(message === undefined ? {} : { message }) };
  return new RestError(422, 'Validation Failed', { errors: [error] });
}

/** The parameter of that name in the path. */
export const param = (call: Call, name: string): string => call.params[name] ?? '';

export function textField(body: Json, name: string): string | undefined {
  const value = body[name];
  return typeof value === 'string' ? value : undefined;
}

/** The issue or pull request that the path names; follows GitHub for deleted and transferred ones. */
export function issueOf(call: Call, name = 'issue_number'): Issue {
  const number = Number(param(call, name));
  const issue = call.repo.issues.get(number);
  if (issue !== undefined) return issue;
  const gone = call.repo.gone.get(number);
  if (gone === null) throw new RestError(410, 'This issue was deleted');
  if (gone !== undefined)
    throw new RestError(301, 'Moved Permanently', { url: gone }, { location: gone });
  throw notFound();
}

export function pullOf(call: Call): { issue: Issue; pull: Pull } {
  const issue = call.repo.issues.get(Number(param(call, 'pull_number')));
  if (issue === undefined || issue.pull === null) throw notFound();
  return { issue, pull: issue.pull };
}

/**
 * One page of a list with `per_page` and `page`, and a `Link` header whose addresses are opaque:
 * they name the repository by id and carry an `after` cursor, as GitHub's do.
 */
export function page<T>(
  call: Call,
  items: readonly T[],
  present: (item: T) => unknown,
  wrap: (page: unknown[]) => unknown = (list) => list,
): Answer {
  const size = Math.min(100, positive(call.query.get('per_page'), 30));
  const at = positive(call.query.get('page'), 1);
  const last = Math.max(1, Math.ceil(items.length / size));
  const body = wrap(items.slice((at - 1) * size, at * size).map(present));
  const links = [
    ...(at > 1 ? [['prev', at - 1] as const, ['first', 1] as const] : []),
    ...(at < last ? [['next', at + 1] as const, ['last', last] as const] : []),
  ];
  if (links.length === 0) return { status: 200, body };
  const path = call.params['rest'] ?? '';
  const link = links.map(([rel, number]) => {
    const query = new URLSearchParams(call.query);
    query.set('page', String(number));
    query.set('after', Buffer.from(`cursor:${number}`).toString('base64url'));
    return `<${call.state.apiUrl}${path}?${query.toString()}>; rel="${rel}"`;
  });
  return { status: 200, body, headers: { link: link.join(', ') } };
}

/** Sorts by `sort` (created, updated, comments) and `direction`; ties by id. */
export function sortedBy<T extends { readonly id: number }>(
  query: URLSearchParams,
  items: readonly T[],
  keys: Readonly<Record<string, (item: T) => string | number>>,
  usual: { sort: string; direction: 'asc' | 'desc' },
): T[] {
  const key = keys[query.get('sort') ?? usual.sort] ?? keys[usual.sort] ?? ((item) => item.id);
  const sign = (query.get('direction') ?? usual.direction) === 'asc' ? 1 : -1;
  return items.toSorted((one, other) => {
    const [a, b] = [key(one), key(other)];
    return sign * (a < b ? -1 : a > b ? 1 : one.id - other.id);
  });
}

/** Changed at or after `since`. */
export function isSince(query: URLSearchParams, updatedAt: string): boolean {
  const since = query.get('since');
  return since === null || Date.parse(updatedAt) >= Math.floor(Date.parse(since) / 1000) * 1000;
}

function positive(text: string | null, fallback: number): number {
  const value = Number(text ?? fallback);
  return Number.isInteger(value) && value > 0 ? value : fallback;
}
