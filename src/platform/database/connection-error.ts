import pg from 'pg';
import { AppError, messageOf } from '../../lib/app-error.ts';
import { codeOf } from './embedded/file-lock.ts';
import { refusalOf } from './refusals.ts';

/** What helps when nobody answered, by the code of the system; the check of host and port is for all others. */
const unreachable: Readonly<Record<string, string>> = {
  ENOTFOUND: 'Correct the name of the host in DATABASE_URL; no address is known for it.',
  EAI_AGAIN: 'Check the name service of this machine: it does not answer.',
  ECONNREFUSED:
    'Start the server, or correct the port in DATABASE_URL: the machine answers, but nothing listens there.',
  ENOENT: 'Start the server, or correct the folder of its socket in DATABASE_URL.',
  ECONNRESET: 'Try again: the connection was cut. If it stays so, read the log of the server.',
};
const checkPlace =
  'Check that the server runs and that DATABASE_URL names the right host and port.';

/** Whether the server is there and will take connections in a while, when it has started or recovered. */
export function isStartingUp(cause: unknown): boolean {
  return cause instanceof pg.DatabaseError && cause.code === '57P03';
}

/** Says in a user's words why a database could not be reached; never shows the password. */
export function connectionError(url: string, cause: unknown): AppError {
  if (cause instanceof AppError) return cause;
  const where = placeOf(url);
  if (where === undefined) return invalidUrl(cause);
  const details = { database: where, code: codeIn(cause) };
  if (!(cause instanceof pg.DatabaseError)) {
    return new AppError({
      kind: 'unavailable',
      code: 'database_unreachable',
      message: `The database ${where} cannot be reached: ${reasonOf(cause)}.`,
      next: unreachable[details.code ?? ''] ?? checkPlace,
      details,
      cause,
    });
  }
  const message = `The database ${where} refused us: ${reasonOf(cause)}.`;
  return new AppError({ ...refusalOf(details.code), message, details, cause });
}

/** Host, port and database of a URL, without user and password. */
export function placeOf(url: string): string | undefined {
  try {
    const { hostname, port, pathname, searchParams } = new URL(url);
    const host = decodeURIComponent(hostname) || (searchParams.get('host') ?? 'localhost');
    return `${host}${port === '' ? '' : `:${port}`}${pathname}`;
  } catch {
    return undefined;
  }
}

/** An AggregateError (both addresses of a host refused) has no message of its own. */
function reasonOf(cause: unknown): string {
  if (cause instanceof AggregateError) return cause.errors.map(messageOf).join('; ');
  return messageOf(cause);
}

/** The SQLSTATE of a refusal or the code of the system; of several addresses, that of the first. */
function codeIn(cause: unknown): string | undefined {
  return codeOf(cause instanceof AggregateError ? cause.errors[0] : cause);
}

function invalidUrl(cause: unknown): AppError {
  return new AppError({
    kind: 'invalid_input',
    code: 'database_url_invalid',
    message: 'DATABASE_URL is not a URL.',
    next: 'Write it as postgresql://user:password@host:5432/database.',
    cause,
  });
}
