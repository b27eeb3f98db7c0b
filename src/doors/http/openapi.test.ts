import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Validator } from '@seriousme/openapi-schema-validator';
import openapiTS, { astToString } from 'openapi-typescript';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apiRoot, routeOf } from '../../operations/api-client/route.ts';
import { catalogue } from '../../operations/catalogue.ts';
import { goodToken, openSampleDoor, type SampleDoor } from './door.suite.ts';
import { openApiDocument } from './openapi.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const run = promisify(execFile);
let sample: SampleDoor;
let folder = '';

beforeAll(async () => {
  sample = await openSampleDoor({
    answers: {
      claim: async () => 'claimed',
      keep: async () => undefined,
      release: async () => undefined,
    },
  });
  // Below the repository, so that the packages are found from there.
  await mkdir(join(root, '.cache'), { recursive: true });
  folder = await mkdtemp(join(root, '.cache', 'generated-client-'));
});
afterAll(async () => {
  await sample.close();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

describe('the OpenAPI document', () => {
  test('of the whole catalogue is valid and has every operation once', async () => {
    const contracts = catalogue().filter(({ doors }) => doors.includes('http'));
    const document = openApiDocument(catalogue(), 'test');
    const verdict = await new Validator().validate(structuredClone(document));
    expect(verdict.errors).toBeUndefined();
    expect(verdict.valid).toBe(true);
    // Linters of other people take the standard's words only.
    expect(JSON.stringify(document)).not.toMatch(/"(?:secret|freeText)":true/u);
    const paths = document['paths'] as Record<string, Record<string, { operationId: string }>>;
    const named = Object.values(paths).flatMap((path) =>
      Object.values(path).map(({ operationId }) => operationId),
    );
    expect(named.toSorted()).toEqual(contracts.map(({ name }) => name).toSorted());
    for (const contract of contracts) {
      const { path, method } = routeOf(contract);
      expect(paths[path]?.[method.toLowerCase()]?.operationId).toBe(contract.name);
    }
  });
  test('is broken when a path is, so that its validator is known to look', async () => {
    const document = structuredClone(openApiDocument(catalogue(), 'test'));
    document['paths'] = { 'no-slash': { get: {} } };
    expect((await new Validator().validate(document)).valid).toBe(false);
  });
  test('makes a client with other people’s tools that works against the service', async () => {
    const document = await (await fetch(`${sample.address}${apiRoot}/openapi.json`)).json();
    const types = astToString(await openapiTS(document as never));
    await writeFile(join(folder, 'api.d.ts'), types);
    await writeFile(join(folder, 'client.ts'), clientProgram);
    const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    const options =
      '--ignoreConfig --noEmit --strict --skipLibCheck --module nodenext --types node --target es2024 --allowImportingTsExtensions';
    await run(process.execPath, [compiler, ...options.split(' '), join(folder, 'client.ts')], {
      cwd: root,
    }).catch((error: { stdout?: string }) => {
      throw new Error(error.stdout);
    });
    const { stdout } = await run(process.execPath, [
      join(folder, 'client.ts'),
      sample.address,
      goodToken,
    ]);
    expect(JSON.parse(stdout)).toEqual({
      listed: { state: ['new', 'old'], limit: 3 },
      renamed: { id: 'a/b', title: 'T' },
      refused: 'input_invalid',
    });
  }, 420_000);
});

const clientProgram = `
import createClient from 'openapi-fetch';
import type { paths } from './api.d.ts';

const [, , baseUrl = '', token = ''] = process.argv;
const api = createClient<paths>({ baseUrl, headers: { authorization: \`Bearer \${token}\` } });
const listed = await api.GET('/api/v1/samples', { params: { query: { state: ['new', 'old'], limit: 3 } } });
const renamed = await api.POST('/api/v1/samples/{id}/rename', {
  params: { path: { id: 'a/b' } },
  body: { title: 'T' },
});
const title: string | undefined = renamed.data?.title;
// @ts-expect-error a title is text
const refused = await api.POST('/api/v1/samples/{id}/rename', { params: { path: { id: 'a' } }, body: { title: 7 } });
// @ts-expect-error there is no such address
await api.GET('/api/v1/nothing');
console.log(JSON.stringify({
  listed: listed.data?.given,
  renamed: { id: renamed.data?.id, title },
  refused: refused.error?.code,
}));
`;
