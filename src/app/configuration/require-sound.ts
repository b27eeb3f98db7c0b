import { AppError } from '../../lib/app-error.ts';
import type { LoadedConfig } from '../../platform/config/load-config.ts';
import type { Remark } from '../../platform/config/remark.ts';
import { validateConfig } from '../../platform/config/validate-config.ts';
import { measureMachine } from './measure-machine.ts';

/**
 * A service does not start on what is an error in its environment, with everything that is wrong said at once: what cannot
 * work, and in production what must not go live. AppError `config_unsound`.
 */
export async function requireSound(loaded: LoadedConfig): Promise<void> {
  refuse(
    loaded,
    await faultsOf(loaded),
    (environment) =>
      `Correct the named places (\`claude-manager validate --environment ${environment}\` shows everything), or start with --no-validate-config.`,
  );
}

/**
 * A change brings nothing that the next start would refuse; what was wrong before may stay, so that it can be put right
 * step by step. AppError `config_unsound`.
 */
export async function requireNoNewFault(before: LoadedConfig, after: LoadedConfig): Promise<void> {
  const known = (await faultsOf(before)).map(kindOf);
  const faults = (await faultsOf(after)).filter((fault) => {
    const at = known.indexOf(kindOf(fault));
    if (at !== -1) known.splice(at, 1);
    return at === -1;
  });
  refuse(
    after,
    faults,
    () => 'The next start would refuse it. Change what it depends on first, or both at once.',
  );
}

async function faultsOf(loaded: LoadedConfig): Promise<readonly Remark[]> {
  // No error depends on what the database server takes, which only it can tell.
  const machine = await measureMachine({
    config: loaded.config,
    secrets: { ...loaded.secrets, databaseUrl: null },
  });
  return validateConfig(loaded, loaded.config.environment, machine).errors;
}

/** An entry of a list keeps its faults where another one is put before it. */
function kindOf({ code, path }: Remark): string {
  return `${code} ${path.replaceAll(/\b\d+\b/gu, '#')}`;
}

function refuse(
  loaded: LoadedConfig,
  faults: readonly Remark[],
  next: (environment: string) => string,
): void {
  if (faults.length === 0) return;
  const { environment } = loaded.config;
  const name = loaded.file?.split('/').at(-1) ?? 'defaults';
  const lines = faults.map(({ path, message, line, column, write }) => {
    const place = line === null ? name : `${name}:${line}:${column ?? 1}`;
    return `${place}  ${path === '' ? '' : `${path}: `}${message}.${write === null ? '' : ` Write: ${write}`}`;
  });
  throw new AppError({
    kind: 'invalid_input',
    code: 'config_unsound',
    message: lines.join('\n'),
    next: next(environment),
    details: { file: loaded.file, environment, issues: faults },
  });
}
