import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { oneToken } from '../../../test/support/github-access.ts';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.ts';
import { suiteMarkers } from '../../integrations/code-host.suite.ts';
import type { Governor } from '../../integrations/github/governor/governor.ts';
import { githubMigrations } from '../../integrations/github/tables.ts';
import { AppError } from '../../lib/app-error.ts';
import { systemClock } from '../../lib/clock.ts';
import { silentLog } from '../../lib/log.ts';
import { systemRandom } from '../../lib/random.ts';
import { loadConfig } from '../../platform/config/load-config.ts';
import { migrate } from '../../platform/database/migrate.ts';
import {
  type BreakerTables,
  breakerStates,
  createBreakers,
  resilienceMigrations,
} from '../../platform/resilience/breakers.ts';
import { createCredentials } from '../store/credentials.ts';
import { openGithub } from './open-github.ts';

let database: TestDatabase;
let status = 200;
let arrived = 0;
const server = createServer((_request, response) => {
  arrived += 1;
  response.writeHead(status, { 'content-type': 'application/json' }).end('{"message":"No."}');
});
beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  database = await createTestDatabase();
  await migrate(database, [...githubMigrations, ...resilienceMigrations]);
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await database.drop();
});

const governor: Governor = {
  run: async (_demand, exchange) => await exchange(),
  hold: async (_demand, work) => await work(),
};

async function openHost() {
  const apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { config } = await loadConfig({
    file: '/somewhere/config.json',
    folder: '/somewhere',
    env: {},
    readFile: async () =>
      JSON.stringify({
        github: { apiUrl, serverUrl: apiUrl, managerRepo: 'acme/manager' },
        resilience: { github: { retry: { attempts: 1 } } },
      }),
  });
  const clock = systemClock;
  const credentials = createCredentials({
    vault: { has: async () => false, useAll: async () => [] },
    environment: () => 'token',
    clock,
    log: silentLog,
  });
  return openGithub({
    config,
    credentials,
    sealing: { seal: async (plain) => String(plain), open: async (sealed) => Buffer.from(sealed) },
    redactor: { register: () => undefined },
    database,
    clock,
    random: systemRandom,
    log: silentLog,
    telemetry: { record: () => undefined },
    githubClock: { hear: () => undefined },
    markers: suiteMarkers,
    push: {
      push: async () => 'pushed',
      remoteRef: async () => null,
      branches: async () => new Map(),
      merge: async () => '',
      containedBy: async () => null,
    },
    breakers: createBreakers({ db: database.kysely<BreakerTables>(), clock }),
    access: oneToken(governor, async () => 'token'),
  });
}

const states = async () =>
  (await breakerStates(database.kysely<BreakerTables>(), new Date())).map(({ state }) => state);
const codeOf = async (call: Promise<unknown>): Promise<string> =>
  await call.then(
    () => 'ok',
    (error: unknown) => (error as AppError).code,
  );
const ref = { host: 'github', name: 'acme/widgets' } as const;

test('answers that refuse a request never open a breaker of GitHub, and answers that tell of a fault do', async () => {
  const host = await openHost();
  for (const refusal of [400, 401, 403, 404, 409, 410, 422, 429, 451, 501]) {
    status = refusal;
    for (let calls = 0; calls < 12; calls += 1)
      expect(await codeOf(host.repository(ref))).not.toBe('circuit_open');
  }
  expect(arrived).toBe(120);
  expect(await states()).toEqual([]);
  status = 500;
  let calls = 0;
  while (calls < 1000 && (await codeOf(host.repository(ref))) !== 'circuit_open') calls += 1;
  expect(calls).toBeLessThan(1000);
  expect(arrived).toBe(120 + calls);
  expect(await states()).toContain('open');
});
