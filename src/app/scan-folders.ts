import { createStateFile } from '../integrations/git/state-file.ts';
import { systemClock } from '../lib/clock.ts';
import type { Served } from '../operations/gate.ts';
import { serve } from '../operations/gate.ts';
import type { FindingRow } from '../operations/scans/contract.ts';
import { scanPath } from '../operations/scans/contract.ts';
import { createPathScan } from '../pipeline/scan/scan-path.ts';
import { openScanRooms, type SearchAhead } from './search-ahead.ts';

const progressEvery = 2000;

/** `scan --path`: git and the reader, nothing else. */
export function folderScanHandlers(ahead?: SearchAhead): readonly Served[] {
  return [
    serve(scanPath, async ({ paths, stateFile, extraTags }, { signal, progress }) => {
      const rooms = ahead?.rooms ?? openScanRooms();
      const scan = createPathScan({
        ...rooms,
        states: createStateFile(),
        clock: systemClock,
      });
      const isAhead = (path: string) =>
        path === ahead?.path && stateFile === undefined && extraTags.length === 0;
      const rows: FindingRow[] = [];
      try {
        for (const path of paths) {
          let told = 0;
          const found = await scan.scan({
            path,
            state: stateFile,
            extraTags,
            begun: isAhead(path) ? ahead?.look : undefined,
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
        rooms.trees.close();
      }
      return rows;
    }),
  ];
}
