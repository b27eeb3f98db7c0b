import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Agent } from '../../../domain/ports/agent.ts';
import { createCommandParser } from '../command/parse-command.ts';
import type { Recipe } from './samples.ts';

/**
 * The demo's agent: our own program over our own recipes, so it needs no account, no key and no network.
 * `folder` is an own folder of the service where the recipes are written for it to read.
 */
export async function createDemoAgent(folder: string, recipes: readonly Recipe[]): Promise<Agent> {
  const recipesFile = join(folder, 'demo-recipes.json');
  await writeFile(recipesFile, JSON.stringify(recipes), { mode: 0o644 });
  return {
    name: 'demo',
    cost: 'free',
    probe: async () => ({ works: true, version: null, evidence: 'It is part of this package.' }),
    command: ({ promptFile }) => ({
      argv: ['node', program, recipesFile, promptFile],
      env: { NODE_NO_WARNINGS: '1' },
      secrets: [],
      stdin: null,
      egress: [],
      readable: [program, recipesFile],
    }),
    parser: createCommandParser,
  };
}

/** As it lies beside this file: TypeScript in the source tree, JavaScript in the package. */
const program = fileURLToPath(import.meta.url).replace(
  /demo-agent\.(ts|js)$/,
  'demo-agent-program.$1',
);
