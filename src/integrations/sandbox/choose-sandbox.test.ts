import { describe, expect, it } from 'vitest';
import type { Sandbox } from '../../domain/ports/sandbox.ts';
import { chooseSandbox } from './choose-sandbox.ts';

const sandbox = (name: Sandbox['name'], works: boolean): Sandbox => ({
  name,
  probe: async () => ({ works, evidence: 'tried', mend: works ? null : `install ${name}` }),
  start: () => Promise.reject(new Error('not started here')),
});

const bubblewrap = sandbox('bubblewrap', true);
const broken = sandbox('bubblewrap', false);
const runtime = sandbox('sandbox-runtime', true);
const none = sandbox('none', true);

describe('chooseSandbox', () => {
  it.each([
    { wanted: 'auto', candidates: [bubblewrap, runtime], chosen: 'bubblewrap' },
    { wanted: 'auto', candidates: [broken, runtime], chosen: 'sandbox-runtime' },
    { wanted: 'sandbox-runtime', candidates: [bubblewrap, runtime], chosen: 'sandbox-runtime' },
  ] as const)(
    '$wanted takes the first that works: $chosen',
    async ({ wanted, candidates, chosen }) => {
      const found = await chooseSandbox({ wanted, allowUnsandboxed: false, candidates });
      expect(found.name).toBe(chosen);
    },
  );

  it('takes none only with consent', async () => {
    const candidates = [broken, none];
    const consented = await chooseSandbox({ wanted: 'auto', allowUnsandboxed: true, candidates });
    expect(consented.name).toBe('none');
    await expect(
      chooseSandbox({ wanted: 'none', allowUnsandboxed: false, candidates }),
    ).rejects.toMatchObject({ code: 'sandbox_missing' });
  });

  it('refuses and names the one command that mends it', async () => {
    await expect(
      chooseSandbox({ wanted: 'auto', allowUnsandboxed: false, candidates: [broken, none] }),
    ).rejects.toMatchObject({
      code: 'sandbox_missing',
      kind: 'unavailable',
      next: expect.stringContaining('install bubblewrap'),
    });
  });
});
