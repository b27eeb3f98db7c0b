import type { AnyRoute, AnyRouter } from '@tanstack/react-router';
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from '@tanstack/react-router';
import { Frame } from './frame/frame.tsx';
import { NotFound } from './frame/not-found.tsx';
import { PageError } from './frame/page-error.tsx';
import { PagePending } from './frame/page-pending.tsx';
import type { PageDefinition } from './page.ts';

/** The addresses of the dashboard: the pages inside the frame, and those that stand alone (signing in). */
export function createPages(parts: {
  readonly framed: readonly PageDefinition[];
  readonly alone: readonly PageDefinition[];
}): AnyRouter {
  const root = createRootRoute();
  const frame = createRoute({ getParentRoute: () => root, id: 'frame', component: Frame });
  // Inside the frame, which only a page of its own can be.
  const anythingElse = createRoute({
    getParentRoute: () => frame,
    path: '$',
    component: NotFound,
  });
  const start = createRoute({
    getParentRoute: () => root,
    path: '/',
    beforeLoad: () => {
      throw redirect({ to: '/inbox', replace: true });
    },
  });
  const routeTree = root.addChildren([
    start,
    frame.addChildren([...parts.framed.map((page) => routeOf(page, frame)), anythingElse]),
    ...parts.alone.map((page) => routeOf(page, root)),
  ]);
  return createRouter({
    routeTree,
    defaultPreload: 'intent',
    defaultPreloadDelay: 40,
    defaultPendingMs: 150,
    defaultPendingMinMs: 0,
    scrollRestoration: true,
  });
}

function routeOf(page: PageDefinition, parent: AnyRoute): AnyRoute {
  return createRoute({
    getParentRoute: () => parent,
    path: page.path,
    component: lazyRouteComponent(page.load, 'View'),
    pendingComponent: () => <PagePending title={page.title} />,
    errorComponent: ({ error, reset }) => (
      <PageError title={page.title} error={error} retry={reset} />
    ),
    validateSearch: (search) => {
      const read = page.search.safeParse(search);
      return read.success ? read.data : {};
    },
  });
}
