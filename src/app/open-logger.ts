import { systemClock } from '../lib/clock.ts';
import type { Config } from '../platform/config/schema.ts';
import type { Logger } from '../platform/logging/logger.ts';
import { createLogger } from '../platform/logging/logger.ts';

/** The logger of a command: the four files, and warnings on standard error (all lines with --verbose or --debug). */
export function openLogger(
  config: () => Config,
  redact: (line: string) => string,
  flags: { readonly debug?: boolean; readonly verbose?: boolean },
): Logger {
  const { logging, logDir } = config();
  const isChatty = flags.debug === true || flags.verbose === true;
  return createLogger({
    level: () => config().logging.level,
    clock: systemClock,
    redact,
    files: logging.structured_logging
      ? {
          folder: logDir,
          maxFileBytes: logging.maxFileMb * 1024 * 1024,
          maxFiles: logging.maxFiles,
          security: logging.security_logging,
        }
      : null,
    terminal: {
      write: (text) => process.stderr.write(text),
      format: process.stderr.isTTY === true ? 'text' : logging.format,
      level: () => (isChatty ? config().logging.level : 'ERROR'),
    },
  });
}
