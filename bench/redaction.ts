// How many megabytes a second the redaction reads, beside the rules of the secretlint preset on the same texts:
// `node bench/redaction.ts`. Processor time of this process; the best of so many rounds that all is compiled.
import { globSync, readFileSync } from 'node:fs';
import process from 'node:process';
import { lintSource } from '@secretlint/core';
import { creator } from '@secretlint/secretlint-rule-preset-recommend';
import { createLineRedactor } from '../src/platform/redaction/line-redactor.ts';
import { createRedactor } from '../src/platform/redaction/redactor.ts';

const redactor = createRedactor(new Uint8Array(32).fill(7));
for (let at = 0; at < 20; at += 1)
  redactor.register(`value-${at}`, `bench-known-value-${at}-7Kq9Zx`);

const logLine = `${JSON.stringify({
  timestamp: '2026-01-01T00:00:00.000Z',
  level: 'INFO',
  logger: 'gate',
  message: 'operation finished',
  correlation_id: '123e4567-e89b-42d3-a456-426614174000',
  operation: 'tasks.list',
  user_id: 'me',
  duration_ms: 12.5,
  module: 'gate',
})}\n`;
const code = readFileSync(
  new URL('../src/platform/redaction/redactor.ts', import.meta.url),
  'utf8',
);
const sources = globSync('src/**/*.ts', { cwd: new URL('..', import.meta.url) })
  .filter((name) => !name.endsWith('.suite.ts'))
  .map((name) => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8'))
  .join('\n');
const texts: Readonly<Record<string, string>> = {
  'log lines': logLine.repeat(2_000),
  'source code': code.repeat(80),
  'all sources of the service in one text': sources,
  'one line of base64, 1 MB': `${'QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo'.repeat(28_000)}\n`,
};

/** At least two dozen rounds and two seconds of them: what a short text takes is compiled beside its rounds. */
async function speed(text: string, body: (text: string) => unknown): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  let spent = 0;
  for (let round = 0; round < 24 || spent < 2_000_000; round += 1) {
    const before = process.cpuUsage();
    await body(text);
    const { user, system } = process.cpuUsage(before);
    spent += user + system;
    best = Math.min(best, user + system);
  }
  return Buffer.byteLength(text) / best;
}

const config = {
  rules: [{ id: '@secretlint/secretlint-rule-preset-recommend', rule: creator, options: {} }],
};
for (const [name, text] of Object.entries(texts)) {
  const ours = await speed(text, (given) => redactor.redact(given));
  const peer = await speed(text, (content) =>
    lintSource({
      source: { filePath: 'bench.txt', content, ext: '.txt', contentType: 'text' },
      options: { config },
    }),
  );
  process.stdout.write(
    `${name}: ours ${ours.toFixed(0)} MB/s, secretlint preset ${peer.toFixed(0)} MB/s, ratio ${(ours / peer).toFixed(1)}\n`,
  );
}

// What an agent prints comes line by line, and a secret may go over the end of one.
for (const [name, text] of Object.entries({ 'log lines': logLine.repeat(2_000), sources })) {
  const lines = text.split('\n');
  const ours = await speed(text, () => {
    const clean = createLineRedactor(redactor);
    for (const line of lines) clean(line);
  });
  process.stdout.write(`${name}, line by line: ours ${ours.toFixed(0)} MB/s\n`);
}

// Lines of a megabyte made of what some rule looks for: the work is to grow with their length, and to stay small.
const baits =
  '://|://a:|authorization: |password=|_key=|token: "|password: |pwd={|stripe_key=|sk-|eyJ|AKIA|%41|\\u0041|WIFI:|$6$|AZDO|AQE=|+ASb1|--user|authy-|a';
for (const bait of baits.split('|')) {
  const line = bait.repeat(Math.ceil(1_000_000 / bait.length));
  const redact = (given: string): string => redactor.redact(given);
  const ours = await speed(line, redact);
  const twice = await speed(line.repeat(2), redact);
  process.stdout.write(
    `a line of ${bait}: ${((1 / ours) * 1000).toFixed(0)} ms a megabyte, ${((2 * ours) / twice).toFixed(2)} times as long for two\n`,
  );
}
