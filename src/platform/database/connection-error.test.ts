import pg from 'pg';
import { expect, test } from 'vitest';
import { connectionError } from './connection-error.ts';

const url = 'postgresql://me:geheim@db.example:5433/cms';

/** A refusal as the driver hands it on. */
function refusal(code: string, message: string): pg.DatabaseError {
  return Object.assign(new pg.DatabaseError(message, message.length, 'error'), { code });
}

/** A failure of the machine or the network. */
function failure(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

test.each([
  [
    '57P03',
    'the database system is starting up',
    'unavailable',
    'database_not_ready',
    'Wait until',
  ],
  [
    '57P03',
    'the database system is in recovery mode',
    'unavailable',
    'database_not_ready',
    'Wait until',
  ],
  [
    '57P01',
    'terminating connection due to administrator command',
    'unavailable',
    'database_shutting_down',
    'up again',
  ],
  ['57P04', 'database "cms" was dropped', 'not_found', 'database_not_found', 'restore it'],
  ['53300', 'sorry, too many clients already', 'unavailable', 'database_full', 'max_connections'],
  ['53100', 'could not extend file', 'unavailable', 'database_exhausted', 'disk'],
  ['3D000', 'database "cms" does not exist', 'not_found', 'database_not_found', 'createdb'],
  ['28P01', 'password authentication failed', 'forbidden', 'database_refused', 'password'],
  ['28000', 'no pg_hba.conf entry for host', 'forbidden', 'database_refused', 'pg_hba.conf'],
  ['42501', 'permission denied for database', 'forbidden', 'database_refused', 'GRANT CONNECT'],
  ['XX000', 'something else', 'unavailable', 'database_refused', 'Read what the server said'],
])('a refusal %s, %s, is %s %s, and says: %s', (sqlstate, message, kind, code, next) => {
  const error = connectionError(url, refusal(sqlstate, message));
  expect(error).toMatchObject({
    kind,
    code,
    message: `The database db.example:5433/cms refused us: ${message}.`,
    details: { database: 'db.example:5433/cms', code: sqlstate },
  });
  expect(error.next).toContain(next);
  expect(JSON.stringify([error.message, error.next, error.details])).not.toContain('geheim');
});

test('only a refused sign-in sends people to their password', () => {
  const advice = ['57P03', '57P01', '53300', '3D000'].map(
    (sqlstate) => connectionError(url, refusal(sqlstate, 'no')).next,
  );
  expect(advice.filter((next) => next?.includes('password'))).toEqual([]);
});

test.each([
  ['ECONNREFUSED', 'nothing listens there'],
  ['ENOTFOUND', 'Correct the name of the host'],
  ['EAI_AGAIN', 'name service'],
  ['ENOENT', 'socket'],
  ['ECONNRESET', 'cut'],
  ['EHOSTUNREACH', 'the right host and port'],
])('nobody answers, %s, says: %s', (code, next) => {
  const error = connectionError(url, failure(code, 'no'));
  expect(error).toMatchObject({ kind: 'unavailable', code: 'database_unreachable' });
  expect(error.next).toContain(next);
});

test('of several addresses that refused, each is named and the advice is that of the first', () => {
  const cause = new AggregateError([
    failure('ECONNREFUSED', 'connect ECONNREFUSED ::1:5433'),
    failure('ECONNREFUSED', 'connect ECONNREFUSED 127.0.0.1:5433'),
  ]);
  const error = connectionError(url, cause);
  expect(error.message).toContain('::1:5433; connect ECONNREFUSED 127.0.0.1:5433');
  expect(error.next).toContain('nothing listens there');
});
