import { join } from 'node:path';
import { pino } from 'pino';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { currentContext, currentTrace } from './context.ts';
import { escapeJsonLine } from './escape-line.ts';
import { type LogBindings, type LogLevel, type LogRecord, logRecord } from './log-record.ts';
import { createRotatingFile, type RotatingFile } from './rotating-file.ts';
import { textLine } from './text-line.ts';

/** Message first and constant, so that lines group; what varies is a fact. `category` routes to a file of its own. */
export interface Logger {
  debug(message: string, facts?: object): void;
  info(message: string, facts?: object): void;
  warn(message: string, facts?: object): void;
  error(message: string, facts?: object): void;
  fatal(message: string, facts?: object): void;
  child(bindings: LogBindings): Logger;
  /** Waits until every line so far is with the system; the end of the program calls it. */
  flush(): Promise<void>;
  /** The same, and closes the files; later lines are not kept. */
  close(): Promise<void>;
  /** Lines that a full disk swallowed since the start. */
  dropped(): number;
}

export interface LoggerOptions {
  /** Asked for each line, so that a reload is seen at once; WARNING and CRITICAL count as WARN and FATAL. */
  readonly level: () => string;
  readonly clock: Pick<Clock, 'now'>;
  /** Every line passes through it before it is written anywhere. */
  readonly redact: (line: string) => string;
  /** Folder of the four files; null writes none. */
  readonly files: LogFiles | null;
  /** Where people or a collector read: standard error, never standard output; null when nobody does. */
  readonly terminal: LogTerminal | null;
  /** Who takes every line as well: a collector. Asked for each line, because it may open later. */
  readonly collectors?: () => readonly LineSink[];
}

/** Takes a whole JSON line with its line end; never throws, never waits. */
export interface LineSink {
  write(line: string): void;
}

export interface LogFiles {
  readonly folder: string;
  readonly maxFileBytes: number;
  readonly maxFiles: number;
  /** A file is rotated when it is that old; null never for its age. */
  readonly maxAgeMs?: number | null;
  /** Rotated files that are older are removed; null keeps them for their number alone. */
  readonly keepMs?: number | null;
  /** False leaves security.json out; application.json has its lines either way. */
  readonly security: boolean;
}

export interface LogTerminal {
  write(text: string): unknown;
  readonly format: 'json' | 'text';
  /** The least level shown here. */
  readonly level?: () => string;
}

const ranks: Readonly<Record<LogLevel, number>> = {
  DEBUG: 20,
  INFO: 30,
  WARN: 40,
  ERROR: 50,
  FATAL: 60,
};
const aliases: Readonly<Record<string, LogLevel>> = { WARNING: 'WARN', CRITICAL: 'FATAL' };

/**
 * Logs as the specification describes them: `application.json` has everything, `security.json` and `performance.json`
 * the lines of their category, `errors.json` level ERROR and above.
 */
export function createLogger(options: LoggerOptions): Logger {
  const files = options.files === null ? null : openFiles(options.files, options.clock);
  const sink = { [Symbol.for('pino.metadata')]: true, lastObj: null as LogRecord | null };
  const write = (line: string): void => {
    const { lastObj: record } = sink;
    if (record !== null) deliver(options, files, record, escapeJsonLine(options.redact(line)));
  };
  const root = pino(
    {
      base: null,
      level: 'trace',
      // With an empty level object the time comes first, as in the specification; the level is part of the record.
      formatters: { level: () => ({}) },
      timestamp: () => `"timestamp":"${options.clock.now().toISOString()}"`,
    },
    Object.assign(sink, { write }),
  );
  const least = (): number => rankOf(options.level());
  return loggerOn((record) => root.info(record), least, {}, files);
}

/** The same logger for rooms that say facts first. */
export function factsFirst(logger: Logger): Log {
  return {
    debug: (facts, message) => logger.debug(message, facts),
    info: (facts, message) => logger.info(message, facts),
    warn: (facts, message) => logger.warn(message, facts),
    error: (facts, message) => logger.error(message, facts),
  };
}

function loggerOn(
  emit: (record: LogRecord) => void,
  least: () => number,
  bindings: LogBindings,
  files: OpenFiles | null,
): Logger {
  const at =
    (level: LogLevel) =>
    (message: string, facts?: object): void => {
      if (ranks[level] >= least())
        emit(logRecord(level, message, currentContext(), bindings, facts, currentTrace()));
    };
  const opened = files === null ? [] : Object.values(files);
  return {
    debug: at('DEBUG'),
    info: at('INFO'),
    warn: at('WARN'),
    error: at('ERROR'),
    fatal: at('FATAL'),
    child: (more) => loggerOn(emit, least, { ...bindings, ...more }, files),
    flush: async () => {
      await Promise.all(opened.map(async (file) => file?.flush()));
    },
    close: async () => {
      await Promise.all(opened.map(async (file) => file?.close()));
    },
    dropped: () => opened.reduce((sum, file) => sum + (file?.dropped() ?? 0), 0),
  };
}

/** Handing a line to the system costs as much as making it. */
const gatherMs = 1000;

interface OpenFiles {
  readonly application: RotatingFile;
  readonly security: RotatingFile | null;
  readonly performance: RotatingFile;
  readonly errors: RotatingFile;
}

function openFiles(files: LogFiles, clock: Pick<Clock, 'now'>): OpenFiles {
  let count = 0;
  const stamp = (): string => {
    count += 1;
    const time = clock.now().toISOString().replaceAll(/[-:]/g, '');
    return `${time}-${process.pid}-${String(count).padStart(6, '0')}`;
  };
  const open = (name: string, gatherMs = 0): RotatingFile =>
    createRotatingFile({
      path: join(files.folder, `${name}.json`),
      maxBytes: files.maxFileBytes,
      keep: files.maxFiles,
      maxAgeMs: files.maxAgeMs ?? null,
      keepMs: files.keepMs ?? null,
      now: () => clock.now().getTime(),
      stamp,
      maxWaitingBytes: 16_000_000,
      retryMs: 1000,
      gatherMs,
      lossLine: (count) => lossLine(clock.now(), count),
    });
  return {
    application: open('application'),
    security: files.security ? open('security') : null,
    // Each call writes a line there, which application.json has at once.
    performance: open('performance', gatherMs),
    errors: open('errors'),
  };
}

function deliver(
  { terminal, level, collectors }: LoggerOptions,
  files: OpenFiles | null,
  record: LogRecord,
  line: string,
): void {
  const rank = ranks[record.level];
  // Of a disk that takes no more, the chatter goes first.
  files?.application.write(line, rank < ranks.INFO);
  if (record['category'] === 'security') files?.security?.write(line);
  if (record['category'] === 'performance') files?.performance.write(line);
  if (rank >= ranks.ERROR) files?.errors.write(line);
  if (terminal !== null && rank >= rankOf((terminal.level ?? level)()))
    terminal.write(terminal.format === 'json' ? line : textLine(line));
  for (const collector of collectors?.() ?? []) collector.write(line);
}

function rankOf(name: string): number {
  const upper = name.toUpperCase();
  return ranks[aliases[upper] ?? (upper as LogLevel)] ?? ranks.INFO;
}

function lossLine(now: Date, count: number): string {
  const record = logRecord('WARN', 'Log lines were dropped', {}, { logger: 'logging' }, { count });
  return `${JSON.stringify({ timestamp: now.toISOString(), ...record })}\n`;
}
