import { sha256 } from '../../lib/hash.ts';
import { canonicalJson } from '../../lib/json.ts';
import type { LoadedConfig } from './load-config.ts';
import type { ConfigRemarks, DeploymentEnvironment, Machine } from './remark.ts';
import { validateConfig } from './validate-config.ts';

/** The remarks on a configuration, and whether they were known already. */
export interface Judgement {
  readonly remarks: ConfigRemarks;
  /** Equal for equal text, values, permission bits, environment and machine. */
  readonly key: string;
  readonly isCached: boolean;
}

/** Judges configurations and keeps the newest results, because a running service asks for the same one again and again. */
export interface Validator {
  judge(loaded: LoadedConfig, environment: DeploymentEnvironment, machine: Machine): Judgement;
}

export function createValidator(keep = 16): Validator {
  const known = new Map<string, ConfigRemarks>();
  return {
    judge: (loaded, environment, machine) => {
      const key = keyOf(loaded, environment, machine);
      const found = known.get(key);
      if (found !== undefined) return { remarks: found, key, isCached: true };
      const remarks = validateConfig(loaded, environment, machine);
      const oldest = known.keys().next().value;
      if (known.size >= keep && oldest !== undefined) known.delete(oldest);
      known.set(key, remarks);
      return { remarks, key, isCached: false };
    },
  };
}

/** Free space changes all the time; a quarter of a gigabyte more or less leads to no other advice. */
const diskStep = 2 ** 28;

function keyOf(
  { config, textHash, mode, secrets, retired, warnings }: LoadedConfig,
  environment: DeploymentEnvironment,
  machine: Machine,
): string {
  const { diskFreeBytes, ...rest } = machine;
  return sha256(
    canonicalJson({
      config,
      textHash,
      mode,
      hasToken: secrets.githubToken !== null,
      retired,
      warnings,
      environment,
      ...rest,
      disk: diskFreeBytes === undefined ? null : Math.floor(diskFreeBytes / diskStep),
    }),
  );
}
