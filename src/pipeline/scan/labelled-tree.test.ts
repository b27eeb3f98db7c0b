import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createFilePolicy } from './file-policy.ts';
import { readSightings } from './read-sightings.ts';

interface Label {
  /** Neither answer is wrong. */
  readonly isOpen: boolean;
  readonly tag: string;
  readonly line: number;
  readonly endLine: number;
  readonly owner: string | null;
  readonly issue: string | null;
  /** `?`: not judged. */
  readonly text: string;
}

interface LabelledFile {
  readonly path: string;
  readonly bytes: Buffer;
  readonly labels: readonly Label[];
}

const corpus = new URL('../../../test/corpora/todo-labelled/', import.meta.url);
const LABEL = /^⇒(\?)? ([A-Z]+)(?:\^-(\d+))?(?:\+(\d+))?(?: @(\S+))?(?: (#\S+))? \|(?: (.*))?$/u;

const files = readdirSync(corpus)
  .filter((name) => name.endsWith('.txt'))
  .flatMap((name) => filesOf(name.slice(0, -4), readFileSync(new URL(name, corpus), 'utf8')));

function filesOf(group: string, text: string): LabelledFile[] {
  return text
    .split(/^⇒⇒⇒ /mu)
    .slice(1)
    .map((part) => {
      const [head = '', ...lines] = part.trimEnd().split('\n');
      const [name = '', ...flags] = head.split(' ');
      const content: string[] = [];
      const labels: Label[] = [];
      for (const line of lines) {
        if (line.startsWith('⇒')) labels.push(labelOf(line, content.length));
        else content.push(line);
      }
      const path = name.includes('/') ? name : `${group}/${name}`;
      return { path, bytes: encoded(content, flags), labels };
    });
}

function labelOf(written: string, below: number): Label {
  const match = LABEL.exec(written);
  if (match === null) throw new Error(`no label: ${written}`);
  const [, open, tag = '', up = '0', more = '0', owner = null, issue = null, text = ''] = match;
  const line = below - Number(up);
  const endLine = line + Number(more);
  return { isOpen: open !== undefined, tag, line, endLine, owner, issue, text };
}

function encoded(lines: readonly string[], flags: readonly string[]): Buffer {
  const lineEnd = flags.includes('crlf') ? '\r\n' : flags.includes('cr') ? '\r' : '\n';
  const text = lines.map((line) => `${line}${lineEnd}`).join('');
  if (flags.includes('utf16le')) return Buffer.from(`\uFEFF${text}`, 'utf16le');
  if (flags.includes('utf16be')) return Buffer.from(`\uFEFF${text}`, 'utf16le').swap16();
  if (flags.includes('latin1')) return Buffer.from(text, 'latin1');
  if (flags.includes('nul')) return Buffer.from(`\0${text}`);
  return Buffer.from(flags.includes('bom') ? `\uFEFF${text}` : text);
}

const policy = createFilePolicy();
for (const { path, bytes } of files) {
  if (path.endsWith('.gitattributes')) policy.learn(path, bytes);
}

/** What was found against the labels, file by file. */
const compared = files.map((file) => {
  const found = readSightings(
    { path: file.path, oid: '', bytes: file.bytes },
    { policy, extraTags: [], monotonicMs: () => 0 },
  );
  const left = [...found];
  const answers = file.labels.map((label) => {
    const at = left.findIndex(({ line, tag }) => line === label.line && tag === label.tag);
    return { label, answer: at < 0 ? undefined : left.splice(at, 1)[0] };
  });
  const asked = answers.filter(({ label }) => !label.isOpen);
  return {
    path: file.path,
    right: asked.flatMap(({ label, answer }) => (answer === undefined ? [] : [{ label, answer }])),
    missed: asked.flatMap(({ label, answer }) => (answer === undefined ? [label] : [])),
    wrong: left,
  };
});

const right = compared.flatMap((file) => file.right);
const wrong = compared.flatMap((file) => file.wrong);
const missed = compared.flatMap((file) => file.missed);

/** Two slashes in the format of an interpolated value, and a quotation mark in the braces of a word. */
const KNOWN = ['csharp/Harder.cs:2 TODO is found', 'tcl2/more.tcl:1 TODO is missed'];

describe('the labelled tree', () => {
  test('precision and recall are at least .97', () => {
    expect(right.length).toBeGreaterThan(1600);
    expect(right.length / (right.length + wrong.length)).toBeGreaterThanOrEqual(0.97);
    expect(right.length / (right.length + missed.length)).toBeGreaterThanOrEqual(0.97);
  });

  test('texts, owners, issues and last lines are those of the labels in at least .95', () => {
    const judged = right.filter(({ label }) => label.text !== '?');
    const exact = judged.filter(
      ({ label, answer }) =>
        answer.text === label.text &&
        answer.owner === label.owner &&
        answer.issue === label.issue &&
        answer.endLine === label.endLine,
    );
    expect(exact.length / judged.length).toBeGreaterThanOrEqual(0.95);
  });

  test('nothing is found against the policy', () => {
    expect(
      compared.filter(
        ({ path, wrong }) =>
          /policy|vendor|node_modules|third_party/.test(path) && wrong.length > 0,
      ),
    ).toEqual([]);
  });

  test('the mistakes are the known ones', () => {
    expect(
      compared.flatMap(({ path, wrong, missed }) => [
        ...wrong.map(({ line, tag }) => `${path}:${String(line)} ${tag} is found`),
        ...missed.map(({ line, tag }) => `${path}:${String(line)} ${tag} is missed`),
      ]),
    ).toEqual(KNOWN);
  });
});
