import { readFile } from 'node:fs/promises';
import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';

/** One place where a request or an answer differs from GitHub's OpenAPI description. */
export interface ContractViolation {
  readonly requestId: string;
  readonly operation: string;
  readonly side: 'request' | 'answer';
  readonly detail: string;
}

export interface Contract {
  readonly violations: readonly ContractViolation[];
  checkRequest(
    method: string,
    path: string,
    query: URLSearchParams,
    body: unknown,
    requestId: string,
  ): void;
  checkAnswer(method: string, path: string, status: number, body: unknown, requestId: string): void;
}

type Schema = Readonly<Record<string, unknown>>;

/** What `scripts/extract-github-openapi.ts` writes. */
interface Extract {
  readonly version: string;
  readonly operations: Readonly<Record<string, ExtractedOperation>>;
  readonly schemas: Readonly<Record<string, Schema>>;
}
interface ExtractedOperation {
  readonly query: Readonly<Record<string, Schema>>;
  readonly body?: Schema;
  readonly answers: Readonly<Record<string, Schema | null>>;
}

/** Checks against the extract of GitHub's description that lies beside this file. */
export async function createContract(): Promise<Contract> {
  const file = new URL('./openapi-extract.json', import.meta.url);
  const extract = JSON.parse(await readFile(file, 'utf8')) as Extract;
  const ajv = new Ajv({
    strict: false,
    allErrors: true,
    coerceTypes: false,
    validateSchema: false,
  });
  addFormats.default(ajv);
  ajv.addFormat('repo.nwo', true);
  ajv.addSchema({ $id: 'github', components: { schemas: extract.schemas } });
  const compiled = new Map<Schema, ValidateFunction>();
  const differences = (schema: Schema, value: unknown): string[] => {
    const check = compiled.get(schema) ?? ajv.compile(schema);
    compiled.set(schema, check);
    if (check(value)) return [];
    const errors = check.errors ?? [];
    return errors.slice(0, 5).map((error) => `${error.instancePath} ${error.message ?? ''}`);
  };
  const violations: ContractViolation[] = [];
  return {
    violations,
    checkRequest(method, path, query, body, requestId) {
      const operation = `${method} ${path}`;
      const known = extract.operations[operation];
      const details =
        known === undefined
          ? ['GitHub has no such operation']
          : [
              ...queryDifferences(known, query, differences),
              ...bodyDifferences(known, body, differences),
            ];
      for (const detail of details)
        violations.push({ requestId, operation, side: 'request', detail });
    },
    checkAnswer(method, path, status, body, requestId) {
      const operation = `${method} ${path}`;
      const known = extract.operations[operation];
      if (known === undefined || typeof body === 'string') return;
      const schema = known.answers[String(status)];
      const undocumented = schema === undefined ? [`status ${status} is not documented`] : [];
      const details = schema ? differences(schema, body) : undocumented;
      for (const detail of details)
        violations.push({ requestId, operation, side: 'answer', detail });
    },
  };
}

type Differences = (schema: Schema, value: unknown) => string[];

function queryDifferences(
  known: ExtractedOperation,
  query: URLSearchParams,
  differences: Differences,
): string[] {
  return [...query].flatMap(([name, text]) => {
    if (name === 'after' && query.has('page')) return [];
    const schema = known.query[name];
    if (schema === undefined) return [`unknown query parameter ${name}`];
    const numeric = schema['type'] === 'integer' || schema['type'] === 'number';
    const value = numeric ? Number(text) : schema['type'] === 'boolean' ? text === 'true' : text;
    return differences(schema, value).map((detail) => `query ${name}${detail}`);
  });
}

function bodyDifferences(
  known: ExtractedOperation,
  body: unknown,
  differences: Differences,
): string[] {
  if (known.body === undefined) return body === undefined ? [] : ['a body where none belongs'];
  if (body === undefined) return [];
  return [...differences(known.body, body), ...unknownFields(known.body, body)];
}

/** GitHub ignores fields that it does not know; a client that sends them is mistaken. */
function unknownFields(schema: Schema, body: unknown): string[] {
  const properties = schema['properties'];
  if (typeof properties !== 'object' || properties === null) return [];
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return [];
  const fields = Object.keys(body).filter((name) => !(name in properties));
  return fields.map((name) => `unknown field ${name}`);
}
