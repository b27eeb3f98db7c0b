import type { AccessOf } from '../../src/integrations/github/credentials/access.ts';
import type { Governor } from '../../src/integrations/github/governor/governor.ts';

/** One token for every repository, whatever GitHub says of it. */
export function oneToken(governor: Governor, token: () => Promise<string>): AccessOf {
  const nothing = async (): Promise<undefined> => undefined;
  return () => ({
    id: 'token',
    governor,
    login: null,
    token,
    refused: async () => false,
    refusedForGood: nothing,
    accepted: nothing,
  });
}
