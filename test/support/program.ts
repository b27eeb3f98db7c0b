import { fileURLToPath } from 'node:url';

/** The command line as `./run` starts it. */
export const program = fileURLToPath(new URL('../../.cache/program/main.mjs', import.meta.url));

const compiled = fileURLToPath(new URL('../../.cache/compile', import.meta.url));

/**
 * All that a process of the program gets of the environment of the tests. Its home is made for it, and an empty one would
 * let it compile everything again, so the compiled code is kept beside the sources.
 */
export function programEnv(home: string, more: NodeJS.ProcessEnv = {}): Record<string, string> {
  const env = {
    PATH: process.env['PATH'],
    HOME: home,
    NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? compiled,
    ...more,
  };
  return Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
