import type { ErrorKind } from '../../lib/app-error.ts';

/** What a refusal is, and what helps. */
export interface Refusal {
  readonly kind: ErrorKind;
  readonly code: string;
  readonly next: string;
}

/** Refusals by the beginning of their SQLSTATE (PostgreSQL, appendix A); the longer ones stand first. */
const refusals: readonly (readonly [sqlstate: string, refusal: Refusal])[] = [
  [
    '57P03',
    {
      kind: 'unavailable',
      code: 'database_not_ready',
      next: 'Wait until the server has started or recovered, which its log tells, then try again; a running service tries by itself.',
    },
  ],
  [
    '57P04',
    {
      kind: 'not_found',
      code: 'database_not_found',
      next: 'The database was dropped: restore it from a backup, or name another one in DATABASE_URL.',
    },
  ],
  [
    '57P',
    {
      kind: 'unavailable',
      code: 'database_shutting_down',
      next: 'Wait until the server is up again, then try again; a running service tries by itself.',
    },
  ],
  [
    '53300',
    {
      kind: 'unavailable',
      code: 'database_full',
      next: 'Try again when others have closed theirs, or lower database.poolSize, or raise max_connections (or the limit of this user or database) on the server.',
    },
  ],
  [
    '53',
    {
      kind: 'unavailable',
      code: 'database_exhausted',
      next: 'Give the server the memory or disk that it lacks, then try again.',
    },
  ],
  [
    '3D000',
    {
      kind: 'not_found',
      code: 'database_not_found',
      next: 'Create the database on the server (createdb), or correct its name at the end of DATABASE_URL.',
    },
  ],
  [
    '28P01',
    {
      kind: 'forbidden',
      code: 'database_refused',
      next: 'Check user and password in DATABASE_URL.',
    },
  ],
  [
    '28',
    {
      kind: 'forbidden',
      code: 'database_refused',
      next: 'Check the user in DATABASE_URL, and that pg_hba.conf of the server lets it in from this machine.',
    },
  ],
  [
    '42501',
    {
      kind: 'forbidden',
      code: 'database_refused',
      next: 'Let the user of DATABASE_URL connect to this database (GRANT CONNECT), or name another user.',
    },
  ],
];

const otherRefusal: Refusal = {
  kind: 'unavailable',
  code: 'database_refused',
  next: 'Read what the server said, and check user, password and database name in DATABASE_URL.',
};

/** What a refusal with this SQLSTATE is. */
export function refusalOf(sqlstate = ''): Refusal {
  return refusals.find(([start]) => sqlstate.startsWith(start))?.[1] ?? otherRefusal;
}
