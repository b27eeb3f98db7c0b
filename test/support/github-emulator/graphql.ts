import { branches } from './git-repository.ts';
import { type Field, parseQuery } from './graphql-query.ts';
import { issueHtmlUrl, nodeId } from './present.ts';
import {
  type Account,
  findRepository,
  fullName,
  hasRole,
  type Issue,
  type Repository,
  type ReviewComment,
  roleOf,
  type State,
} from './state.ts';

/** What a query can walk: leaves, lists, and nodes whose fields are computed when asked for. */
type Value = string | number | boolean | null | Node | readonly Value[];
interface Node {
  readonly [field: string]: (args: Readonly<Record<string, unknown>>) => Value | Promise<Value>;
}

interface GraphqlAnswer {
  readonly data?: unknown;
  readonly errors?: readonly { readonly type?: string; readonly message: string }[];
}

/**
 * Answers the part of GitHub's GraphQL that REST cannot replace: heads of many repositories in one request, and
 * whether and by whom an issue's text was edited (`lastEditedAt`, `userContentEdits`).
 */
export async function answerGraphql(
  state: State,
  viewer: Account,
  body: unknown,
): Promise<GraphqlAnswer> {
  const { query, variables } = (body ?? {}) as { query?: unknown; variables?: unknown };
  if (typeof query !== 'string')
    return { errors: [{ message: 'A query attribute must be specified.' }] };
  const errors: { type?: string; message: string }[] = [];
  try {
    const fields = parseQuery(query, (variables ?? {}) as Readonly<Record<string, unknown>>);
    const data = await walk(root(state, viewer, errors), fields);
    return errors.length === 0 ? { data } : { data, errors };
  } catch (error) {
    return { errors: [{ message: error instanceof Error ? error.message : String(error) }] };
  }
}

async function walk(node: Node, fields: readonly Field[]): Promise<Record<string, unknown>> {
  const result: Record<string, unknown> = {};
  for (const field of fields) {
    const resolve = node[field.name];
    if (resolve === undefined) throw new Error(`Field '${field.name}' doesn't exist here`);
    result[field.alias] = await shape(await resolve(field.args), field);
  }
  return result;
}

async function shape(value: Value, field: Field): Promise<unknown> {
  if (isList(value)) return Promise.all(value.map((item) => shape(item, field)));
  if (value === null || typeof value !== 'object') return value;
  if (field.fields === null) throw new Error(`Field '${field.name}' must have selections`);
  return walk(value, field.fields);
}

const isList = (value: Value): value is readonly Value[] => Array.isArray(value);

function root(state: State, viewer: Account, errors: { type?: string; message: string }[]): Node {
  return {
    viewer: () => account(viewer),
    resolveReviewThread: ({ input }) => {
      const { threadId } = (input ?? {}) as { threadId?: unknown };
      const found = [...state.repositories.values()].flatMap((repo) =>
        [...repo.issues.values()].flatMap((one) =>
          (one.pull?.reviewComments ?? []).map((comment) => ({ repo, comment })),
        ),
      );
      const one = found.find(({ comment }) => nodeId('PRRT', comment.id) === threadId);
      if (one === undefined || !hasRole(roleOf(one.repo, viewer), 'write'))
        throw new Error('Resource not accessible by integration');
      one.comment.resolved = true;
      return { thread: () => thread(one.comment) };
    },
    rateLimit: () =>
      leaves({ limit: 5000, cost: 1, remaining: 4999, used: 1, resetAt: state.timestamp() }),
    repository: ({ owner, name }) => {
      const repo = findRepository(state, `${String(owner)}/${String(name)}`);
      if (repo !== undefined && hasRole(roleOf(repo, viewer), 'read'))
        return repository(state, repo);
      const message = `Could not resolve to a Repository with the name '${String(owner)}/${String(name)}'.`;
      errors.push({ type: 'NOT_FOUND', message });
      return null;
    },
  };
}

function repository(state: State, repo: Repository): Node {
  const branch = async (name: string): Promise<Node | null> => {
    const sha = (await branches(repo.dir)).get(name);
    return sha === undefined ? null : { ...leaves({ name }), target: () => leaves({ oid: sha }) };
  };
  const numbered = (number: unknown, isPull: boolean): Node | null => {
    const found = repo.issues.get(Number(number));
    return found === undefined || (found.pull !== null) !== isPull
      ? null
      : issue(state, repo, found);
  };
  return {
    ...leaves({
      id: nodeId('R', repo.id),
      databaseId: repo.id,
      name: repo.name,
      nameWithOwner: fullName(repo),
      isArchived: repo.archived,
      isPrivate: repo.private,
      pushedAt: repo.pushedAt,
    }),
    defaultBranchRef: () => branch(repo.defaultBranch),
    ref: ({ qualifiedName }) => branch(String(qualifiedName).replace(/^refs\/heads\//, '')),
    issue: ({ number }) => numbered(number, false),
    pullRequest: ({ number }) => numbered(number, true),
  };
}

function issue(state: State, repo: Repository, one: Issue): Node {
  const last = one.edits.at(-1);
  const edits = one.edits.map(({ at, by }) => ({
    ...leaves({ editedAt: at, createdAt: at }),
    editor: () => account(by),
  }));
  return {
    ...leaves({
      id: nodeId(one.pull === null ? 'I' : 'PR', one.id),
      databaseId: one.id,
      number: one.number,
      title: one.title,
      body: one.body ?? '',
      url: issueHtmlUrl(state, repo, one),
      state: one.pull?.merged === true ? 'MERGED' : one.state.toUpperCase(),
      createdAt: one.createdAt,
      updatedAt: one.updatedAt,
      lastEditedAt: last?.at ?? null,
      includesCreatedEdit: one.edits.length > 0,
      isDraft: one.pull?.draft ?? false,
      headRefName: one.pull?.headRef ?? null,
      headRefOid: one.pull?.headSha ?? null,
    }),
    author: () => account(one.user),
    reviewThreads: () => ({
      nodes: () =>
        (one.pull?.reviewComments ?? []).filter(({ inReplyTo }) => inReplyTo === null).map(thread),
    }),
    editor: () => (last === undefined ? null : account(last.by)),
    userContentEdits: ({ first = 100 }) => ({
      ...leaves({ totalCount: edits.length }),
      nodes: () => edits.toReversed().slice(0, Number(first)),
    }),
  };
}

const thread = (first: ReviewComment): Node => ({
  ...leaves({ id: nodeId('PRRT', first.id), isResolved: first.resolved }),
  comments: () => ({ nodes: () => [leaves({ databaseId: first.id })] }),
});

const account = (one: Account): Node => leaves({ login: one.login, __typename: one.type });

const leaves = (values: Readonly<Record<string, string | number | boolean | null>>): Node =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, () => value]));
