import type pg from 'pg';
import { sha256 } from '../../lib/hash.ts';

/** The 64-bit key of a named advisory lock, as the decimal text that PostgreSQL takes for int8. */
export function advisoryKey(name: string): string {
  return BigInt.asIntN(64, BigInt(`0x${sha256(`claude-manager:${name}`).slice(0, 16)}`)).toString();
}

/** Keys of the advisory locks that sessions of this database hold now. */
export async function heldAdvisoryKeys(pool: pg.Pool): Promise<ReadonlySet<string>> {
  const answer = await pool.query<{ key: string }>(
    `select (classid::int8 << 32 | objid::int8)::text as key from pg_locks
      where locktype = 'advisory' and objsubid = 1 and granted
        and database = (select oid from pg_database where datname = current_database())`,
  );
  return new Set(answer.rows.map((row) => row.key));
}
