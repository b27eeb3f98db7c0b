import { systemClock } from '../../lib/clock.ts';
import type { Config } from '../../platform/config/schema.ts';
import type { LineSink, Logger, LogTerminal } from '../../platform/logging/logger.ts';
import { createLogger } from '../../platform/logging/logger.ts';
import { standardOutput } from '../../platform/logging/standard-output.ts';

const hourMs = 3_600_000;

/**
 * The logger of a command: the four files, warnings on standard error (all lines with --verbose or --debug), and for a
 * service what collectors read.
 */
export function openLogger(
  config: () => Config,
  redact: (line: string) => string,
  flags: { readonly debug?: boolean; readonly verbose?: boolean; readonly quiet?: boolean },
  collectors: { readonly isService: boolean; readonly others: () => readonly LineSink[] },
): Logger {
  const { logging, logDir } = config();
  const isChatty = flags.debug === true || flags.verbose === true;
  const out =
    logging.standardOutput && collectors.isService ? [standardOutput(process.stdout)] : [];
  return createLogger({
    level: () => config().logging.level,
    clock: systemClock,
    redact,
    files: logging.structured_logging
      ? {
          folder: logDir,
          maxFileBytes: logging.maxFileMb * 1024 * 1024,
          maxFiles: logging.maxFiles,
          maxAgeMs: logging.rotateHours === 0 ? null : logging.rotateHours * hourMs,
          keepMs: logging.keepDays === 0 ? null : logging.keepDays * 24 * hourMs,
          security: logging.security_logging,
        }
      : null,
    terminal:
      flags.quiet === true
        ? null
        : terminal(() => config().logging.level, isChatty, logging.format),
    collectors: () => [...out, ...collectors.others()],
  });
}

function terminal(
  level: () => string,
  isChatty: boolean,
  format: LogTerminal['format'],
): LogTerminal {
  return {
    write: (text) => process.stderr.write(text),
    format: process.stderr.isTTY === true ? 'text' : format,
    level: () => (isChatty ? level() : 'ERROR'),
  };
}
