import { type Kysely, sql } from 'kysely';
import { type HealthCheck, seldomMs } from '../health/check.ts';

const tables = ['audit_entries', 'audit_checkpoints', 'audit_queue'] as const;
const functions = ['audit_forget_queued()', 'audit_remove_until(bigint)'] as const;

/**
 * What an administrator runs so that the role of the service can only add to the audit tables and read them. `owner` has to
 * be another role, which nobody of the service may become. Pruning goes through a function of that owner.
 */
export function restrictionStatements(owner: string, service: string): readonly string[] {
  const [keeper, role] = [owner, service].map((name) => `"${name.replaceAll('"', '""')}"`);
  return [
    ...tables.flatMap((table) => [
      `alter table ${table} owner to ${keeper}`,
      `revoke all on ${table} from public, ${role}`,
      `grant select, insert on ${table} to ${role}`,
    ]),
    ...functions.flatMap((name) => [
      `alter function ${name} owner to ${keeper}`,
      `revoke all on function ${name} from public`,
      `grant execute on function ${name} to ${role}`,
    ]),
  ];
}

/** Whether the role of this connection may change or remove what is in the audit tables, or take the right to. */
export async function mayChangeAudit(db: Kysely<unknown>): Promise<boolean> {
  const { rows } = await sql<{ may: boolean }>`
    select bool_or(
        has_table_privilege(current_user, c.oid, 'UPDATE, DELETE, TRUNCATE')
        or pg_has_role(current_user, c.relowner, 'MEMBER')
        or pg_has_role(current_user, n.nspowner, 'MEMBER')) as may
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.oid in (${sql.join(tables.map((name) => sql`to_regclass(${name})`))})`.execute(db);
  return rows[0]?.may ?? true;
}

/** With the embedded server there is one role; there, signatures and anchors alone tell of changes. */
export function auditRightsCheck(database: {
  readonly kind: 'embedded' | 'external';
  kysely<Tables>(): Kysely<Tables>;
}): HealthCheck {
  return {
    name: 'audit_rights',
    category: 'security',
    critical: false,
    everyMs: seldomMs,
    measure: async () => {
      const may = await mayChangeAudit(database.kysely());
      const measured = { value: may ? 1 : 0, threshold: 0 };
      if (!may) {
        const evidence = 'The role of the service can only add to the audit tables and read them.';
        return { ...measured, status: 'healthy', evidence, remedy: null };
      }
      const evidence =
        'The role of the service may change the audit tables; signatures and anchors would tell of it.';
      return database.kind === 'embedded'
        ? {
            ...measured,
            status: 'unknown',
            evidence: `The embedded server has one role. ${evidence}`,
            remedy: null,
          }
        : {
            ...measured,
            status: 'degraded',
            evidence,
            remedy:
              'Give the audit tables to another role; the statements are in docs/guides/audit.md.',
          };
    },
  };
}
