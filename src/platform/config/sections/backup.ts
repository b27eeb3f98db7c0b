import { z } from 'zod';
import { key, positive, section } from '../key.ts';

export const backup = section(
  'Backups of the database that a running service makes by itself, and its archive.',
  {
    intervalHours: key(z.number().min(0).max(8760), 24, {
      description: 'Hours between backups, parts of an hour too; 0 makes none.',
      restart: true,
    }),
    keep: key(positive.max(10_000), 7, {
      description: 'How many are kept; older ones are removed once a new one was read back.',
      restart: true,
    }),
    folder: key(z.string().min(1).nullable(), null, {
      description:
        'Folder for backups, relative to the file; null is backups in dataDir. Better on another disk, away from the keys.',
      restart: true,
    }),
    archiveSeconds: key(z.number().int().min(0).max(3600), 30, {
      description:
        'Seconds between two pieces of the archive of the embedded database, from which any moment can be restored: so much is lost at most. 0 keeps none. A server of your own has means of its own.',
      restart: true,
    }),
    archiveDays: key(positive.max(3650), 7, {
      description:
        'Days back that any moment can be restored; older pieces of the archive are removed.',
      restart: true,
    }),
  },
);
