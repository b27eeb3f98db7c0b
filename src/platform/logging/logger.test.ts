import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AppError } from '../../lib/app-error.ts';
import { createRedactor } from '../redaction/redactor.ts';
import { currentContext, currentCorrelationId, withContext } from './context.ts';
import { createLogger, factsFirst, type Logger, type LoggerOptions } from './logger.ts';

let folder: string;
const opened: Logger[] = [];
const now = new Date('2025-01-09T10:30:00.123Z');

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'logs-'));
});
afterEach(async () => {
  for (const logger of opened.splice(0)) await logger.close();
  await rm(folder, { recursive: true });
});

function open(options: Partial<LoggerOptions> = {}): Logger {
  const logger = createLogger({
    level: () => 'INFO',
    clock: { now: () => now },
    redact: (line) => line,
    files: { folder, maxFileBytes: 1_000_000, maxFiles: 3, security: true },
    terminal: null,
    ...options,
  });
  opened.push(logger);
  return logger;
}

const linesOf = (name: string): ReturnType<typeof wholeLines> => wholeLines(`${name}.json`);

async function wholeLines(file: string): Promise<readonly Record<string, unknown>[]> {
  const text = await readFile(join(folder, file), 'utf8');
  expect(text === '' || text.endsWith('\n')).toBe(true);
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('the four files', () => {
  test('are there from the start', async () => {
    await open().flush();
    expect((await readdir(folder)).sort()).toEqual([
      'application.json',
      'errors.json',
      'performance.json',
      'security.json',
    ]);
  });

  test('a line has the fields of the specification in their order; those without a value are null', async () => {
    const logger = open().child({ logger: 'generation_2_system', module: 'robust_system' });
    withContext(
      { correlationId: 'uuid-123-456', operation: 'secure_scan', userId: 'user123' },
      () => logger.info('Operation completed successfully', { durationMs: 1250.5 }),
    );
    open().info('bare');
    await Promise.all(opened.map((one) => one.flush()));
    // Two loggers on one file: whose line comes first is nobody's promise.
    const lines = (await readFile(join(folder, 'application.json'), 'utf8')).split('\n');
    expect(lines.find((one) => one.includes('generation_2_system'))).toBe(
      '{"timestamp":"2025-01-09T10:30:00.123Z","level":"INFO","logger":"generation_2_system","message":"Operation completed successfully","correlation_id":"uuid-123-456","operation":"secure_scan","user_id":"user123","duration_ms":1250.5,"module":"robust_system","trace_id":"6db1157d813e061ca466b3835f8558f8","span_id":null}',
    );
    const all = await linesOf('application');
    expect(all.find(({ message }) => message === 'bare')).toEqual({
      timestamp: '2025-01-09T10:30:00.123Z',
      level: 'INFO',
      logger: null,
      message: 'bare',
      correlation_id: null,
      operation: null,
      user_id: null,
      duration_ms: null,
      module: null,
      trace_id: null,
      span_id: null,
    });
  });

  test('one correlation id joins what a unit of work left in all of them', async () => {
    const logger = open();
    await withContext({ correlationId: 'c-1' }, async () => {
      logger.info('began');
      await Promise.resolve();
      logger.warn('denied', { category: 'security' });
      logger.info('measured', { category: 'performance', durationMs: 3 });
      logger.error('failed', { category: 'security' });
    });
    logger.fatal('other');
    await logger.flush();
    const joined = async (name: string): Promise<readonly unknown[]> =>
      (await linesOf(name))
        .filter((line) => line['correlation_id'] === 'c-1')
        .map((line) => `${String(line['level'])} ${String(line['message'])}`);
    expect(await joined('application')).toEqual([
      'INFO began',
      'WARN denied',
      'INFO measured',
      'ERROR failed',
    ]);
    expect(await joined('security')).toEqual(['WARN denied', 'ERROR failed']);
    expect(await joined('performance')).toEqual(['INFO measured']);
    expect(await joined('errors')).toEqual(['ERROR failed']);
    expect(await linesOf('errors')).toHaveLength(2);
  });

  test('of 1,000 jobs at once, over many rotations, no line is lost or torn and each has the id of its job', async () => {
    const files = { folder, maxFileBytes: 20_000, maxFiles: 1000, security: true };
    const logger = open({ files });
    const steps = 5;
    const job = async (id: string): Promise<void> =>
      await withContext({ correlationId: id, operation: 'job' }, async () => {
        logger.info('began', { job: id });
        for (let step = 0; step < steps; step += 1) {
          await new Promise((resolve) => setImmediate(resolve));
          logger.info('measured', { category: 'performance', durationMs: step, job: id });
          logger.warn('denied', { category: 'security', job: id });
        }
        logger.error('ended', { job: id });
      });
    const ids = Array.from({ length: 1000 }, (_, n) => `job-${n}`);
    await Promise.all(ids.map(job));
    await logger.flush();
    expect(logger.dropped()).toBe(0);
    const each: Readonly<Record<string, readonly string[]>> = {
      application: [
        'began',
        ...Array.from({ length: steps }, () => ['measured', 'denied']).flat(),
        'ended',
      ],
      performance: Array.from({ length: steps }, () => 'measured'),
      security: Array.from({ length: steps }, () => 'denied'),
      errors: ['ended'],
    };
    for (const [name, messages] of Object.entries(each)) {
      const parts = (await readdir(folder)).filter((part) => part.startsWith(name));
      expect(parts.length, name).toBeGreaterThan(1);
      const lines = (await Promise.all(parts.map(wholeLines))).flat();
      const ofJob = Map.groupBy(lines, (line) => line['correlation_id']);
      expect(ofJob.size, name).toBe(ids.length);
      for (const [id, left] of ofJob) {
        expect(left.filter(({ job: of }) => of !== id)).toEqual([]);
        const said = left.map(({ message }) => String(message));
        expect(said.toSorted()).toEqual(messages.toSorted());
      }
    }
  });

  test('security.json can be left out; application.json keeps its lines', async () => {
    const files = { folder, maxFileBytes: 1000, maxFiles: 1, security: false };
    const logger = open({ files });
    logger.info('denied', { category: 'security' });
    await logger.flush();
    expect(await readdir(folder)).not.toContain('security.json');
    expect(await linesOf('application')).toHaveLength(1);
  });
});

test('lines below the level are left out, and a change of level holds at once', async () => {
  let level = 'WARNING';
  const logger = open({ level: () => level });
  logger.info('left out');
  level = 'debug';
  logger.debug('kept');
  level = 'CRITICAL';
  logger.error('left out too');
  await logger.flush();
  expect((await linesOf('application')).map(({ message }) => message)).toEqual(['kept']);
});

test('errors are told with kind, code, details and every cause', async () => {
  const logger = open();
  const cause = new TypeError('broken pipe');
  const error = new AppError({
    kind: 'unavailable',
    code: 'gone',
    message: 'away',
    details: { host: 'h' },
    cause,
  });
  logger.error('failed', { error });
  logger.error('failed', error);
  await logger.flush();
  for (const line of await linesOf('errors'))
    expect(line['error']).toMatchObject({
      name: 'AppError',
      kind: 'unavailable',
      code: 'gone',
      message: 'away',
      details: { host: 'h' },
      cause: { name: 'TypeError', message: 'broken pipe' },
    });
});

test('facts cannot replace what the logger says', async () => {
  const logger = open();
  logger.info('true', { message: 'false', level: 'FATAL', timestamp: 0, operation: 'mine' });
  await logger.flush();
  expect((await linesOf('application'))[0]).toMatchObject({
    message: 'true',
    level: 'INFO',
    timestamp: now.toISOString(),
    operation: 'mine',
    fact_message: 'false',
  });
});

test('each record is exactly one line that reads back, whatever is in it', async () => {
  const logger = open({
    files: { folder, maxFileBytes: 100_000_000, maxFiles: 1, security: true },
  });
  const told: string[] = [];
  const text = fc.string({ unit: 'binary' });
  const nasty = fc.constantFrom(
    '\r\n',
    '\u2028',
    '\u0085',
    '\u202E',
    '\u0000',
    '"',
    '\\',
    '\uD800',
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(text, nasty)), fc.object(), (parts, facts) => {
      told.push(parts.join(''));
      logger.info(parts.join(''), { facts });
    }),
    { numRuns: 500 },
  );
  await logger.flush();
  const raw = await readFile(join(folder, 'application.json'), 'utf8');
  // oxlint-disable-next-line no-control-regex -- these must not be there
  expect(raw).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e]/);
  const messages = (await linesOf('application')).map(({ message }) => message);
  expect(messages).toEqual(told.map((one) => (one.isWellFormed() ? one : expect.any(String))));
});

