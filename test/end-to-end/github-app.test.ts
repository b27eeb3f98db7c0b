import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Credential } from '../../src/operations/credentials/contract.ts';
import { createGithubLoop, manager } from '../support/github-loop.ts';

const files = { 'list.js': '// TODO: handle the empty list\nexport const a = 1;\n' };
const { privateKey, publicKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});

test('the whole loop works as an app, with another credential for another owner', {
  timeout: 300_000,
}, async () => {
  const loop = await createGithubLoop({
    targets: { widgets: files },
    env: { GITHUB_TOKEN: '' },
    config: {
      github: {
        managerRepo: manager,
        reposToScan: ['acme/widgets', 'other/gadgets'],
        app: { id: 7 },
        credentials: [{ match: 'other/*', token: 'OTHER_TOKEN' }],
      },
    },
  });
  try {
    const { emulator, service } = loop;
    emulator.apps.add({ id: 7, slug: 'manager', publicKey, installedOn: ['acme'] });
    for (const name of [manager, 'acme/widgets']) emulator.setRole(name, 'manager[bot]', 'write');
    emulator.addUser('visitor', { token: 'ghp_visitor0123456789visitor0123456789v' });
    const roles = { visitor: 'write', wendy: 'write' } as const;
    await emulator.addRepository({ fullName: 'other/gadgets', private: true, files, roles });
    const stored = async (name: string, input: string): Promise<void> => {
      const ended = await service.run(['credentials', 'set', name], { input });
      expect(ended.exitCode).toBe(0);
    };

    const without = await loop.once({ exitCode: 3 });
    expect(new Set(without.problems.map(({ code }) => code))).toEqual(
      new Set(['github_token_missing']),
    );
    await stored('GITHUB_APP_PRIVATE_KEY', privateKey);
    await stored('OTHER_TOKEN', 'ghp_visitor0123456789visitor0123456789v');
    expect((await loop.once()).proposed).toBe(2);
    expect(loop.proposals().map(({ user }) => user.login)).toEqual([
      'manager[bot]',
      'manager[bot]',
    ]);
    for (const { number } of loop.proposals()) {
      emulator.as('wendy').label(manager, number, 'approved-for-dev');
    }
    await loop.once();
    expect(loop.pulls('acme/widgets').map(({ user }) => user.login)).toEqual(['manager[bot]']);
    expect(loop.pulls('other/gadgets').map(({ user }) => user.login)).toEqual(['visitor']);
    expect(emulator.journal.duplicates()).toEqual([]);
    // Three commands, and one token of an hour for all of them.
    expect(emulator.apps.minted()).toBe(1);
    const key = (await service.run(['credentials', 'show', 'GITHUB_APP_PRIVATE_KEY']))
      .json as Credential;
    expect(key.lastPurpose).toBe('a token of the GitHub App');

    await stored('OTHER_TOKEN', 'ghp_wrong');
    for (let round = 0; round < 2; round += 1) await loop.once({ exitCode: 1 });
    const refused = emulator.journal.entries.filter(({ status }) => status === 401);
    expect(refused.length).toBe(3);
    const lifted = await service.run(['credentials', 'lift', 'OTHER_TOKEN']);
    expect(lifted.json).toEqual({ credential: 'OTHER_TOKEN', lifted: true });
    const again = await service.run(['credentials', 'lift', 'OTHER_TOKEN']);
    expect(again.json).toMatchObject({ error: { code: 'credential_not_suspended' } });
  } finally {
    await loop.close();
  }
});
