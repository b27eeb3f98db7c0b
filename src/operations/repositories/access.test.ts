import { expect, test } from 'vitest';
import type { Actor } from '../../domain/actor.ts';
import type { HostRole } from '../../domain/approval.ts';
import type { RepositoryRef } from '../../domain/repository.ts';
import { AppError } from '../../lib/app-error.ts';
import type { CallContext } from '../gate.ts';
import type { AccessPorts } from './access.ts';
import { accessHandler } from './access.ts';
import type { checkAccess } from './contract.ts';

type Answer = (typeof checkAccess)['output']['_output'];

const actor: Actor = { kind: 'command_line', name: 'ann', isOwner: true };
const on = (name: string, host: RepositoryRef['host'] = 'github'): RepositoryRef => ({
  host,
  name,
});

/** A code host that knows `bot`, with these roles; what has none is not found. */
async function ask(
  roles: Readonly<Record<string, HostRole>>,
  watched: readonly RepositoryRef[],
  { login = 'bot', limit = 10 }: { readonly login?: string | null; readonly limit?: number } = {},
): Promise<Answer> {
  const host: ReturnType<AccessPorts['host']> = {
    self: async () => {
      if (login !== null) return login;
      throw new AppError({
        kind: 'unauthenticated',
        code: 'github_token_refused',
        message: 'GitHub does not know this token.',
        next: 'Make a new one.',
      });
    },
    roleOf: async ({ name }) => roles[name] ?? 'none',
    repository: async (ref) => ({
      ref,
      defaultBranch: 'main',
      private: true,
      archived: ref.name.endsWith('-old'),
      url: null,
    }),
  };
  const { handler } = accessHandler({
    host: () => host,
    manager: () => on('acme/manager'),
    watched: async () => watched,
  });
  return (await handler({ limit }, { actor } as unknown as CallContext)) as Answer;
}

test('what the credential may not write is told by repository, with its role and what mends it', async () => {
  const { login, items } = await ask(
    { 'acme/manager': 'write', 'acme/web': 'admin', 'acme/api': 'read' },
    [on('acme/web'), on('acme/api'), on('acme/site-old'), on('/srv/code', 'local')],
  );
  expect(login).toBe('bot');
  expect(items).toMatchObject([
    { name: 'acme/manager', use: 'manager', state: 'ok' },
    { name: 'acme/web', use: 'watched', state: 'ok' },
    { name: 'acme/api', state: 'failed', evidence: expect.stringContaining('role read') },
    { name: 'acme/site-old', state: 'failed', evidence: expect.stringContaining('archived') },
    { name: '/srv/code', state: 'ok', evidence: expect.stringContaining('no token is needed') },
  ]);
  expect(items[2]?.next).toContain('write');
});

test('a token that is not known fails every repository on GitHub in its words, and none on this machine', async () => {
  const { login, items } = await ask({}, [on('acme/web'), on('/srv/code', 'local')], {
    login: null,
  });
  expect(login).toBeNull();
  expect(items.map(({ state }) => state)).toEqual(['failed', 'failed', 'ok']);
  expect(items[1]).toMatchObject({
    evidence: 'GitHub does not know this token.',
    next: 'Make a new one.',
  });
});

test('only so many are asked about, and it says how many are left', async () => {
  const watched = ['a', 'b', 'c', 'd'].map((name) => on(`acme/${name}`));
  const { items, left } = await ask({ 'acme/manager': 'write' }, watched, { limit: 2 });
  expect(items).toHaveLength(3);
  expect(left).toBe(2);
});
