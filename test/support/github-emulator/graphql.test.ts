import { afterEach, beforeEach, expect, test } from 'vitest';
import { createGithubEmulator, type GithubEmulator } from './emulator.ts';
import { createRequester, type Requester } from './requester.ts';

let emulator: GithubEmulator;
let root: Requester;

beforeEach(async () => {
  emulator = await createGithubEmulator();
  for (const name of ['one', 'two']) {
    const roles = { ann: 'write', bob: 'read' } as const;
    await emulator.addRepository({ fullName: `acme/${name}`, files: { a: name }, roles });
  }
  root = createRequester(`${emulator.serverUrl}/api`, 'token-ann');
});
afterEach(() => emulator.close());

test('heads of many repositories come in one answer, missing ones as errors beside it', async () => {
  const head = 'defaultBranchRef { name target { ... on Commit { oid } } }';
  const query = `query($owner: String!) {
    a: repository(owner: $owner, name: "one") { nameWithOwner ${head} }
    b: repository(owner: $owner, name: "two") { ref(qualifiedName: "refs/heads/main") { target { oid } } }
    c: repository(owner: $owner, name: "three") { name }
  }`;
  const sha = /^[0-9a-f]{40}$/;
  const answer = await root.post('/graphql', { query, variables: { owner: 'acme' } });
  expect(answer.body).toEqual({
    data: {
      a: {
        nameWithOwner: 'acme/one',
        defaultBranchRef: { name: 'main', target: { oid: expect.stringMatching(sha) as string } },
      },
      b: { ref: { target: { oid: expect.stringMatching(sha) as string } } },
      c: null,
    },
    errors: [
      {
        type: 'NOT_FOUND',
        message: "Could not resolve to a Repository with the name 'acme/three'.",
      },
    ],
  });
});

test('an edit of the text is told with its author, one of the title or a label is not', async () => {
  const number = emulator.as('bob').openIssue('acme/one', { title: 'x', body: 'old' });
  const query = `{ repository(owner: "acme", name: "one") { issue(number: ${number}) {
    lastEditedAt editor { login } userContentEdits(first: 5) { totalCount nodes { editor { login } } } } } }`;
  const read = async () => (await root.post('/graphql', { query })).body;
  emulator.as('ann').label('acme/one', number, 'approved-for-dev');
  emulator.as('ann').editIssue('acme/one', number, { title: 'y' });
  expect(await read()).toMatchObject({
    data: { repository: { issue: { lastEditedAt: null, editor: null } } },
  });
  emulator.as('bob').editIssue('acme/one', number, { body: 'new' });
  expect(await read()).toMatchObject({
    data: {
      repository: {
        issue: {
          editor: { login: 'bob' },
          userContentEdits: { totalCount: 1, nodes: [{ editor: { login: 'bob' } }] },
        },
      },
    },
  });
});

test('a query that cannot be read is an error in a good answer, and no write', async () => {
  const wrong = await root.post('/graphql', { query: '{ viewer { shoeSize } }' });
  expect(wrong).toMatchObject({ status: 200, body: { errors: [{}] } });
  await root.post('/graphql', { query: '{ viewer {' });
  expect(emulator.journal.violations()).toEqual([]);
});
