import { spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { createRequester } from './requester.ts';

test('the program is seeded, told to fail and read from another process', async () => {
  const program = fileURLToPath(new URL('../github-emulator-program.ts', import.meta.url));
  const child = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  const { apiUrl, controlUrl } = JSON.parse(line) as { apiUrl: string; controlUrl: string };
  const control = createRequester(controlUrl, '');

  await control.post('/seed/addRepository', [
    { fullName: 'acme/widgets', roles: { ann: 'admin' } },
  ]);
  await control.post('/faults', { kind: 'status', status: 500, match: { path: '~/user$' } });
  const ann = createRequester(apiUrl, 'token-ann');
  expect(await ann.get('/user')).toMatchObject({ status: 500 });
  const opened = await control.post('/as/ann/openIssue', ['acme/widgets', { title: 'x' }]);
  expect(opened).toMatchObject({ status: 200, body: 1 });
  expect((await control.get('/effects')).body).toMatchObject([{ kind: 'issue-opened' }]);
  expect((await control.get('/journal')).body).toMatchObject([{ path: '/user', status: 500 }]);
  expect((await control.post('/as/ann/dance', [])).status).toBe(400);

  child.kill('SIGTERM');
  const [code] = (await once(child, 'exit')) as [number | null];
  expect(code).toBe(0);
});
