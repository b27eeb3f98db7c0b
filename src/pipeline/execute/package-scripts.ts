import type { ChangedFile } from '../../domain/ports/git.ts';
import { canonicalJson, type Json } from '../../lib/json.ts';
import { folded } from './protected-paths.ts';
import { textBefore } from './text-before.ts';

/** Members of a `package.json` by which programs are run: by npm, and by what sets up hooks of git. */
const running = ['scripts', 'husky', 'simple-git-hooks', 'gitHooks', 'lint-staged', 'pre-commit'];

/** The `package.json` files in which something that is run was added, altered or removed, and those that cannot be compared. */
export function changedScripts(files: readonly ChangedFile[], patch: string): readonly string[] {
  return files
    .filter(({ path }) => isManifest(path))
    .filter((file) => {
      if (file.status === 'deleted') return true;
      const before = file.status === 'added' ? '{}' : textBefore(file, patch);
      const [old, now] = [runBy(before), runBy(file.text)];
      return old === null || now === null || old !== now;
    })
    .map(({ path }) => path);
}

function isManifest(path: string): boolean {
  return folded(path.split('/').at(-1) ?? '') === 'package.json';
}

/** What the manifest runs, in one spelling; null when it is no JSON object. */
function runBy(text: string | null): string | null {
  const manifest = parsed(text);
  if (manifest === null) return null;
  return canonicalJson(
    Object.fromEntries(
      running.map((name) => [name, isNothing(manifest[name]) ? null : manifest[name]]),
    ),
  );
}

function isNothing(value: Json | undefined): boolean {
  if (typeof value !== 'object' || value === null) return value == null;
  return Object.keys(value).length === 0;
}

function parsed(text: string | null): { readonly [name: string]: Json } | null {
  try {
    const value: unknown = JSON.parse((text ?? '').replace(/^\uFEFF/, ''));
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as { readonly [name: string]: Json }) : null;
  } catch {
    // What is not JSON cannot be compared, which is an answer too.
    return null;
  }
}
