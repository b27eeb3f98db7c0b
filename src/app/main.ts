#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

// Read once before anything else is loaded, so that asking for the version costs next to nothing.
const { version } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
) as { version: string };

const words = process.argv.slice(2);
if (words.length === 1 && (words[0] === '--version' || words[0] === '-V')) {
  process.stdout.write(`${version}\n`);
} else {
  // Starting costs half; below home, because a cache that others may write would run their code.
  enableCompileCache(
    process.env['NODE_COMPILE_CACHE'] ?? join(homedir(), '.cache', 'claude-manager'),
  );
  const { runCommandLine } = await import('./command-line.ts');
  process.exitCode = await runCommandLine(words, version);
}
