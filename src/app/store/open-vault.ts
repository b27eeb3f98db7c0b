import { join } from 'node:path';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { Random } from '../../lib/random.ts';
import type { Audit } from '../../platform/audit/audit.ts';
import type { Config } from '../../platform/config/schema.ts';
import type { Database } from '../../platform/database/database.ts';
import { startPeriodic } from '../../platform/durable/periodic.ts';
import { correlationIdHere } from '../../platform/logging/context.ts';
import type { Redactor } from '../../platform/redaction/redactor.ts';
import { createKeySource, keyFileVariable } from '../../platform/vault/key-source.ts';
import { protectMemory } from '../../platform/vault/process-memory.ts';
import { createVault, type Vault } from '../../platform/vault/vault.ts';
import { backupFolderOf } from './backup-place.ts';
import { killPoint } from './kill-point.ts';

export interface VaultParts {
  readonly config: Config;
  /** Of now, for rotations. */
  readonly current: () => Config;
  readonly dataDir: string;
  /** Of the configuration, from which relative programs are found. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly database: Pick<Database, 'kysely'>;
  readonly audit: Pick<Audit, 'record' | 'list'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly redactor: Pick<Redactor, 'register'>;
  readonly log: Log;
}

/**
 * For as long as a service runs: it does not start with a key that is unsafe or opens nothing (AppError
 * `vault_key_unsafe`, `vault_key_malformed`, `vault_key_missing`, `vault_key_wrong`), and rotates and warns from then on.
 * Answers what stops it.
 */
export async function keepVault(
  vault: Vault,
  deps: Pick<VaultParts, 'clock' | 'random' | 'log' | 'env'> & {
    readonly isOwnProcess: boolean;
    /** Of several processes one rotates. */
    readonly leads: () => boolean;
  },
): Promise<() => Promise<void>> {
  const { damaged } = await vault.check();
  if (damaged.length > 0) {
    const facts = { credentials: damaged, category: 'security' };
    deps.log.error(facts, 'stored credentials were changed in the database; they are not used');
  }
  // The signals of a program that embeds us are its own.
  if (deps.isOwnProcess) await protectMemory({ options: memoryOptions(deps.env), log: deps.log });
  const everyMs = 10 * 60_000;
  const work = async (): Promise<void> => {
    if (deps.leads()) await vault.maintain();
  };
  return startPeriodic({ name: 'vault', everyMs, work }, deps);
}

function memoryOptions(env: VaultParts['env']): string {
  return [...process.execArgv, env['NODE_OPTIONS'] ?? ''].join(' ');
}

/** The vault on its key; the key is asked for when something is stored or taken out, not before. */
export function openVault(parts: VaultParts): Vault {
  const { config, dataDir, env, random } = parts;
  const own = join(dataDir, 'keys', 'vault.key');
  const named = env[keyFileVariable];
  const file = named === undefined || named === '' ? config.security.vault.keyFile : named;
  return createVault({
    ...parts,
    keys: createKeySource({
      env,
      file: file ?? own,
      ownFolder: file === null,
      backups: backupFolderOf({ ...config, dataDir }),
      random,
      userId: process.getuid?.(),
    }),
    policies: () => parts.current().security.vault.rotate,
    programs: {
      folder: parts.folder,
      path: env['PATH'] ?? '',
      home: env['HOME'] ?? dataDir,
      timeoutMs: 60_000,
    },
    alert: async ({ code, credential, text }) => {
      parts.log.error({ code, credential, category: 'security' }, text);
    },
    checkpoint: killPoint(env),
    correlationId: () => correlationIdHere(random),
  });
}
