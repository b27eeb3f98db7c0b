import { access } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { AppError, toAppError } from '../../lib/app-error.ts';
import { systemClock } from '../../lib/clock.ts';
import { systemRandom } from '../../lib/random.ts';
import type { RestoreReport } from '../../operations/backups/contract.ts';
import { type Restore, restoreHandlers } from '../../operations/backups/handlers.ts';
import type { CallContext, Served } from '../../operations/gate.ts';
import { archiveFolderOf, listChains } from '../../platform/archive/archive-folder.ts';
import { choose } from '../../platform/archive/moments.ts';
import { withRecovered } from '../../platform/archive/recover.ts';
import type { Audit } from '../../platform/audit/audit.ts';
import { backupName } from '../../platform/backup/backup-folder.ts';
import type { BackupManifest } from '../../platform/backup/manifest.ts';
import { type BackupFile, openBackup } from '../../platform/backup/open-backup.ts';
import { fillFrom } from '../../platform/backup/restore-backup.ts';
import type { TargetState } from '../../platform/backup/restore-target.ts';
import { clearTarget, requireKnownSchema } from '../../platform/backup/restore-target.ts';
import { writeBackup } from '../../platform/backup/write-backup.ts';
import type { LoadedConfig } from '../../platform/config/load-config.ts';
import { placeOf } from '../../platform/database/connection-error.ts';
import type { Database } from '../../platform/database/database.ts';
import { migrate } from '../../platform/database/migrate.ts';
import { makeEngineSchema } from '../../platform/durable/engine-schema.ts';
import { loadOrCreateKey } from '../../platform/effects/key-file.ts';
import { createRedactor } from '../../platform/redaction/redactor.ts';
import type { Vault } from '../../platform/vault/vault.ts';
import type { OpenOptions } from '../open-options.ts';
import { backupFolderOf } from './backup-place.ts';
import {
  configNamed,
  nameOfDatabase,
  wholeDatabaseDeps,
  withClaimedDatabase,
} from './claimed-database.ts';
import { moveWith } from './move-database.ts';
import { openAudit } from './open-audit.ts';
import { backupKeyFile, factsOf } from './open-backup.ts';
import { migrations } from './open-store.ts';
import { openVault } from './open-vault.ts';
import { requireSharedKeys } from './shared-keys.ts';

/** `restore`: it opens the database by itself, because what it would be audited in is what it replaces. */
export function restoreOperations(options: OpenOptions): readonly Served[] {
  return restoreHandlers(restoreWith(options), moveWith(options));
}

/**
 * Rows that a restored system must not believe: that it has seen what is out there, so that it looks at every host before
 * it writes, and that somebody is signed in, for they may have been signed out since.
 */
const forgotten = ['reconciliations', 'identity_sessions'];

function restoreWith(options: OpenOptions): Restore {
  return async ({ from, to, force, configFile }, context) => {
    const loaded = await configNamed(options, configFile);
    const { config, secrets } = loaded;
    const key = await existingKey(config.dataDir);
    const url = to ?? secrets.databaseUrl ?? undefined;
    const filling = { loaded, options, key, url, force };
    if ('file' in from) {
      const file = resolve(options.folder, from.file);
      return await restoreFile({ ...filling, file, named: file }, context);
    }
    const folder = archiveFolderOf(backupFolderOf(config));
    const chosen = choose(await listChains(folder), from.at, folder);
    // A recovery lasts; whoever would be refused after it is refused before.
    await withClaimedDatabase(loaded, options, url, async (database, { hasRows }) => {
      if (hasRows && !force) throw notEmpty(nameOfDatabase(database));
    });
    const { progress, signal } = context;
    const deps = { ...wholeDatabaseDeps, searchPath: options.env['PATH'], progress };
    return await withRecovered(config.dataDir, chosen, key, deps, async (recovered) => {
      const file = join(recovered.folder, 'moment.backup');
      const database = { ...recovered, kind: 'embedded' } as const;
      await writeBackup(
        { database, file, key, program: options.version, signal },
        { clock: { now: () => chosen.at }, random: systemRandom },
      );
      return await restoreFile({ ...filling, file, named: chosen.base.file }, context);
    });
  };
}

