import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { codePoints } from '../../src/domain/input.ts';
import { initRepositoryWith } from '../support/git-work.ts';
import { createGithubLoop, type GithubLoop, manager } from '../support/github-loop.ts';
import { type RunningService, startService } from '../support/running-service.ts';
import { seededFractions } from '../support/seeded.ts';

const corpora = new URL('../corpora/inspection/', import.meta.url);
/** Every text by itself takes as much longer. */
const isWhole = process.env['CORPORA'] === 'all';
const patience = isWhole ? 1_800_000 : 300_000;
const password = 'six green boats at 4 in the fog';

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: unknown;
}
interface Problem {
  readonly code: string;
  readonly correlationId: string;
  readonly fields: readonly { readonly field: string; readonly message: string }[];
}

let loop: GithubLoop;
let service: RunningService;
let token = '';
let task = '';
let legitimate: readonly string[];
let hostile: readonly string[];

async function corpus(start: string): Promise<readonly string[]> {
  const names = (await readdir(corpora)).filter((name) => name.startsWith(start)).toSorted();
  const files = await Promise.all(names.map((name) => readFile(new URL(name, corpora), 'utf8')));
  const texts = files.flatMap((text) => text.trimEnd().split('\n'));
  return [...new Set(texts.map((line) => JSON.parse(line) as string))];
}

async function ask(
  method: string,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const isBytes = typeof body === 'string' || body instanceof Uint8Array;
  const answer = await fetch(`${service.address}/api/v1${path}`, {
    method,
    headers: {
      ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined
      ? {}
      : { body: isBytes ? new Uint8Array(Buffer.from(body)) : JSON.stringify(body) }),
  });
  const text = await answer.text();
  const type = answer.headers.get('content-type') ?? '';
  return { status: answer.status, type, body: type.includes('json') ? JSON.parse(text) : text };
}

/** What a caller can change by mistake: everything that is ours and outside. */
async function effects(): Promise<string> {
  const [counted] = await loop.query<Record<string, string>>(
    `select (select count(*) from identity_users) as accounts, (select count(*) from identity_tokens) as tokens,
      (select count(*) from effect_intents) as intents, (select string_agg(id || state || version, ',' order by id) from tasks) as tasks`,
  );
  return JSON.stringify([counted, loop.emulator.issues(manager).length]);
}

const scopes = ['tasks:read', 'tasks:write', 'tasks:approve', 'issues:write', 'repo:read'];
const moreScopes = ['repo:write', 'audit:read', 'security:write', 'account:own', 'users:manage'];

beforeAll(async () => {
  [legitimate, hostile] = await Promise.all([corpus('legitimate'), corpus('hostile')]);
  const none = { max_requests_per_minute: 0, max_requests_per_minute_per_address: 0 };
  loop = await createGithubLoop({
    targets: {},
    config: {
      repositories: [{ match: './r' }],
      security: { rate_limiting: none, inspection: { probes_before_block: 0 } },
    },
  });
  initRepositoryWith(join(loop.service.folder, 'r'), { 'a.js': '// TODO: close the file\n' });
  service = await startService(loop.service);
  const link = await service.firstLink();
  const answer = await fetch(`${service.address}/api/v1/users/bootstrap`, {
    method: 'POST',
    headers: {
      origin: service.address,
      'content-type': 'application/json',
      'x-claude-manager': '1',
    },
    body: JSON.stringify({ token: link, name: 'ann', password }),
  });
  expect([answer.status, await answer.text()]).toEqual([200, expect.any(String)]);
  const cookie = answer.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  const made = await ask(
    'POST',
    '/tokens',
    { name: 'robot', scopes: [...scopes, ...moreScopes] },
    { cookie, origin: service.address, 'x-claude-manager': '1' },
  );
  expect(made.status, JSON.stringify(made.body)).toBe(200);
  token = (made.body as { secret: string }).secret;
  task = await vi.waitFor(
    async () => {
      const { body } = await ask('GET', '/tasks?state=proposed&limit=1');
      const [first] = (body as { items: { id: string }[] }).items;
      if (first === undefined) throw new Error(service.said());
      return first.id;
    },
    { timeout: 180_000 },
  );
}, 420_000);
afterAll(async () => {
  await service.stop();
  await loop.close();
}, 420_000);

