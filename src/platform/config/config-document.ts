import {
  createScanner,
  findNodeAtLocation,
  type Node,
  type ParseError,
  parseTree,
  printParseErrorCode,
} from 'jsonc-parser';

export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A complaint about the text itself, before any key is looked at. */
export interface TextFault extends Position {
  readonly path: string;
  readonly message: string;
  readonly suggestion: string | null;
}

/** A file of JSON with comments that still knows where everything stands. */
export interface ConfigDocument {
  readonly value: unknown;
  readonly faults: readonly TextFault[];
  /** Where the value of a key starts; the nearest parent when the key is not there. */
  valueAt(path: readonly PropertyKey[]): Position;
  /** Where the name of a key starts. */
  nameAt(path: readonly PropertyKey[]): Position;
}

/** Numbers of jsonc-parser's SyntaxKind, a const enum that cannot be imported one file at a time. */
const opening: readonly number[] = [1, 3];
const closing: readonly number[] = [2, 4];
const endOfFile = 17;
const deepest = 32;
const largest = 1_000_000;

/** Reads JSON with comments and trailing commas; never throws, all faults come back with their place. */
export function parseConfigDocument(source: string): ConfigDocument {
  const text = source.startsWith('\uFEFF') ? source.slice(1) : source;
  const starts = lineStarts(text);
  const at = (offset: number): Position => positionOf(starts, offset);
  const refusal = refuse(text);
  if (refusal !== null) {
    const fault = { path: '', ...at(refusal.offset), message: refusal.message, suggestion: null };
    return { value: {}, faults: [fault], valueAt: () => at(0), nameAt: () => at(0) };
  }
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { allowTrailingComma: true });
  const faults = errors
    .filter(({ offset }, index) => errors[index - 1]?.offset !== offset)
    .map((error) => syntaxFault(error, at));
  if (faults.length === 0 && root?.type !== 'object')
    faults.push(notAnObject(at(root?.offset ?? 0)));
  return {
    value: root === undefined ? {} : plainValue(root, '', at, faults),
    faults,
    valueAt: (path) => at(nearest(root, path)?.offset ?? 0),
    nameAt: (path) => {
      const node = nearest(root, path);
      return at((node?.parent?.type === 'property' ? node.parent : node)?.offset ?? 0);
    },
  };
}

/** The parser calls itself for each level, so depth and size are bounded before it runs. */
function refuse(text: string): { offset: number; message: string } | null {
  if (text.length > largest)
    return { offset: 0, message: `the file is larger than ${largest} characters` };
  const nul = text.indexOf('\0');
  if (nul >= 0) return { offset: nul, message: 'this is no text in UTF-8: a byte of it is zero' };
  const scanner = createScanner(text, true);
  let depth = 0;
  for (let token: number = scanner.scan(); token !== endOfFile; token = scanner.scan()) {
    if (opening.includes(token)) depth += 1;
    if (closing.includes(token)) depth -= 1;
    if (depth > deepest)
      return {
        offset: scanner.getTokenOffset(),
        message: `brackets are nested deeper than ${deepest} levels`,
      };
  }
  return null;
}

function syntaxFault(error: ParseError, at: (offset: number) => Position): TextFault {
  const what = printParseErrorCode(error.error)
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase();
  return {
    path: '',
    ...at(error.offset),
    message: `this is not JSON: ${what}`,
    suggestion: null,
  };
}

function notAnObject(position: Position): TextFault {
  return {
    path: '',
    ...position,
    message: 'expected an object',
    suggestion: 'Begin the file with { and end it with }.',
  };
}

/** Like getNodeValue, but a key cannot reach a prototype and a key that stands twice is a fault. */
function plainValue(
  node: Node,
  path: string,
  at: (offset: number) => Position,
  faults: TextFault[],
): unknown {
  if (node.type === 'array')
    return (node.children ?? []).map((child, index) =>
      plainValue(child, joined(path, String(index)), at, faults),
    );
  if (node.type !== 'object') return node.value;
  const members = new Map<string, unknown>();
  for (const { children } of node.children ?? []) {
    const [name, value] = children ?? [];
    if (name === undefined || value === undefined) continue;
    const key = String(name.value);
    const inner = joined(path, key);
    if (members.has(key)) {
      const message = 'this key stands here twice';
      faults.push({ path: inner, ...at(name.offset), message, suggestion: 'Keep one of them.' });
    } else if (key === '__proto__') {
      const message = 'there is no such key';
      faults.push({ path: inner, ...at(name.offset), message, suggestion: 'Remove it.' });
    } else members.set(key, plainValue(value, inner, at, faults));
  }
  return Object.fromEntries(members);
}

function nearest(root: Node | undefined, path: readonly PropertyKey[]): Node | undefined {
  if (root === undefined) return undefined;
  for (let length = path.length; length > 0; length -= 1) {
    const node = findNodeAtLocation(root, path.slice(0, length) as (string | number)[]);
    if (node !== undefined) return node;
  }
  return root;
}

function lineStarts(text: string): readonly number[] {
  const starts = [0];
  for (let index = text.indexOf('\n'); index !== -1; index = text.indexOf('\n', index + 1))
    starts.push(index + 1);
  return starts;
}

function positionOf(starts: readonly number[], offset: number): Position {
  let line = starts.findLastIndex((start) => start <= offset);
  if (line < 0) line = 0;
  return { line: line + 1, column: offset - (starts[line] ?? 0) + 1 };
}

function joined(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}
