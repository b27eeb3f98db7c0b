import { spawn } from 'node:child_process';
import type { IncomingHttpHeaders } from 'node:http';
import { gitEnvironment } from './git-repository.ts';
import type { Doer } from './issue-acts.ts';
import type { PullActs } from './pull-acts.ts';
import { type Account, findRepository, fullName, hasRole, roleOf, type State } from './state.ts';

export interface GitRequest {
  readonly method: string;
  /** Path and query, for example `/acme/widgets.git/info/refs?service=git-upload-pack`. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly requestId: string;
  /** undefined: a token that nobody has; null: no token. */
  readonly account: Account | null | undefined;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const pattern = /^\/([^/]+\/[^/]+?)(?:\.git)?\/(info\/refs|git-upload-pack|git-receive-pack)$/;

export const isGitPath = (path: string): boolean => pattern.test(path.split('?')[0] ?? '');

/** Serves clone, fetch and push of the real bare repositories by `git http-backend`. */
export function createGitServer(
  state: State,
  pulls: PullActs,
): (request: GitRequest) => Promise<RawAnswer> {
  return async (request) => {
    const [path = '', query = ''] = request.path.split('?');
    const [, name = '', service = ''] = pattern.exec(path) ?? [];
    const isPush = service === 'git-receive-pack' || query.includes('git-receive-pack');
    const repo = findRepository(state, name);
    const { account } = request;
    if (account === undefined) return challenge('Invalid username or token.');
    if (repo === undefined || !hasRole(roleOf(repo, account), 'read')) {
      return account === null
        ? challenge('Authentication required.')
        : plain(404, 'Repository not found.');
    }
    if (fullName(repo).toLowerCase() !== name.toLowerCase()) {
      const location = `${state.serverUrl}/${fullName(repo)}.git/${service}?${query}`;
      return { status: 301, headers: { location }, body: Buffer.alloc(0) };
    }
    if (!isPush) return backend(repo.dir, service, query, request);
    if (account === null) return challenge('Authentication required.');
    if (repo.archived) return plain(403, 'This repository was archived so it is read-only.');
    if (!hasRole(roleOf(repo, account), 'write')) {
      return plain(403, `Permission to ${fullName(repo)}.git denied to ${account.login}.`);
    }
    if (service === 'info/refs') return backend(repo.dir, service, query, request);
    const doer: Doer = { account, via: 'git', requestId: request.requestId };
    return pulls.moving(doer, repo, () => backend(repo.dir, service, query, request));
  };
}

/** Runs the CGI program of git for one request. */
async function backend(
  dir: string,
  service: string,
  query: string,
  request: GitRequest,
): Promise<RawAnswer> {
  const header = (name: string): string => String(request.headers[name] ?? '');
  const child = spawn('git', ['http-backend'], {
    env: {
      ...gitEnvironment(),
      GIT_PROJECT_ROOT: dir,
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: `/${service}`,
      QUERY_STRING: query,
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: header('content-type'),
      CONTENT_LENGTH: String(request.body.length),
      HTTP_CONTENT_ENCODING: header('content-encoding'),
      GIT_PROTOCOL: header('git-protocol'),
      REMOTE_USER: request.account?.login ?? '',
      REMOTE_ADDR: '127.0.0.1',
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const output: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stdin.on('error', () => undefined);
  child.stdin.end(request.body);
  await new Promise((done, failed) => {
    child.once('error', failed);
    child.once('close', done);
  });
  return parseCgi(Buffer.concat(output));
}

function parseCgi(output: Buffer): RawAnswer {
  const end = output.indexOf('\r\n\r\n');
  if (end < 0) return plain(500, 'git http-backend gave no answer');
  const lines = output.subarray(0, end).toString('latin1').split('\r\n');
  const pairs = lines.map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  // On a reused connection curl hides a reset by asking again; on a fresh one git reports it.
  const { status, ...headers } = Object.fromEntries([...pairs, ['connection', 'close']]) as Record<
    string,
    string
  >;
  return { status: Number.parseInt(status ?? '200', 10), headers, body: output.subarray(end + 4) };
}

const challenge = (message: string): RawAnswer => ({
  status: 401,
  headers: { 'content-type': 'text/plain', 'www-authenticate': 'Basic realm="GitHub"' },
  body: Buffer.from(message),
});

const plain = (status: number, message: string): RawAnswer => ({
  status,
  headers: { 'content-type': 'text/plain' },
  body: Buffer.from(message),
});