/** The field that takes a text: a title is one line of at most 256 characters. */
const fieldOf = (text: string): 'title' | 'body' =>
  text.trim() === '' || codePoints(text) > 256 || /[\p{Cc}\u2028\u2029]/u.test(text)
    ? 'body'
    : 'title';

/** Seeded, so that a failure comes again; all of them with CORPORA=all. */
function sample(texts: readonly string[], count: number): readonly string[] {
  if (isWhole) return texts;
  const random = seededFractions(Number(process.env['CORPORA_SEED'] ?? '5'));
  return texts
    .map((text) => ({ text, at: random() }))
    .toSorted((one, other) => one.at - other.at)
    .slice(0, count)
    .map(({ text }) => text);
}

const mayBeKept = (text: string): boolean =>
  text.isWellFormed() && !text.includes('\0') && text.trim() !== '';

/** How many of the texts the audit log says to look like an attack when they are given as a body. */
async function flagged(texts: readonly string[]): Promise<number> {
  const counted = async (): Promise<{ calls: number; flags: number }> => {
    const [row] = await loop.query<{ calls: number; flags: number }>(
      `select count(*)::int as calls, count(body::json->'facts'->'flags')::int as flags from audit_entries
        where event = 'tasks.edit' and outcome = 'begun'`,
    );
    return row ?? { calls: 0, flags: 0 };
  };
  const before = await counted();
  for (const text of texts) await ask('POST', `/tasks/${task}/edit`, { body: text });
  const after = await counted();
  expect(after.calls - before.calls).toBe(texts.length);
  return after.flags - before.flags;
}

async function stored(field: 'title' | 'body'): Promise<string | undefined> {
  const [row] = await loop.query<Record<string, string>>(
    `select proposal->>'${field}' as text from tasks where id = '${task}'`,
  );
  return row?.['text'];
}

/** Texts side by side in one body, so that hundreds of them take a few calls; each stands in it byte for byte. */
function bodiesOf(texts: readonly string[]): readonly string[] {
  const size = isWhole ? 1 : 40;
  return Array.from({ length: Math.ceil(texts.length / size) }, (_, n) =>
    texts.slice(n * size, (n + 1) * size).join('\n\n'),
  );
}

/** What came back otherwise than it went in, by the answer, the REST API and the database. */
async function changed(field: 'title' | 'body', texts: readonly string[]): Promise<unknown[]> {
  const wrong: unknown[] = [];
  for (const text of texts) {
    const edited = await ask('POST', `/tasks/${task}/edit`, { [field]: text });
    const { body } = await ask('GET', `/tasks/${task}`);
    const isShown = JSON.stringify(body).includes(JSON.stringify(text));
    if (edited.status !== 200 || !isShown || (await stored(field)) !== text)
      wrong.push([text, edited, body]);
  }
  return wrong;
}

describe('text that a person may write', () => {
  test(
    'comes back byte for byte from the REST API and from the database, whatever it says',
    async () => {
      expect(legitimate.length).toBeGreaterThanOrEqual(310);
      expect(await changed('body', bodiesOf(legitimate))).toEqual([]);
      const titles = legitimate.filter((text) => fieldOf(text) === 'title');
      expect(await changed('title', sample(titles, 40))).toEqual([]);
    },
    patience,
  );
  test('goes through the command line unchanged, in and out', async () => {
    const body = legitimate.join('\n\n').slice(0, 60_000).toWellFormed();
    const edited = await loop.service.run(['tasks', 'edit', task, '--body', body]);
    expect(edited.exitCode, edited.stderr).toBe(0);
    expect(await stored('body')).toBe(body);
    const shown = await loop.service.run(['tasks', 'show', task]);
    expect(JSON.stringify(shown.json)).toContain(JSON.stringify(body));
  }, 420_000);
  test('arrives unchanged in the issue that is made on GitHub, in title and body', async () => {
    const body = legitimate.join('\n\n').slice(0, 60_000).toWellFormed();
    const titles = legitimate.filter((text) => fieldOf(text) === 'title');
    const chosen = sample(titles, 4).slice(0, 4);
    for (const title of chosen) {
      const made = await ask('POST', '/issues', { repository: manager, title, body });
      expect(made.status, JSON.stringify([title, made.body])).toBe(200);
      const { number } = made.body as { number: number };
      const issue = loop.emulator.issues(manager).find((one) => one.number === number);
      expect(issue?.title).toBe(title);
      expect(issue?.body?.startsWith(body)).toBe(true);
    }
  }, 420_000);
});

