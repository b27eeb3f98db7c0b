import { createFolderReader } from '../integrations/git/folder-reader.ts';
import { createGit } from '../integrations/git/git.ts';
import { createStateFile } from '../integrations/git/state-file.ts';
import { createTreeReader } from '../integrations/git/tree-reader.ts';
import { systemClock } from '../lib/clock.ts';
import type { Served } from '../operations/gate.ts';
import { serve } from '../operations/gate.ts';
import type { FindingRow } from '../operations/scans/contract.ts';
import { scanPath } from '../operations/scans/contract.ts';
import { createPathScan } from '../pipeline/scan/scan-path.ts';

const progressEvery = 2000;

/** `scan --path`: git and the reader, nothing else. */
export function folderScanHandlers(): readonly Served[] {
  return [
    serve(scanPath, async ({ paths, stateFile, extraTags }, { signal, progress }) => {
      const git = createGit({ environment: process.env });
      const trees = createTreeReader({ git });
      const scan = createPathScan({
        trees,
        folders: createFolderReader({ git }),
        states: createStateFile(),
        clock: systemClock,
      });
      const rows: FindingRow[] = [];
      try {
        for (const path of paths) {
          let told = 0;
          const found = await scan.scan({
            path,
            state: stateFile,
            extraTags,
            signal,
            onProgress: ({ files, findings }) => {
              if (files - told < progressEvery) return;
              told = files;
              progress(`${path}: ${files} files, ${findings} findings`);
            },
          });
          for (const row of found) rows.push(row);
        }
      } finally {
        trees.close();
      }
      return rows;
    }),
  ];
}
