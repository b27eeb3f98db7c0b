#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { runCommandLine } from './command-line.ts';
// What a scan of folders loads on its way; named here, they come in one file of the bundle.
import './scan-folders.ts';
import '../doors/cli/commands/scan.ts';
import '../pipeline/scan/read-sightings.ts';

const { version } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
) as { version: string };

process.exitCode = await runCommandLine(process.argv.slice(2), version);
