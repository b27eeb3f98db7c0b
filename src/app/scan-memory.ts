import { readFileSync } from 'node:fs';
import { startupSnapshot } from 'node:v8';
import { runCommandLine } from './command-line.ts';
import { prepareRedactor } from './environment-redactor.ts';
import { tuneHeap } from './heap.ts';
import { searchAhead } from './search-ahead.ts';
// What is imported later elsewhere is to be in the snapshot as well.
import '../doors/cli/commands/scan.ts';
import '../pipeline/scan/read-sightings.ts';
import '../pipeline/scan/scanners/todo/path-policy.ts';
import './scan-folders.ts';

// The scan of folders as it lies in memory when all of it is loaded: Node starts from a snapshot of it (scripts/bundle.ts),
// which takes less than to load it. Nothing of the machine, the environment or the command line may be asked here.
const { version } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
) as { version: string };

prepareRedactor();

startupSnapshot.setDeserializeMainFunction(() => {
  tuneHeap();
  void scan(process.argv.slice(2));
});

async function scan(words: readonly string[]): Promise<void> {
  const ahead = searchAhead(words);
  ahead?.programLoaded();
  process.exitCode = await runCommandLine(words, version, ahead);
  ahead?.end();
}