describe('hostile text', () => {
  test(
    'is kept byte for byte where free text belongs, is found to look like an attack, and is sent nowhere else',
    async () => {
      expect(hostile.length).toBeGreaterThanOrEqual(550);
      // An address with a name and a password in it is redacted.
      const kept = hostile.filter((text) => mayBeKept(text) && !/:\/\/\S*@/u.test(text));
      expect(kept.length).toBeGreaterThan(550);
      expect(await changed('body', bodiesOf(kept))).toEqual([]);
      const some = sample(kept, 60);
      expect(await flagged(some)).toBeGreaterThanOrEqual(some.length * 0.9);
      for (const text of hostile.filter((one) => !mayBeKept(one))) {
        const answer = await ask('POST', `/tasks/${task}/edit`, { body: text });
        expect([text, answer.status]).toEqual([text, 400]);
      }
    },
    patience,
  );

  const places: readonly (readonly [
    string,
    string,
    (text: string) => [string, string, unknown],
  ])[] = [
    [
      'repository',
      'issues.create',
      (repository) => ['POST', '/issues', { repository, title: 'x' }],
    ],
    ['id', 'tasks.approve', (id) => ['POST', `/tasks/${encodeURIComponent(id)}/approve`, {}]],
    [
      'roles',
      'users.create',
      (role) => ['POST', '/users', { name: 'bob', roles: [{ role }], password }],
    ],
    ['scopes', 'tokens.create', (scope) => ['POST', '/tokens', { name: 'x', scopes: [scope] }]],
    ['block', 'blocks.lift', (block) => ['POST', '/blocks/lift', { block }]],
    [
      'limit',
      'tasks.list',
      (limit) => ['GET', `/tasks?${new URLSearchParams({ limit }).toString()}`, undefined],
    ],
    [
      'state',
      'tasks.list',
      (state) => ['GET', `/tasks?${new URLSearchParams({ state }).toString()}`, undefined],
    ],
  ];
  test(
    'is refused in a field with a grammar, by the name of the field, and nothing happens',
    async () => {
      const before = await effects();
      const wrong: unknown[] = [];
      let refused = 0;
      const look = async (place: (typeof places)[number], text: string): Promise<void> => {
        const [field, operation, call] = place;
        const [method, path, body] = call(text);
        const answer = await ask(method, path, body);
        const problem = answer.body as Problem;
        const isNamed =
          problem.fields?.some((one) => one.field.split('.')[0] === field) ||
          [
            'not_found',
            'repository_not_watched',
            'proof_needed',
            'body_bad_text',
            'block_unknown',
            'task_unknown',
            'token_makes_no_token',
          ].includes(problem.code);
        // Some are ids as they should be, and then of nothing.
        const isOfNothing =
          field === 'id' && /^[0-9a-f]{4,24}$/u.test(text) && answer.status === 404;
        const isRefused =
          answer.status >= 400 &&
          answer.status < 500 &&
          answer.type.startsWith('application/problem+json') &&
          (isNamed || isOfNothing);
        if (isRefused) refused += 1;
        else wrong.push([operation, field, text, answer.status, answer.body]);
      };
      // Each text in one place by turns; with CORPORA=all each in all.
      const all = sample(hostile, 240).flatMap((text, index) =>
        places.flatMap((place, step) =>
          isWhole || index % places.length === step ? [[place, text] as const] : [],
        ),
      );
      // A browser, and so fetch, takes these for steps in the address.
      const asked = all.filter(
        ([[field], text]) => field !== 'id' || !/^(?:\.|%2e){1,2}$/iu.test(text),
      );
      for (let at = 0; at < asked.length; at += 20)
        await Promise.all(asked.slice(at, at + 20).map(([place, text]) => look(place, text)));
      expect(wrong).toEqual([]);
      expect(refused).toBeGreaterThan(200);
      expect(await effects()).toBe(before);
      expect(Object.keys(Object.prototype)).toEqual([]);
    },
    patience * 2,
  );
});

