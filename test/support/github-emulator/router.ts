import { accountRoutes } from './endpoints/account-routes.ts';
import { actionRoutes } from './endpoints/action-routes.ts';
import { commentRoutes } from './endpoints/comment-routes.ts';
import { issueRoutes } from './endpoints/issue-routes.ts';
import { labelRoutes } from './endpoints/label-routes.ts';
import { pullRoutes } from './endpoints/pull-routes.ts';
import { repositoryRoutes } from './endpoints/repository-routes.ts';
import { notFound, type Route } from './route.ts';
import { findRepository, fullName, type State } from './state.ts';

/** Parameters that GitHub lets contain slashes. */
const wide = new Set(['branch', 'ref', 'basehead', 'name']);

const routes: readonly { readonly route: Route; readonly pattern: RegExp }[] = [
  ...accountRoutes,
  ...repositoryRoutes,
  ...issueRoutes,
  ...commentRoutes,
  ...labelRoutes,
  ...pullRoutes,
  ...actionRoutes,
]
  .map((route) => ({ route, pattern: toPattern(route.path) }))
  .toSorted((one, other) => placeholders(one.route) - placeholders(other.route));

/** `/repositories/{id}/...` is the same place as `/repos/{owner}/{repo}/...`. */
export function findRoute(
  state: State,
  method: string,
  path: string,
): { route: Route; params: Record<string, string> } {
  const [, id, tail = ''] = /^\/repositories\/(\d+)(\/.*)?$/.exec(path) ?? [];
  const named = id === undefined ? undefined : state.repositories.get(Number(id));
  if (id !== undefined && named === undefined) throw notFound();
  const plain = named === undefined ? path : `/repos/${fullName(named)}${tail}`;
  for (const { route, pattern } of routes) {
    const match = route.method === method ? pattern.exec(plain) : null;
    if (match === null) continue;
    const params = Object.entries(match.groups ?? {}).map(([key, value]) => [key, decode(value)]);
    return { route, params: { ...Object.fromEntries(params), rest: byId(state, plain) } };
  }
  throw notFound();
}

/** The path with the repository named by id: what `Link` and redirects point to. */
function byId(state: State, path: string): string {
  const [, name = '', tail = ''] = /^\/repos\/([^/]+\/[^/]+)(\/.*)?$/.exec(path) ?? [];
  const repo = findRepository(state, name);
  return repo === undefined ? path : `/repositories/${repo.id}${tail}`;
}

function toPattern(template: string): RegExp {
  const source = template.replaceAll(/\{(\w+)\}/g, (_all, name: string) =>
    wide.has(name) ? `(?<${name}>.+?)` : `(?<${name}>[^/]+)`,
  );
  return new RegExp(`^${source}$`);
}

/** Fixed paths go before those with parameters, longer ones before shorter ones. */
function placeholders(route: Route): number {
  return (route.path.match(/\{/g) ?? []).length * 1000 - route.path.length;
}

function decode(value: string | undefined): string {
  try {
    return decodeURIComponent(value ?? '');
  } catch {
    return value ?? '';
  }
}