interface Filling {
  readonly loaded: LoadedConfig;
  readonly options: OpenOptions;
  readonly key: Buffer;
  /** Of the database to fill; the embedded one when left out. */
  readonly url: string | undefined;
  readonly force: boolean;
  readonly file: string;
  /** What people are told that it was restored from. */
  readonly named: string;
}

async function restoreFile(
  { loaded, options, key, url, force, file, named }: Filling,
  context: CallContext,
): Promise<RestoreReport> {
  const backup = await openBackup(file, key);
  try {
    context.progress(`reading ${named}`);
    const { manifest, sharedKeys } = await readThrough(backup);
    requireKnownSchema(
      manifest,
      migrations.map(({ id }) => id),
    );
    // Before anything is emptied: without them nothing could start on what was filled.
    await requireSharedKeys(sharedKeys, {
      dataDir: loaded.config.dataDir,
      random: systemRandom,
    });
    return await withClaimedDatabase(loaded, options, url, async (database, target) => {
      const ready = { database, target, manifest, force, loaded, key, options };
      const safety = await prepare(ready, context);
      context.progress(`filling ${manifest.tables.length} tables`);
      await fillFrom(backup, manifest, database, forgotten).catch((cause: unknown) => {
        throw safety === null ? cause : emptied(cause, safety);
      });
      await migrate(database, migrations);
      const restored = { file: named, manifest, safety };
      const told = await declare(loaded, options, database, restored, context);
      return {
        ...factsOf(named, backup.bytes, manifest),
        into: nameOfDatabase(database),
        safety,
        ...told,
      };
    });
  } finally {
    await backup.close();
  }
}

/** Reads the whole backup, and which keys its database was used with. */
async function readThrough(backup: Pick<BackupFile, 'read'>): Promise<{
  readonly manifest: BackupManifest;
  readonly sharedKeys: readonly { readonly name: string; readonly fingerprint: string }[];
}> {
  let columns: readonly string[] | null = null;
  let text = '';
  const manifest = await backup.read({
    begin: async ({ area, name, columns: all }) => {
      columns = area === 'own' && name === 'shared_keys' ? all : null;
      if (columns !== null) text = `${columns.join('\t')}\n`;
    },
    rows: async (bytes) => {
      if (columns !== null) text += bytes.toString('utf8');
    },
    end: async () => undefined,
  });
  const [head = [], ...rows] = text.split('\n').map((line) => line.split('\t'));
  const at = (row: readonly string[], column: string): string => row[head.indexOf(column)] ?? '';
  const whole = rows.filter(({ length }) => length === head.length);
  return {
    manifest,
    sharedKeys: whole.map((row) => ({
      name: at(row, 'name'),
      fingerprint: at(row, 'fingerprint'),
    })),
  };
}

interface Preparation {
  readonly database: Database;
  readonly target: TargetState;
  readonly manifest: BackupManifest;
  readonly force: boolean;
  readonly loaded: LoadedConfig;
  readonly key: Buffer;
  readonly options: OpenOptions;
}

/** Makes the schema of the backup in the database; answers where what was there before was kept. */
async function prepare(
  { database, target, manifest, force, loaded, key, options }: Preparation,
  { progress, signal }: CallContext,
): Promise<string | null> {
  let safety: string | null = null;
  if (target.hasRows) {
    if (!force) throw notEmpty(nameOfDatabase(database));
    safety = join(backupFolderOf(loaded.config), `before-restore-${backupName(systemClock.now())}`);
    progress(`keeping what is there in ${safety}`);
    const request = { database, file: safety, key, program: options.version, signal };
    await writeBackup(request, wholeDatabaseDeps);
  }
  // Its tables may be newer than the backup, and there is no way back but anew.
  if (target.tables > 0) await clearTarget(database);
  const had = new Set(manifest.migrations);
  await migrate(
    database,
    migrations.filter(({ id }) => had.has(id)),
  );
  if (manifest.engineVersion !== null) await makeEngineSchema(database, wholeDatabaseDeps);
  return safety;
}

