import type { CodeHost } from '../../src/domain/ports/code-host.ts';
import { suiteMarkers } from '../../src/integrations/code-host.suite.ts';
import { createMemoryEtagStore } from '../../src/integrations/github/etag-store.ts';
import {
  createGithubHost,
  type GithubHostDeps,
} from '../../src/integrations/github/github-host.ts';
import { createGovernor } from '../../src/integrations/github/governor/governor.ts';
import { createMemoryGovernorState } from '../../src/integrations/github/governor/governor-state.ts';
import { systemRandom } from '../../src/lib/random.ts';
import { oneToken } from './github-access.ts';
import { createSkippingClock } from './skipping-clock.ts';

/** The GitHub host on a server of the test's own, with nothing of git behind it. */
export function githubAt(url: string, more: Partial<GithubHostDeps> = {}): CodeHost {
  const clock = createSkippingClock();
  const state = createMemoryGovernorState();
  const governor = createGovernor({ credential: 'x', state, clock, random: systemRandom });
  return createGithubHost({
    apiUrl: url,
    serverUrl: 'http://127.0.0.1:1',
    access: oneToken(governor, async () => 'token'),
    etags: createMemoryEtagStore(),
    clock,
    random: systemRandom,
    markers: suiteMarkers,
    git: { push: async () => 'pushed', remoteRef: async () => null },
    ...more,
  });
}
