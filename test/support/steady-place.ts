import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { listAlerts } from '../../src/operations/alerts/contract.ts';
import {
  type ApiClient,
  type CallOptions,
  createClient,
} from '../../src/operations/api-client/client.ts';
import { listFindings } from '../../src/operations/findings/contract.ts';
import { listRuns } from '../../src/operations/runs/contract.ts';
import { serviceStatus } from '../../src/operations/service/contract.ts';
import { listTasks } from '../../src/operations/tasks/contract.ts';

/** The folder of a service that scans a repository of twenty TODOs every minute, on the embedded database. */
export async function makeSteadyPlace(folder: string): Promise<void> {
  const repository = join(folder, 'r');
  await mkdir(repository);
  for (let n = 0; n < 20; n += 1)
    await writeFile(
      join(repository, `f${n}.js`),
      `// TODO: mend the thing number ${n}\nf(${n});\n`,
    );
  for (const words of [
    ['init', '-q'],
    ['add', '.'],
    ['commit', '-qm', 'first'],
  ])
    await promisify(execFile)(
      'git',
      ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...words],
      { cwd: repository },
    );
  const config = { repositories: [{ match: './r' }], analyzer: { intervalMinutes: 1 } };
  await writeFile(
    join(folder, 'config.json'),
    JSON.stringify({ dataDir: 'data', logDir: 'logs', ...config }),
  );
}

/** Asks a service without accounts as its own page does. */
export function pageClient(address: string): ApiClient {
  return createClient({
    baseUrl: address,
    fetch: (url, init) =>
      fetch(url, { ...init, headers: { ...(init?.headers as object), origin: address } }),
  });
}

/** Questions that are asked in turn. */
export function steadyQuestions(
  client: ApiClient,
): readonly ((options?: CallOptions) => Promise<unknown>)[] {
  return [listTasks, serviceStatus, listFindings, listAlerts, listRuns].map(
    (contract) => (options) => client.call(contract, {}, options),
  );
}
