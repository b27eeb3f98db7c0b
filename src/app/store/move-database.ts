import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../lib/app-error.ts';
import { systemClock } from '../../lib/clock.ts';
import { systemRandom } from '../../lib/random.ts';
import type { MoveReport } from '../../operations/backups/contract.ts';
import type { Move } from '../../operations/backups/handlers.ts';
import type { CallContext } from '../../operations/gate.ts';
import { backupName } from '../../platform/backup/backup-folder.ts';
import type { BackupManifest } from '../../platform/backup/manifest.ts';
import { openBackup } from '../../platform/backup/open-backup.ts';
import { fillFrom } from '../../platform/backup/restore-backup.ts';
import { clearTarget } from '../../platform/backup/restore-target.ts';
import { thenClosed } from '../../platform/backup/sealed-file.ts';
import { writeBackup } from '../../platform/backup/write-backup.ts';
import type { LoadedConfig } from '../../platform/config/load-config.ts';
import { placeOf } from '../../platform/database/connection-error.ts';
import type { Database } from '../../platform/database/database.ts';
import { migrate } from '../../platform/database/migrate.ts';
import { makeEngineSchema } from '../../platform/durable/engine-schema.ts';
import { loadOrCreateKey } from '../../platform/effects/key-file.ts';
import { createRedactor } from '../../platform/redaction/redactor.ts';
import type { OpenOptions } from '../open-options.ts';
import { backupFolderOf } from './backup-place.ts';
import {
  configNamed,
  nameOfDatabase,
  wholeDatabaseDeps,
  withClaimedDatabase,
} from './claimed-database.ts';
import { openAudit } from './open-audit.ts';
import { backupKeyFile } from './open-backup.ts';
import { migrations } from './open-store.ts';

/**
 * `move-database`: from the database of the configuration into another one. Nobody may work on either; whatever fails
 * leaves the target empty and the source as it was.
 */
export function moveWith(options: OpenOptions): Move {
  return async ({ to, configFile }, context) => {
    const loaded = await configNamed(options, configFile);
    const from = loaded.secrets.databaseUrl ?? undefined;
    const target = to === 'embedded' ? undefined : to;
    if (from === target) throw sameDatabase(placeOf(from ?? '') ?? 'embedded');
    return await withClaimedDatabase(loaded, options, from, (source) =>
      withClaimedDatabase(loaded, options, target, (other, { hasRows }) => {
        if (hasRows) throw notEmpty(nameOfDatabase(other));
        return copy({ loaded, options, source, target: other }, context);
      }),
    );
  };
}

interface Copying {
  readonly loaded: LoadedConfig;
  readonly options: OpenOptions;
  readonly source: Database;
  readonly target: Database;
}

async function copy(
  { loaded, options, source, target }: Copying,
  context: CallContext,
): Promise<MoveReport> {
  const { config } = loaded;
  await migrate(source, migrations);
  const key = await loadOrCreateKey(backupKeyFile(config.dataDir), systemRandom);
  const folder = backupFolderOf(config);
  const file = join(folder, `moved-${backupName(systemClock.now())}`);
  const program = options.version;
  const { signal } = context;
  context.progress(`writing a snapshot of ${nameOfDatabase(source)}`);
  const { manifest } = await writeBackup(
    { database: source, file, key, program, signal },
    wholeDatabaseDeps,
  );
  context.progress(`filling ${manifest.tables.length} tables of ${nameOfDatabase(target)}`);
  await clearTarget(target);
  await migrate(target, migrations);
  if (manifest.engineVersion !== null) await makeEngineSchema(target, wholeDatabaseDeps);
  const backup = await openBackup(file, key);
  await thenClosed(
    backup,
    backup.verify().then((read) => fillFrom(backup, read, target, [])),
  );
  context.progress('comparing row for row');
  const check = join(folder, `compare-${systemRandom.bytes(6).toString('hex')}`);
  try {
    const written = await writeBackup(
      { database: target, file: check, key, program, signal },
      wholeDatabaseDeps,
    );
    const differing = differences(manifest, written.manifest);
    if (differing.length > 0) {
      await clearTarget(target);
      throw notEqual(differing);
    }
  } finally {
    await rm(check, { force: true });
  }
  const facts = { from: nameOfDatabase(source), into: nameOfDatabase(target), backup: file };
  return {
    ...facts,
    tables: manifest.tables.length,
    rows: manifest.tables.reduce((sum, { rows }) => sum + rows, 0),
    auditVerifies: await tell(target, { loaded, options, facts }, context),
  };
}

/** Tables that do not hold the same rows, byte for byte in the order in which they were copied. */
function differences(one: BackupManifest, other: BackupManifest): readonly string[] {
  const sums = new Map(other.tables.map((table) => [`${table.area} ${table.name}`, table.sha256]));
  return one.tables
    .filter(({ area, name, sha256 }) => sums.get(`${area} ${name}`) !== sha256)
    .map(({ name }) => name);
}

/** An entry in the log that was moved; answers whether all of it verifies. */
async function tell(
  database: Database,
  {
    loaded,
    options,
    facts,
  }: Pick<Copying, 'loaded' | 'options'> & { readonly facts: Readonly<Record<string, string>> },
  { actor, clientId, correlationId }: CallContext,
): Promise<boolean> {
  const redactor = createRedactor(systemRandom.bytes(32));
  redactor.register('DATABASE_URL', database.url);
  const { config } = loaded;
  const audit = await openAudit({
    ...wholeDatabaseDeps,
    dataDir: config.dataDir,
    database,
    version: options.version,
    redactor,
    config,
    env: options.env,
  });
  try {
    await audit.record(null, {
      event: 'database.moved',
      outcome: 'ok',
      actor,
      source: clientId,
      target: null,
      correlationId,
      facts,
    });
    await audit.checkpoint();
    return (await audit.verify()).ok;
  } finally {
    await audit.close();
  }
}

function sameDatabase(place: string): AppError {
  return new AppError({
    kind: 'invalid_input',
    code: 'move_same_database',
    message: `The configuration uses ${place} already.`,
    next: 'Name another database, or `embedded`.',
    details: { field: 'to' },
  });
}

function notEmpty(place: string): AppError {
  return new AppError({
    kind: 'conflict',
    code: 'move_not_empty',
    message: `The database ${place} is not empty. Nothing was changed.`,
    next: 'Name an empty one.',
  });
}

function notEqual(tables: readonly string[]): AppError {
  return new AppError({
    kind: 'conflict',
    code: 'move_differs',
    message: `The copy is not equal to what it was made from: ${tables.join(', ')}. It was removed again.`,
    next: 'Stop everything that writes to either database, and move again.',
    details: { tables: [...tables] },
  });
}
