import { expect, test } from 'vitest';
import { formatFindings } from './findings.ts';

const row = {
  repository: 'acme/widgets',
  rule: 'todo',
  path: 'src/a b.ts',
  line: 3,
  endLine: 4,
  tag: 'TODO',
  text: 'tidy \u001b[31mup',
  owner: 'ann',
  issue: null,
  confidence: 0.9,
  id: 'f1',
  fingerprint: 'abc',
  commit: null,
  url: 'https://example.org/x',
};

test('jsonl is one object a line, json one document', () => {
  expect(
    formatFindings([row, row], 'jsonl')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual([row, row]);
  expect(JSON.parse(formatFindings([row], 'json'))).toEqual([row]);
  expect(formatFindings([], 'jsonl')).toBe('');
});

test('the table shows place, tag and text without control characters', () => {
  const text = formatFindings([row], 'table');
  expect(text).toContain('src/a b.ts:3  TODO   (ann) tidy  [31mup');
  expect(text).not.toContain('\u001b');
  expect(formatFindings([], 'table')).toBe('No findings.\n');
});

test('SARIF names rule, place and partial fingerprint', () => {
  const log = JSON.parse(formatFindings([row], 'sarif'));
  expect(log.version).toBe('2.1.0');
  const [result] = log.runs[0].results;
  expect(result).toMatchObject({
    ruleId: 'todo',
    message: { text: 'TODO(ann): tidy \u001b[31mup' },
    partialFingerprints: { 'claudeManager/v1': 'abc' },
    hostedViewerUri: 'https://example.org/x',
  });
  expect(result.locations[0].physicalLocation).toEqual({
    artifactLocation: { uri: 'src/a%20b.ts', uriBaseId: 'ROOT' },
    region: { startLine: 3, endLine: 4 },
  });
  expect(result.guid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(JSON.parse(formatFindings([], 'sarif')).runs).toHaveLength(1);
});
