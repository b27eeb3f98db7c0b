import type { ChangedFile } from '../../domain/ports/git.ts';
import { folded } from './protected-paths.ts';

/** Members of a `package.json` by which programs are run: by npm, and by what sets up hooks of git. */
const running = ['scripts', 'husky', 'simple-git-hooks', 'gitHooks', 'lint-staged', 'pre-commit'];

/** The `package.json` files in which the change adds or alters something that is run, and those that cannot be read. */
export function changedScripts(files: readonly ChangedFile[], patch: string): readonly string[] {
  return files
    .filter(({ path, status }) => status !== 'deleted' && isManifest(path))
    .filter(({ path, text }) => {
      const commands = commandsIn(text);
      return commands === null || addedTo(path, patch).some((line) => tells(line, commands));
    })
    .map(({ path }) => path);
}

function isManifest(path: string): boolean {
  return folded(path.split('/').at(-1) ?? '') === 'package.json';
}

interface Commands {
  readonly names: Set<string>;
  readonly texts: Set<string>;
}

/** Null when it is no JSON object. */
function commandsIn(text: string | null): Commands | null {
  const found: Commands = { names: new Set(), texts: new Set() };
  try {
    const manifest = JSON.parse((text ?? '').replace(/^\uFEFF/, '')) as Record<string, unknown>;
    for (const name of running) collect(manifest[name], found);
    return found;
  } catch {
    return null;
  }
}

function collect(value: unknown, found: Commands): void {
  if (typeof value === 'string') found.texts.add(value);
  if (typeof value !== 'object' || value === null) return;
  for (const [name, inner] of Object.entries(value)) {
    found.names.add(name);
    collect(inner, found);
  }
}

/** Whether the line holds the text of a command, or the name of one whose text stands on another line. */
function tells(line: string, { names, texts }: Commands): boolean {
  return [...line.matchAll(/("(?:[^"\\]|\\.)*")(\s*:)?(\s*$)?/g)].some(
    ([, literal, colon, end]) => {
      const said = meaningOf(literal);
      return colon === undefined ? texts.has(said) : end !== undefined && names.has(said);
    },
  );
}

function meaningOf(literal = '""'): string {
  try {
    return JSON.parse(literal) as string;
  } catch {
    return literal;
  }
}

function addedTo(path: string, patch: string): readonly string[] {
  const lines: string[] = [];
  let isHere = false;
  let isInHunk = false;
  for (const line of patch.split('\n')) {
    if (line.startsWith('diff --git ')) {
      isHere = line.endsWith(` b/${path}`) || line.includes(`b/${path}"`);
      isInHunk = false;
    } else if (line.startsWith('@@')) isInHunk = true;
    else if (isHere && isInHunk && line.startsWith('+')) lines.push(line.slice(1));
  }
  return lines;
}
