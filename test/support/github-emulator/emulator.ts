import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, systemClock } from '../../../src/lib/clock.ts';
import { type Apps, createApps } from './apps.ts';
import { type ContractViolation, createContract } from './contract.ts';
import { createControl } from './control.ts';
import { createFaults, type Faults } from './faults.ts';
import { createGitServer } from './git-http.ts';
import { createIssueActs } from './issue-acts.ts';
import { createJournal, type Journal } from './journal.ts';
import { createPerson, type Person } from './people.ts';
import { createPullActs } from './pull-acts.ts';
import { createRateLimit } from './rate-limit.ts';
import { createRest } from './rest.ts';
import { createSeeding, type Seeding } from './seeding.ts';
import { createHandler } from './server.ts';
import { createState, type Issue, requireRepository } from './state.ts';

export interface EmulatorOptions {
  /** Folder for the bare repositories; a temporary one, removed by `close`, when not said. */
  readonly folder?: string;
  /** '' is the style of api.github.com, '/api/v3' (the default) that of Enterprise Server. Both are served. */
  readonly basePath?: '' | '/api/v3';
  /** Requests an hour of one token; 5,000 when not said. */
  readonly rateLimit?: number;
  /** Port to listen on; any free one when not said. */
  readonly port?: number;
  readonly clock?: Clock;
}

/** A GitHub on 127.0.0.1 that remembers everything: what it was asked, and what really happened. */
export interface GithubEmulator extends Seeding {
  readonly apiUrl: string;
  /** `${serverUrl}/owner/name.git` can be cloned and pushed to. */
  readonly serverUrl: string;
  readonly faults: Faults;
  readonly journal: Journal;
  /** GitHub Apps and the tokens of their installations. */
  readonly apps: Pick<Apps, 'add' | 'minted' | 'revokeTokens'>;
  /** Where requests or our answers differ from GitHub's OpenAPI description; must stay empty. */
  readonly contractViolations: readonly ContractViolation[];
  as(login: string): Person;
  /** From now on answers say a time that is so far ahead of the true one. */
  tellTime(aheadMs: number): void;
  /** The issue or pull request as it is on the server; for assertions. */
  issue(repository: string, number: number): Issue | undefined;
  issues(repository: string): Issue[];
  /** Folder of the bare git repository. */
  gitFolder(repository: string): string;
  close(): Promise<void>;
}

export async function createGithubEmulator(options: EmulatorOptions = {}): Promise<GithubEmulator> {
  const { clock = systemClock, basePath = '/api/v3', rateLimit = 5000 } = options;
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'github-emulator-')));
  const contract = await createContract();
  // A client never finds that a kept connection was closed, unless a fault did it.
  const server = createServer({ keepAliveTimeout: 300_000 });
  const serverUrl = `http://127.0.0.1:${await listen(server, options.port ?? 0)}`;
  const state = createState(clock, serverUrl + basePath, serverUrl);
  const journal = createJournal(clock);
  const apps = createApps(state);
  const faults = createFaults();
  const rates = createRateLimit(clock, rateLimit, anonymousLimit);
  const issues = createIssueActs(state, journal);
  const pulls = createPullActs(state, issues);
  const seeding = createSeeding(state, issues, folder);
  const as = (login: string): Person => createPerson(state, issues, pulls, login);
  const contractViolations = contract.violations;
  const rest = createRest({ state, issues, pulls, rates, contract, apps });
  const git = createGitServer(state, pulls);
  const control = createControl({ seeding, faults, journal, contractViolations, as });
  let aheadMs = 0;
  server.on('request', (_request, response) => {
    if (aheadMs !== 0) response.setHeader('date', new Date(Date.now() + aheadMs).toUTCString());
  });
  server.on('request', createHandler({ state, journal, faults, rates, rest, git, control, apps }));
  return {
    ...seeding,
    apiUrl: state.apiUrl,
    serverUrl,
    faults,
    journal,
    apps,
    contractViolations,
    as,
    tellTime: (ms) => {
      aheadMs = ms;
    },
    issue: (name, number) => requireRepository(state, name).issues.get(number),
    issues: (name) => [...requireRepository(state, name).issues.values()],
    gitFolder: (name) => requireRepository(state, name).dir,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
      if (options.folder === undefined)
        await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

/** What GitHub grants to requests without a token, per hour. */
const anonymousLimit = 60;

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
