import { z } from 'zod';
import { key, positive, section } from '../key.ts';

export const backup = section('Backups of the database that a running service makes by itself.', {
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
});