describe('a body that is no plain JSON', () => {
  const deep = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
  test.each<readonly [string, string | Uint8Array]>([
    ['the same key twice', '{"title":"a","title":"b"}'],
    ['the same key twice, one escaped', String.raw`{"title":"a","t\u0069tle":"b"}`],
    ['a key that reaches the prototype', '{"__proto__":{"isAdmin":true},"title":"a"}'],
    ['a constructor with a prototype', '{"constructor":{"prototype":{"x":1}},"title":"a"}'],
    ['33 levels', deep(33)],
    ['1,001 items', `{"labels":[${'"a",'.repeat(1000)}"a"]}`],
    ['a number that is infinite', '{"version":1e999,"title":"a"}'],
    ['a number beyond what is exact', '{"version":9007199254740993,"title":"a"}'],
    ['a negative version', '{"version":-1,"title":"a"}'],
    ['a version that is a text', '{"version":"1","title":"a"}'],
    ['an array for a text', '{"title":["a"]}'],
    ['an object for a text', '{"title":{"$ne":null}}'],
    ['a lone surrogate', String.raw`{"title":"\ud800"}`],
    ['a NUL', String.raw`{"title":"a\u0000b"}`],
    ['a member that nobody knows', '{"title":"a","state":"approved","isAdmin":true}'],
    [
      'overlong UTF-8',
      new Uint8Array([...Buffer.from('{"title":"'), 0xc0, 0xaf, ...Buffer.from('"}')]),
    ],
    ['UTF-16', new Uint8Array(Buffer.from('\ufeff{"title":"a"}', 'utf16le'))],
    ['half of it', '{"title":"a'],
    ['something behind it', '{"title":"a"} {"title":"b"}'],
    ['a comment', '{"title":"a" /* b */}'],
    ['NaN', '{"version":NaN}'],
    ['nothing', ''],
    ['null', 'null'],
    ['a list', '[]'],
    ['a text', '"title"'],
  ])('with %s is refused, and nothing happens', async (_what, body) => {
    const before = await effects();
    const answer = await ask('POST', `/tasks/${task}/edit`, body);
    expect([answer.status, answer.type]).toEqual([400, expect.stringContaining('problem+json')]);
    expect(await effects()).toBe(before);
    expect(Object.keys(Object.prototype)).toEqual([]);
  });
  test('is never a fault of ours, whichever bytes of it are changed', async () => {
    const rounds = Number(process.env['FUZZ_ROUNDS'] ?? '400');
    const whole = Buffer.from(
      JSON.stringify({
        repository: 'acme/nowhere',
        title: 'a “title”',
        body: 'b\nc',
        labels: ['d', 'ü'],
      }),
    );
    const random = seededFractions(11);
    const below = (limit: number): number => Math.floor(random() * limit);
    const statuses = new Set<number>();
    for (let round = 0; round < rounds; round += 20) {
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => {
          const bytes = Buffer.from(whole);
          const share = 0.004 + random() * 0.046;
          for (
            let changes = Math.max(1, Math.round(bytes.length * 8 * share));
            changes > 0;
            changes -= 1
          ) {
            const at = below(bytes.length);
            bytes[at] = (bytes[at] ?? 0) ^ (1 << below(8));
          }
          return ask('POST', '/issues', new Uint8Array(bytes));
        }),
      );
      for (const { status } of answers) statuses.add(status);
    }
    expect([...statuses].filter((status) => status < 400 || status >= 500)).toEqual([]);
  }, 420_000);
});

test.each([
  'аdmin',
  'аԁmіn',
  'ａdmin',
  '𝐚𝐝𝐦𝐢𝐧',
  'admin\u200b',
  'ad\u00admin',
  'adm\u0456n',
  'αdmin',
  'ⓐdmin',
])('no account is called %j, which reads like another name', async (name) => {
  const answer = await ask('POST', '/users', { name, roles: [{ role: 'viewer' }], password });
  expect([answer.status, (answer.body as Problem).fields[0]?.field]).toEqual([400, 'name']);
});
test.each([
  'Иван',
  '王小明',
  'Müller',
  'josé.núñez',
  'أحمد',
  'नमस्ते',
  'さくらサクラ桜',
  'o-brien+1',
])('an account may be called %j', async (name) => {
  const answer = await ask('POST', '/users', { name, roles: [{ role: 'viewer' }], password });
  expect([answer.status, answer.body]).toEqual([200, expect.objectContaining({ name })]);
});

test('a NUL in the query of a search is refused by the name of the field', async () => {
  for (const field of ['q', 'actor', 'event', 'target', 'correlationId']) {
    const answer = await ask('GET', `/audit?${field}=a%00b`);
    expect([field, answer.status]).toEqual([field, 400]);
  }
});
