import type { Served } from '../operations/gate.ts';
import { trackerPreviewHandlers } from '../operations/tracker/handlers.ts';
import type { OpenFull } from './demo/run-demo.ts';
import type { OpenOptions } from './open-options.ts';

/**
 * Operations that need neither configuration nor store. Each brings only its own rooms, because `scan --path` and
 * `validate` are asked for often and must not pay for a database they never open.
 */
const groups: readonly (readonly [
  names: string,
  open: (options: OpenOptions, openFull: OpenFull) => Promise<readonly Served[]>,
])[] = [
  ['scans.', async ({ ahead }) => (await import('./scan-folders.ts')).folderScanHandlers(ahead)],
  [
    'config.',
    async (options, openFull) =>
      (await import('./configuration/config-files.ts')).configFileHandlers(options, openFull),
  ],
  [
    'health.machine',
    async (options) =>
      (await import('./health/health-without-store.ts')).healthWithoutStore(options),
  ],
  ['health.', async (options) => (await import('./health/doctor.ts')).doctorHandlers(options)],
  [
    'tracker.',
    async ({ folder }) => {
      const { readTracker } = await import('./configuration/read-tracker.ts');
      return trackerPreviewHandlers({ read: readTracker, folder });
    },
  ],
  ['backups.', async (options) => (await import('./store/restore.ts')).restoreOperations(options)],
  [
    'service.detach',
    async (options) => (await import('./work/daemon.ts')).daemonOperations(options),
  ],
  [
    'service.',
    async (options, openFull) =>
      (await import('./demo/run-demo.ts')).demoOperations(options, openFull),
  ],
];

export async function lightHandlers(
  operation: string,
  options: OpenOptions,
  openFull: OpenFull,
): Promise<readonly Served[]> {
  const group = groups.find(([names]) => operation.startsWith(names));
  return group === undefined ? [] : group[1](options, openFull);
}

/** The same operations for the library, whose gate stands for as long as the program runs. The demo is not among them. */
export async function storelessHandlers(
  options: OpenOptions,
  openFull: OpenFull,
): Promise<readonly Served[]> {
  const [folders, files, doctor, health] = await Promise.all([
    import('./scan-folders.ts'),
    import('./configuration/config-files.ts'),
    import('./health/doctor.ts'),
    import('./health/health-without-store.ts'),
  ]);
  return [
    ...folders.folderScanHandlers(),
    ...files.configFileHandlers(options, openFull),
    ...doctor.doctorHandlers(options),
    ...health.healthWithoutStore(options),
  ];
}
