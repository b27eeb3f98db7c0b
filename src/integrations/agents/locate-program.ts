import { access, constants, realpath, stat } from 'node:fs/promises';
import { basename, delimiter, dirname, isAbsolute, join, resolve } from 'node:path';
import { AppError } from '../../lib/app-error.ts';

export interface Located {
  /** The command with programs and files of this machine by their full paths. */
  readonly argv: readonly string[];
  /** What of this machine must be readable for it, system folders left out. */
  readonly readable: readonly string[];
}

export interface ProgramPlaces {
  /** The service's PATH. */
  readonly path: string;
  /** Where relative programs and files are looked for; the folder of the configuration. */
  readonly baseDir: string | null;
}

/** Folders that every sandbox shows. */
const systemFolders = ['/usr/local/bin', '/usr/bin', '/bin'];

/**
 * Finds the program of a command and the files that its arguments name.
 * @throws AppError `agent_missing` when there is no such program
 */
export async function locateProgram(
  argv: readonly string[],
  places: ProgramPlaces,
): Promise<Located> {
  const [name = '', ...rest] = argv;
  const program = await findProgram(name, places);
  const readable = [...program.readable];
  const files: string[] = [];
  for (const argument of rest) {
    const found = await findFile(argument, places.baseDir);
    files.push(found?.path ?? argument);
    readable.push(...(found?.readable ?? []));
  }
  return { argv: [program.path, ...files], readable: [...new Set(readable)] };
}

async function findProgram(
  name: string,
  places: ProgramPlaces,
): Promise<{ path: string; readable: readonly string[] }> {
  if (name === 'node') return { path: name, readable: [] };
  for (const candidate of candidates(name, places)) {
    if (!(await isProgram(candidate))) continue;
    if (isSystem(candidate)) return { path: candidate, readable: [] };
    const real = await realpath(candidate);
    return { path: real, readable: isSystem(real) ? [] : [packageOf(real)] };
  }
  throw new AppError({
    kind: 'unavailable',
    code: 'agent_missing',
    message: `The program "${name}" is not on this machine.`,
    next: 'Install it, or name its full path under executor.agents in the configuration.',
    details: { program: name },
  });
}

function candidates(name: string, { path, baseDir }: ProgramPlaces): readonly string[] {
  if (isAbsolute(name)) return [name];
  if (name.includes('/')) return baseDir === null ? [] : [resolve(baseDir, name)];
  const folders = path.split(delimiter).filter(isAbsolute);
  return [...systemFolders, ...folders].map((folder) => join(folder, name));
}

/** A file or folder that the argument names; relative ones below the base folder. Options and prose name none. */
async function findFile(
  argument: string,
  baseDir: string | null,
): Promise<{ path: string; readable: readonly string[] } | null> {
  if (!/^[^-\n\0][^\n\0]{0,1000}$/.test(argument)) return null;
  if (!isAbsolute(argument) && baseDir === null) return null;
  const path = resolve(baseDir ?? '/', argument);
  const found = await stat(path).catch(() => null);
  if (found === null || path === baseDir) return null;
  if (isSystem(path)) return { path, readable: [] };
  const manifest = join(dirname(path), 'package.json');
  const withManifest = (await stat(manifest).catch(() => null)) !== null;
  return {
    path,
    readable: withManifest && basename(path) !== 'package.json' ? [path, manifest] : [path],
  };
}

/** The whole tree of packages a program lies in, because it may load any of them; else the file alone. */
function packageOf(path: string): string {
  const inside = path.indexOf('/node_modules/');
  return inside < 0 ? path : path.slice(0, inside + '/node_modules'.length);
}

function isSystem(path: string): boolean {
  return /^\/(usr|bin|sbin|lib)\//.test(path);
}

async function isProgram(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => null);
  if (found === null || !found.isFile()) return false;
  return await access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
