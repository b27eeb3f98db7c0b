import { presentAccount, presentOwnAccount } from '../present.ts';
import { presentRepository } from '../present-repository.ts';
import { type Call, notFound, page, param, RestError, type Route } from '../route.ts';
import { findAccount, hasRole, type Repository, roleOf } from '../state.ts';

export const accountRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/user',
    handle: (call) => ({ status: 200, body: presentOwnAccount(call.state, signedIn(call)) }),
  },
  {
    method: 'GET',
    path: '/users/{username}',
    handle: (call) => {
      const account = findAccount(call.state, param(call, 'username'));
      if (account === undefined) throw notFound();
      return { status: 200, body: presentOwnAccount(call.state, account) };
    },
  },
  {
    method: 'GET',
    path: '/user/repos',
    handle: (call) => {
      const account = signedIn(call);
      const mine = visible(call).filter(
        (repo) => repo.owner === account || repo.roles.has(account.login.toLowerCase()),
      );
      return listRepositories(call, mine);
    },
  },
  {
    method: 'GET',
    path: '/orgs/{org}/repos',
    handle: (call) => listRepositories(call, ownedBy(call, 'org', ['Organization'])),
  },
  {
    method: 'GET',
    path: '/users/{username}/repos',
    handle: (call) =>
      listRepositories(call, ownedBy(call, 'username', ['User', 'Bot', 'Organization'])),
  },
  {
    method: 'GET',
    path: '/meta',
    handle: () => ({
      status: 200,
      body: {
        verifiable_password_authentication: false,
        installed_version: '3.19.0',
        hooks: ['192.0.2.0/24'],
      },
    }),
  },
];

function signedIn(call: Call) {
  if (call.account === null) throw new RestError(401, 'Requires authentication');
  return call.account;
}

const visible = (call: Call): Repository[] =>
  [...call.state.repositories.values()].filter((repo) =>
    hasRole(roleOf(repo, call.account), 'read'),
  );

function ownedBy(call: Call, name: string, types: readonly string[]): Repository[] {
  const owner = findAccount(call.state, param(call, name));
  if (owner === undefined || !types.includes(owner.type)) throw notFound();
  return visible(call).filter((repo) => repo.owner === owner);
}

function listRepositories(call: Call, list: readonly Repository[]) {
  return page(call, list, (repo) => ({
    ...presentRepository(call.state, repo, call.account),
    owner: presentAccount(call.state, repo.owner),
  }));
}
