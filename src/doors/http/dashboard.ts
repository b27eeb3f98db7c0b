import { access } from 'node:fs/promises';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** Answers a page for an address that is none of a file; false when the request wants no page. */
export type ServePage = (request: FastifyRequest, reply: FastifyReply) => boolean;

const yearSeconds = 31_536_000;

/** Serves the built dashboard; where there is none, a page that says how to get it. */
export async function addDashboard(app: FastifyInstance, folder: string): Promise<ServePage> {
  const isBuilt = await access(join(folder, 'index.html')).then(
    () => true,
    () => false,
  );
  if (isBuilt) {
    await app.register(fastifyStatic, {
      root: folder,
      index: 'index.html',
      dotfiles: 'ignore',
      // The build puts compressed copies beside its files.
      preCompressed: true,
      cacheControl: false,
      setHeaders: (response, path) => {
        // Names of assets change with their content; everything else is asked for again.
        if (path.startsWith(join(folder, 'assets')))
          void response.header('cache-control', `public, max-age=${yearSeconds}, immutable`);
        else if (!path.endsWith('.html')) void response.header('cache-control', 'no-cache');
      },
    });
  }
  return (request, reply) => {
    if (!wantsPage(request)) return false;
    if (isBuilt) void reply.code(200).sendFile('index.html');
    else void reply.code(200).type('text/html; charset=utf-8').send(noDashboard);
    return true;
  };
}

/** Like a file: pages have no such address, and a copy of one that is not there is not to look as if it were. */
const fileLike = /\/\.|\.[^/]*$|~$/u;

const ownPaths = /^\/(?:api|assets|livez|readyz|health|metrics|webhooks|mcp)(?:[/?]|$)/u;

function wantsPage({ method, url, headers }: FastifyRequest): boolean {
  return (
    (method === 'GET' || method === 'HEAD') &&
    !ownPaths.test(url) &&
    !fileLike.test(pathOf(url)) &&
    (headers.accept?.includes('text/html') === true || url === '/')
  );
}

function pathOf(url: string): string {
  return url.split('?', 1)[0] ?? url;
}

const noDashboard = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Claude Manager Service</title></head>
<body>
<h1>Claude Manager Service is running</h1>
<p>The dashboard has not been built here. Build it with <code>npm run build:web</code> and start the service again.</p>
<p>The REST API is at <a href="/api/v1/openapi.json">/api/v1/openapi.json</a>; the command line does the same:
<code>claude-manager tasks list</code>.</p>
</body>
</html>
`;
