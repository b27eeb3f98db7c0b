import { join } from 'node:path';
import type { Config } from '../../platform/config/schema.ts';

/** Where scheduled backups go, and those for which no file is named. */
export function backupFolderOf({ backup, dataDir }: Pick<Config, 'backup' | 'dataDir'>): string {
  return backup.folder ?? join(dataDir, 'backups');
}
