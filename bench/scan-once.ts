import { createFolderReader } from '../src/integrations/git/folder-reader.ts';
import { createGit } from '../src/integrations/git/git.ts';
import { createStateFile } from '../src/integrations/git/state-file.ts';
import { createTreeReader } from '../src/integrations/git/tree-reader.ts';
import { systemClock } from '../src/lib/clock.ts';
import { createPathScan } from '../src/pipeline/scan/scan-path.ts';

// One cold scan of a path, as `scan --path PATH --format jsonl` makes it; the last line on standard error is its memory.
const [path = '.', state] = process.argv.slice(2);
const git = createGit({ environment: process.env });
const trees = createTreeReader({ git });
const scan = createPathScan({
  trees,
  folders: createFolderReader({ git }),
  states: createStateFile(),
  clock: systemClock,
});
const rows = await scan.scan({ path, state });
trees.close();
process.stdout.write(rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
process.stderr.write(`${Math.round(process.resourceUsage().maxRSS / 1024)} MiB\n`);
