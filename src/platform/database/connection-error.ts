import pg from 'pg';
import { AppError, messageOf } from '../../lib/app-error.ts';

/** Says in a user's words why a database could not be reached; never shows the password. */
export function connectionError(url: string, cause: unknown): AppError {
  if (cause instanceof AppError) return cause;
  const where = placeOf(url);
  if (where === undefined) return invalidUrl(cause);
  const refused = cause instanceof pg.DatabaseError;
  return new AppError({
    kind: refused && cause.code?.startsWith('28') === true ? 'forbidden' : 'unavailable',
    code: refused ? 'database_refused' : 'database_unreachable',
    message: `The database ${where} ${refused ? 'refused us' : 'cannot be reached'}: ${reasonOf(cause)}.`,
    next: refused
      ? 'Check user, password and database name in DATABASE_URL.'
      : 'Check that the server runs and that DATABASE_URL names the right host and port.',
    details: { database: where, code: refused ? cause.code : undefined },
    cause,
  });
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

function invalidUrl(cause: unknown): AppError {
  return new AppError({
    kind: 'invalid_input',
    code: 'database_url_invalid',
    message: 'DATABASE_URL is not a URL.',
    next: 'Write it as postgresql://user:password@host:5432/database.',
    cause,
  });
}
