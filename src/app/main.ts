#!/usr/bin/env node
import { readFileSync, writeSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { tuneHeap } from './heap.ts';

// Read once before anything else is loaded, so that asking for the version costs next to nothing.
const { version } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
) as { version: string };

const words = process.argv.slice(2);
if (words.length === 1 && (words[0] === '--version' || words[0] === '-V')) {
  writeSync(1, `${version}\n`);
} else {
  tuneHeap();
  // Starting costs half; below home, because a cache that others may write would run their code.
  enableCompileCache(
    process.env['NODE_COMPILE_CACHE'] ?? join(homedir(), '.cache', 'claude-manager'),
  );
  void runCommand();
}

async function runCommand(): Promise<void> {
  const ahead = words[0] === 'scan' ? (await import('./search-ahead.ts')).searchAhead(words) : null;
  const { runCommandLine } = await import('./command-line.ts');
  ahead?.programLoaded();
  process.exitCode = await runCommandLine(words, version, ahead);
  ahead?.end();
}
