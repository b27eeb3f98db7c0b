import { AppError } from '../../lib/app-error.ts';
import type { LoadedConfig } from '../../platform/config/load-config.ts';
import { validateConfig } from '../../platform/config/validate-config.ts';
import { measureMachine } from './measure-machine.ts';

/**
 * A service does not start on what is an error in its environment, with everything that is wrong said at once: what cannot
 * work, and in production what must not go live. AppError `config_unsound`.
 */
export async function requireSound(loaded: LoadedConfig): Promise<void> {
  const { environment } = loaded.config;
  const { errors } = validateConfig(loaded, environment, await measureMachine(loaded));
  if (errors.length === 0) return;
  const name = loaded.file?.split('/').at(-1) ?? 'defaults';
  const lines = errors.map(({ path, message, line, column, write }) => {
    const place = line === null ? name : `${name}:${line}:${column ?? 1}`;
    return `${place}  ${path === '' ? '' : `${path}: `}${message}.${write === null ? '' : ` Write: ${write}`}`;
  });
  throw new AppError({
    kind: 'invalid_input',
    code: 'config_unsound',
    message: lines.join('\n'),
    next: `Correct the named places (\`claude-manager validate --environment ${environment}\` shows everything), or start with --no-validate-config.`,
    details: { file: loaded.file, environment, issues: errors },
  });
}