test('lines pass through the redactor and stay JSON', async () => {
  const redactor = createRedactor(Buffer.alloc(32));
  redactor.register('db', 'a"b\\c d\nefgh');
  const logger = open({ redact: (line) => redactor.redact(line) });
  const token = `ghp_${'a1'.repeat(18)}`;
  logger.info(`with ${token}`, {
    url: `https://x:${token}@h`,
    value: 'a"b\\c d\nefgh',
    error: new Error(token),
  });
  await logger.flush();
  const [line] = await linesOf('application');
  expect(JSON.stringify(line)).not.toContain(token);
  expect(line?.['value']).toMatch(/^\[REDACTED:db:[0-9a-f]{6}\]$/);
});

describe('a terminal', () => {
  const written: string[] = [];
  const terminal = (format: 'json' | 'text') => ({
    format,
    level: () => 'WARN',
    write: (text: string) => written.push(text),
  });
  afterEach(() => {
    written.length = 0;
  });

  test('gets readable lines of its own level, with nothing that it would act on', () => {
    const logger = open({ files: null, terminal: terminal('text') }).child({ logger: 'gate' });
    logger.info('not here');
    withContext({ correlationId: '0123456789' }, () =>
      logger.error('Failed\u001b[2J\nforged', {
        operation: 'tasks.approve',
        reason: 'two words',
        error: new AppError({ kind: 'internal', code: 'c', message: 'm' }),
      }),
    );
    expect(written).toEqual([
      '10:30:00.123 ERROR gate: Failed\\u001b[2J\\nforged  operation=tasks.approve reason="two words" error="AppError: m (c)" (01234567)\n',
    ]);
  });

  test('or a collector gets the same JSON as the files', async () => {
    const logger = open({ terminal: terminal('json') });
    logger.warn('both', { n: 1 });
    await logger.flush();
    expect(written.join('')).toBe(await readFile(join(folder, 'application.json'), 'utf8'));
  });
});

test('rooms that say facts first log the same', async () => {
  const logger = open();
  factsFirst(logger).warn({ n: 1 }, 'words');
  await logger.flush();
  expect((await linesOf('application'))[0]).toMatchObject({
    level: 'WARN',
    message: 'words',
    n: 1,
  });
});

test('contexts nest, survive waiting and do not mix', async () => {
  expect(currentCorrelationId()).toBeNull();
  const inside = (id: string): Promise<unknown> =>
    withContext({ correlationId: id, userId: 'u' }, async () => {
      await new Promise((resolve) => setImmediate(resolve));
      return withContext({ operation: `o-${id}` }, () => currentContext());
    });
  expect(await Promise.all([inside('1'), inside('2')])).toEqual([
    { correlationId: '1', userId: 'u', operation: 'o-1' },
    { correlationId: '2', userId: 'u', operation: 'o-2' },
  ]);
});
