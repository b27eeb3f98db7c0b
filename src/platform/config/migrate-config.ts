import { applyEdits, modify } from 'jsonc-parser';
import { type ConfigDocument, parseConfigDocument, type TextFault } from './config-document.ts';
import { configInvalid } from './config-issue.ts';
import { isObject } from './overlays.ts';
import { takeRetired } from './retired-keys.ts';

/** One key that a migration changes; undefined stands for "not in the file". */
export interface ConfigChange {
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
  readonly why: string;
}

/** The sections that the second generation asks for, with the values of its specification. */
const newSections: readonly (readonly [path: string, value: unknown])[] = [
  ['security.rate_limiting', { max_requests_per_minute: 60, block_duration_minutes: 30 }],
  ['security.authentication', { session_timeout_minutes: 480, max_login_attempts: 5 }],
  ['logging', { level: 'INFO', format: 'json', structured_logging: true, security_logging: true }],
  ['performance', { monitoringEnabled: true, retentionDays: 30 }],
];

/**
 * The text of a file of the first generation as the second one writes it; comments and all other keys stay. A second time
 * there is nothing to change. AppError `config_invalid` for text that is no JSON.
 */
export function migrateConfig(
  text: string,
  file: string,
): { readonly text: string; readonly changes: readonly ConfigChange[] } {
  const document = parseConfigDocument(text);
  const before = isObject(document.value) ? document.value : {};
  const faults = [...document.faults, ...sectionsOfNoKeys(document, before)];
  if (faults.length > 0) {
    const name = file.split('/').at(-1) ?? file;
    throw configInvalid(
      file,
      faults.map((fault) => ({ ...fault, place: `${name}:${fault.line}:${fault.column}` })),
    );
  }
  const tree = structuredClone(before);
  const uses = takeRetired(tree);
  const retired = uses.map(({ path, to, value, why }): ConfigChange => {
    const became = to === null || value === undefined ? '' : `; now ${to}`;
    return { path, before: at(before, path), after: undefined, why: `${why}${became}` };
  });
  const moved = uses.flatMap(({ path, to, value }): readonly ConfigChange[] =>
    to === null || value === undefined
      ? []
      : [{ path: to, before: undefined, after: value, why: `was ${path}` }],
  );
  const added = newSections.flatMap(([path, value]): readonly ConfigChange[] =>
    at(tree, path) === undefined
      ? [{ path, before: undefined, after: value, why: 'a section of the second generation' }]
      : [],
  );
  const changes = [...retired, ...moved, ...added];
  let next = text;
  for (const { path, after } of changes) next = write(next, path.split('.'), after);
  for (const section of Object.keys(before))
    if (!Object.hasOwn(tree, section)) next = write(next, [section], undefined);
  return { text: next, changes };
}

/** Where a section belongs and something stands that has no keys. */
function sectionsOfNoKeys(
  document: ConfigDocument,
  tree: Readonly<Record<string, unknown>>,
): readonly TextFault[] {
  const names = new Set(newSections.map(([path]) => path.split('.')[0] ?? path));
  return [...names].flatMap((path) =>
    tree[path] === undefined || isObject(tree[path])
      ? []
      : [
          {
            path,
            ...document.valueAt([path]),
            message: 'expected an object',
            suggestion: 'Write { } there, or remove the key.',
          },
        ],
  );
}

function write(text: string, path: readonly string[], value: unknown): string {
  const edits = modify(text, [...path], value, {
    formattingOptions: { insertSpaces: true, tabSize: 2, eol: '\n' },
  });
  return applyEdits(text, edits);
}

function at(tree: unknown, path: string): unknown {
  let place = tree;
  for (const part of path.split('.')) {
    if (!isObject(place) || !Object.hasOwn(place, part)) return undefined;
    place = place[part];
  }
  return place;
}
