import { expect, test } from 'vitest';
import { createContract } from './contract.ts';

const label = {
  id: 1,
  node_id: 'LA_1',
  url: 'http://127.0.0.1/labels/a',
  name: 'a',
  description: null,
  color: 'ededed',
  default: false,
};

async function detailsOf(answer: unknown, status = 200): Promise<string[]> {
  const contract = await createContract();
  contract.checkAnswer('GET', '/repos/{owner}/{repo}/labels', status, answer, 'r1');
  return contract.violations.map(({ detail }) => detail);
}

test('an answer as GitHub describes it is good, null where it may be null', async () => {
  expect(await detailsOf([label])).toEqual([]);
});

test('a missing field, a wrong type and an unknown status are found', async () => {
  const { color: _color, ...colorless } = label;
  expect(await detailsOf([colorless])).toEqual(["/0 must have required property 'color'"]);
  expect(await detailsOf([{ ...label, name: null }])).toEqual(['/0/name must be string']);
  expect(await detailsOf([], 299)).toEqual(['status 299 is not documented']);
});

test('an operation that GitHub does not have is found', async () => {
  const contract = await createContract();
  contract.checkRequest('POST', '/repos/{owner}/{repo}/wishes', new URLSearchParams(), {}, 'r1');
  expect(contract.violations).toMatchObject([{ side: 'request', requestId: 'r1' }]);
});
