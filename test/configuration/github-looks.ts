import { createPublicKey, createVerify, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createSilentServer, type Socket } from 'node:net';
import { githubAccess } from '../../src/app/code-host/github-access.ts';
import { openGithub } from '../../src/app/code-host/open-github.ts';
import type { CodeHost } from '../../src/domain/ports/code-host.ts';
import type { RepositoryRef } from '../../src/domain/repository.ts';
import { toAppError } from '../../src/lib/app-error.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import { systemRandom } from '../../src/lib/random.ts';
import type { Config } from '../../src/platform/config/schema.ts';
import { createMarkers } from '../../src/platform/effects/markers.ts';
import { type BreakerTables, createBreakers } from '../../src/platform/resilience/breakers.ts';
import type { TestDatabase } from '../support/test-database.ts';
import type { Look } from './looks.ts';

const widgets: RepositoryRef = { host: 'github', name: 'a/widgets' };

/** The private keys that are stored, by the name of the credential. */
const keys: Readonly<Record<string, string>> = { KEY: newKey(), OTHER: newKey() };

function newKey(): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** Which key an app signed with, and as whom; another word stands for itself. */
function signedAs(authorization: string): string {
  const [head = '', body = '', signature = ''] = authorization.split(/ |\./u).slice(1);
  const holds = (key: KeyObject): boolean =>
    createVerify('RSA-SHA256').update(`${head}.${body}`).verify(key, signature, 'base64url');
  const name = Object.keys(keys).find(
    (one) => signature !== '' && holds(createPublicKey(keys[one] ?? '')),
  );
  if (name === undefined) return authorization;
  const { iss } = JSON.parse(Buffer.from(body, 'base64url').toString()) as { iss: string };
  return `app ${iss} with ${name}`;
}

/** The code host of a configuration, as the program opens it, whose API is on this machine. */
async function hostOf(config: Config, database: TestDatabase, apiUrl: string): Promise<CodeHost> {
  await database.pool.query(
    'truncate github_governor, github_pauses, github_etags, github_standing, github_app_tokens, breakers',
  );
  const placed = { ...config, github: { ...config.github, apiUrl } };
  const parts = {
    config: placed,
    database,
    credentials: {
      take: async (name: string) => keys[name],
      holder: (name: string) => ({
        all: async () => [name],
        first: async () => name,
        forget: () => undefined,
      }),
    },
    sealing: {
      seal: async (plain: string) => plain,
      open: async (sealed: string) => Buffer.from(sealed),
    } as never,
    redactor: { register: () => undefined },
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
  };
  return openGithub({
    ...parts,
    telemetry: { record: () => undefined },
    markers: createMarkers(systemRandom.bytes(32)),
    push: {} as never,
    breakers: createBreakers({ db: database.kysely<BreakerTables>(), clock: systemClock }),
    access: githubAccess(parts),
    githubClock: { hear: () => undefined },
  });
}

/** A stand-in for GitHub's API that knows one repository and installs every app; it listens while the body runs. */
async function answering<T>(
  answer: (request: IncomingMessage, response: ServerResponse) => void | Promise<void>,
  body: (origin: string) => Promise<T>,
): Promise<T> {
  const server: Server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await body(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

const repository = {
  full_name: widgets.name,
  default_branch: 'main',
  private: false,
  archived: false,
  html_url: 'https://github.test/a/widgets',
};

function factsOf(path: string): object {
  if (path.endsWith('/installation')) return { id: 42 };
  if (!path.endsWith('/access_tokens')) return repository;
  const expires = new Date(systemClock.now().getTime() + 3_600_000).toISOString();
  return { token: 'a token of the app', expires_at: expires };
}

/** Who asks GitHub for a repository, where, and where its git lies. */
export const reaching: Look = async (config, database) => {
  const asked: (readonly [path: string, as: string])[] = [];
  return await answering(
    (request, response) => {
      const path = request.url ?? '';
      asked.push([path, signedAs(request.headers.authorization ?? '')]);
      response.writeHead(path.endsWith('/access_tokens') ? 201 : 200, {
        'content-type': 'application/json',
      });
      response.end(JSON.stringify(factsOf(path)));
    },
    async (origin) => {
      const { pathname } = new URL(config.github.apiUrl);
      const host = await hostOf(config, database, `${origin}${pathname.replace(/\/$/u, '')}`);
      await host.repository(widgets);
      return { asked, git: (await host.remote(widgets)).url };
    },
  );
};

/** How many repositories are asked for at once, and whether one whose answer takes three seconds is waited for. */
export const waiting: Look = async (config, database) => {
  let now = 0;
  let atOnce = 0;
  let crowd: Promise<void> | null = null;
  return await answering(
    async (request, response) => {
      now += 1;
      atOnce = Math.max(atOnce, now);
      // The first ones are kept until whoever may come beside them has come.
      crowd ??= systemClock.sleep(1500);
      await (request.url?.endsWith('late') === true ? systemClock.sleep(3000) : crowd);
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(repository));
      now -= 1;
    },
    async (origin) => {
      const host = await hostOf(config, database, origin);
      const read = async (name: string): Promise<string> =>
        await host.repository({ host: 'github', name: `a/${name}` }).then(
          () => 'read',
          (error: unknown) => toAppError(error).kind,
        );
      await Promise.all(Array.from({ length: 12 }, async (_, at) => await read(`quick-${at}`)));
      return { atOnce, late: await read('late') };
    },
  );
};

/** How long a server that takes a connection and says nothing, not even who it is, is waited for. */
export const connecting: Look = async (config, database) => {
  const sockets: Socket[] = [];
  const server = createSilentServer((socket) => sockets.push(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  try {
    const host = await hostOf(config, database, `https://127.0.0.1:${port}`);
    return await Promise.race([
      host.repository(widgets).catch((error: unknown) => toAppError(error).kind),
      systemClock.sleep(2000).then(() => 'still waiting'),
    ]);
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
};
