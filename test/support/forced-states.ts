import type { BrowserContext } from 'playwright-core';

/** What can be the matter with the answers that a page waits for. */
export type ForcedState = 'slow' | 'broken' | 'forbidden' | 'gone';

/** Who is signed in and what moves is always answered: without it there is no page to be in a state. */
const frame = /\/api\/v1\/(?:account|events|service\/status)(?:$|[/?])/u;

const problems = {
  broken: {
    status: 500,
    kind: 'internal',
    code: 'internal',
    detail: 'Something went wrong in the service.',
    next: 'Tell the person who looks after it the id below.',
  },
  forbidden: {
    status: 403,
    kind: 'forbidden',
    code: 'forbidden',
    detail: 'This needs a permission that you do not have.',
    next: 'An admin can give you a role that has it.',
  },
} as const;

/** Holds the answers of the API in a state until the call back; what was slow is then answered. */
export async function forceState(
  context: BrowserContext,
  state: ForcedState,
): Promise<() => Promise<void>> {
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const isForced = (url: URL): boolean =>
    url.pathname.startsWith('/api/v1/') && !frame.test(url.pathname);
  await context.route(isForced, async (route) => {
    if (state === 'slow') {
      await released;
      await route.continue().catch(() => undefined); // the page has gone on
      return;
    }
    if (state === 'gone') {
      await route.abort('connectionrefused');
      return;
    }
    const { status, ...problem } = problems[state];
    await route.fulfill({
      status,
      contentType: 'application/problem+json',
      body: JSON.stringify({
        type: `urn:claude-manager:error:${problem.code}`,
        title: 'not answered',
        status,
        ...problem,
        correlationId: '2d3c0000-0000-4000-8000-000000000000',
      }),
    });
  });
  return async () => {
    release();
    await context.unrouteAll({ behavior: 'ignoreErrors' });
  };
}
