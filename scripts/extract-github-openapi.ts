// Takes the operations that the GitHub emulator knows out of GitHub's OpenAPI description.
// Usage: node scripts/extract-github-openapi.ts FOLDER, where FOLDER holds an unpacked @octokit/openapi.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type JsonObject = { [key: string]: Json };

const repo = '/repos/{owner}/{repo}';
const issue = `${repo}/issues/{issue_number}`;
const pull = `${repo}/pulls/{pull_number}`;
const wanted = [
  'GET /user',
  'GET /users/{username}',
  'GET /user/repos',
  'GET /orgs/{org}/repos',
  'GET /users/{username}/repos',
  'GET /meta',
  'GET /rate_limit',
  `GET ${repo}`,
  `GET ${repo}/collaborators/{username}/permission`,
  `GET ${repo}/branches`,
  `GET ${repo}/branches/{branch}`,
  `GET ${repo}/git/ref/{ref}`,
  `DELETE ${repo}/git/refs/{ref}`,
  `GET ${repo}/commits`,
  `GET ${repo}/commits/{ref}`,
  `GET ${repo}/commits/{ref}/statuses`,
  `GET ${repo}/check-runs/{check_run_id}/annotations`,
  `GET ${repo}/compare/{basehead}`,
  `GET ${repo}/commits/{ref}/check-runs`,
  `GET ${repo}/commits/{ref}/status`,
  `POST ${repo}/statuses/{sha}`,
  `GET ${repo}/actions/jobs/{job_id}/logs`,
  `GET ${repo}/actions/runs/{run_id}`,
  `POST ${repo}/actions/runs/{run_id}/rerun-failed-jobs`,
  `POST ${pull}/comments/{comment_id}/replies`,
  `GET ${repo}/issues`,
  `POST ${repo}/issues`,
  `GET ${repo}/issues/events`,
  `GET ${issue}`,
  `PATCH ${issue}`,
  `GET ${issue}/events`,
  `GET ${issue}/timeline`,
  `PUT ${issue}/lock`,
  `DELETE ${issue}/lock`,
  `GET ${repo}/issues/comments`,
  `GET ${issue}/comments`,
  `POST ${issue}/comments`,
  `GET ${repo}/issues/comments/{comment_id}`,
  `PATCH ${repo}/issues/comments/{comment_id}`,
  `DELETE ${repo}/issues/comments/{comment_id}`,
  `GET ${repo}/labels`,
  `POST ${repo}/labels`,
  `GET ${repo}/labels/{name}`,
  `PATCH ${repo}/labels/{name}`,
  `GET ${issue}/labels`,
  `POST ${issue}/labels`,
  `PUT ${issue}/labels`,
  `DELETE ${issue}/labels/{name}`,
  `GET ${repo}/pulls`,
  `POST ${repo}/pulls`,
  `GET ${pull}`,
  `PATCH ${pull}`,
  `GET ${pull}/files`,
  `GET ${pull}/commits`,
  `PUT ${pull}/merge`,
  `GET ${pull}/reviews`,
  `POST ${pull}/reviews`,
  `GET ${pull}/comments`,
];

const prose = new Set([
  'description',
  'summary',
  'example',
  'examples',
  'title',
  'externalDocs',
  'x-github-breaking-changes',
  'deprecated',
]);

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('say where @octokit/openapi is unpacked');
const description = await readJson(join(folder, 'generated/api.github.com.json'));
const { version } = await readJson(join(folder, 'package.json'));

const schemas: JsonObject = {};
const operations: JsonObject = {};
for (const name of wanted) operations[name] = extractOperation(name);
const target = new URL('../test/support/github-emulator/openapi-extract.json', import.meta.url);
const source = JSON.stringify('@octokit/openapi');
await writeFile(
  target,
  `{"source":${source},"version":${JSON.stringify(version)},
"operations":${oneALine(operations)},
"schemas":${oneALine(schemas)}}
`,
);

function oneALine(members: JsonObject): string {
  const lines = Object.entries(members).map(
    ([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`,
  );
  return `{\n${lines.join(',\n')}\n}`;
}

function extractOperation(name: string): JsonObject {
  const [method = '', path = ''] = name.split(' ');
  const item = object(object(description['paths'])[path] ?? {});
  const operation = object(item[method.toLowerCase()] ?? {});
  if (operation['operationId'] === undefined) throw new Error(`GitHub has no operation ${name}`);
  const query: JsonObject = {};
  for (const parameter of [...list(item['parameters']), ...list(operation['parameters'])]) {
    const { in: place, name: key, schema } = resolve(parameter);
    if (place === 'query' && typeof key === 'string') query[key] = prune(schema ?? {});
  }
  const answers: JsonObject = {};
  for (const [status, answer] of Object.entries(object(operation['responses'] ?? {}))) {
    answers[status] = jsonSchema(resolve(answer)) ?? null;
  }
  const body = jsonSchema(resolve(operation['requestBody'] ?? {}));
  return body === undefined ? { query, answers } : { query, body, answers };
}

function jsonSchema(holder: JsonObject): Json | undefined {
  const media = object(object(holder['content'] ?? {})['application/json'] ?? {});
  return media['schema'] === undefined ? undefined : prune(media['schema']);
}

/** The schema without prose, with `nullable` of OpenAPI 3.0 in JSON Schema's words. */
function prune(value: Json): Json {
  if (Array.isArray(value)) return value.map(prune);
  if (value === null || typeof value !== 'object') return value;
  const { $ref: reference } = value;
  if (typeof reference === 'string') return { $ref: keep(reference) };
  const { nullable, ...rest } = value;
  const kept = Object.entries(rest).filter(([key, inner]) => !isProse(key, inner));
  const pruned = Object.fromEntries(kept.map(([key, inner]) => [key, pruneMember(key, inner)]));
  return nullable === true ? orNull(pruned) : pruned;
}

/** Names of properties are not keywords: a property may be called `title`. */
function pruneMember(key: string, value: Json): Json {
  if (key === 'enum' || key === 'required' || key === 'default') return value;
  if (key !== 'properties') return prune(value);
  const members = Object.entries(object(value)).map(([name, inner]) => [name, prune(inner)]);
  return Object.fromEntries(members) as JsonObject;
}

function isProse(key: string, value: Json): boolean {
  return prose.has(key) && (key !== 'title' || typeof value === 'string');
}

function orNull(schema: JsonObject): JsonObject {
  if (typeof schema['type'] !== 'string') return { anyOf: [schema, { type: 'null' }] };
  const listed = schema['enum'];
  const values = Array.isArray(listed) ? { enum: [...listed, null] } : {};
  return { ...schema, ...values, type: [schema['type'], 'null'] };
}

function keep(reference: string): string {
  const name = reference.replace('#/components/schemas/', '');
  if (!(name in schemas)) {
    schemas[name] = {};
    schemas[name] = prune(resolve({ $ref: reference }));
  }
  return `github#/components/schemas/${name}`;
}

function resolve(value: Json): JsonObject {
  const { $ref: reference } = object(value);
  if (typeof reference !== 'string') return object(value);
  const found = reference
    .slice(2)
    .split('/')
    .reduce<Json>((place, step) => object(place)[step] ?? {}, description);
  return resolve(found);
}

function object(value: Json | undefined): JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? value : {};
}

function list(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value : [];
}

async function readJson(path: string): Promise<JsonObject> {
  return JSON.parse(await readFile(path, 'utf8')) as JsonObject;
}
