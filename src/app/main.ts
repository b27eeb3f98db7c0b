#!/usr/bin/env node
import { readFileSync, writeSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';

// Read once before anything else is loaded, so that asking for the version costs next to nothing.
const { version } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
) as { version: string };

const words = process.argv.slice(2);
if (words.length === 1 && (words[0] === '--version' || words[0] === '-V')) {
  writeSync(1, `${version}\n`);
} else {
  // Left alone, young objects get up to 48 MB while a service starts, and it keeps them for as long as it rests
  // (V8 13.6; its largest size can be set only before it runs).
  setFlagsFromString('--semi-space-growth-factor=1');
  // Four threads that are woken for so little space cost more than they take off the fifth.
  setFlagsFromString('--no-parallel-scavenge');
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
  if (ahead === null) return;
  ahead.close();
  // Nothing is left to do, and taking a process apart takes longer than to end it.
  process.stdout.write('', () => process.exit());
}