/** Signs that entries are lost, when the anchors know of any; else leaves one entry. The anchors stay as they are. */
async function declare(
  loaded: LoadedConfig,
  options: OpenOptions,
  database: Database,
  { file, manifest, safety }: { file: string; manifest: BackupManifest; safety: string | null },
  { actor, clientId, correlationId }: CallContext,
): Promise<Pick<RestoreReport, 'lost' | 'auditVerifies' | 'vaultProblem'>> {
  const { config } = loaded;
  const redactor = createRedactor(systemRandom.bytes(32));
  redactor.register('DATABASE_URL', database.url);
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
    const facts = {
      file,
      snapshotAt: manifest.createdAt,
      into: placeOf(database.url) ?? null,
      safety,
    };
    const reason = `restored from the backup of ${manifest.createdAt}`;
    const gap = await gapOf(audit, { actor, correlationId, reason, facts });
    if (gap === null)
      await audit.record(null, {
        event: 'backup.restored',
        outcome: 'ok',
        actor,
        source: clientId,
        target: null,
        correlationId,
        reason,
        facts,
      });
    await audit.checkpoint();
    const { ok } = await audit.verify();
    const lost = gap === null ? null : { from: gap.after + 1, until: gap.until };
    const vault = openVault({
      ...wholeDatabaseDeps,
      config,
      current: () => config,
      dataDir: config.dataDir,
      folder: options.folder,
      env: options.env,
      database,
      audit,
      redactor,
    });
    return { lost, auditVerifies: ok, vaultProblem: await problemOf(vault) };
  } finally {
    await audit.close();
  }
}

/** Why what is in the vault cannot be taken out here; null when it can. */
async function problemOf(vault: Pick<Vault, 'check'>): Promise<string | null> {
  try {
    const { damaged } = await vault.check();
    return damaged.length === 0 ? null : `Changed since they were stored: ${damaged.join(', ')}.`;
  } catch (thrown) {
    const { code, message, next } = toAppError(thrown);
    if (!code.startsWith('vault_key_')) throw thrown;
    return `${message} ${next ?? ''}`.trim();
  }
}

async function gapOf(
  audit: Audit,
  told: Parameters<Audit['declareGap']>[0],
): Promise<{ readonly after: number; readonly until: number } | null> {
  try {
    return await audit.declareGap(told);
  } catch (thrown) {
    const error = toAppError(thrown);
    if (error.code === 'audit_nothing_lost') return null;
    throw error;
  }
}

/** A key made now could not fit: say that it is missing. */
async function existingKey(dataDir: string): Promise<Buffer> {
  const path = backupKeyFile(dataDir);
  try {
    await access(path);
  } catch (cause) {
    throw new AppError({
      kind: 'not_found',
      code: 'backup_key_missing',
      message: `There is no key ${path}, and a backup is used only when its seal was checked.`,
      next: 'Put the keys folder of the system that wrote the backup into the data folder, mode 0600.',
      details: { path },
      cause,
    });
  }
  return loadOrCreateKey(path, systemRandom);
}

function emptied(cause: unknown, safety: string): AppError {
  const { kind, code, message } = toAppError(cause);
  return new AppError({
    kind,
    code,
    message: `${message} The tables are empty now.`,
    next: `Bring back what was there: claude-manager restore ${safety}`,
    details: { safety },
    cause,
  });
}

function notEmpty(place: string): AppError {
  return new AppError({
    kind: 'conflict',
    code: 'restore_not_empty',
    message: `The database ${place} is not empty. Nothing was changed.`,
    next: 'Name an empty one with --to, or use --force: what is there is backed up first.',
  });
}
