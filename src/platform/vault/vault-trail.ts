import type { Kysely } from 'kysely';
import type { Audit } from '../audit/audit.ts';
import type { VaultTables } from './tables.ts';

/** Who asks, as the audit says it. */
export interface Who {
  readonly kind: string;
  readonly name: string;
}

export interface Change {
  readonly name: string;
  readonly version: number;
  readonly act: 'stored' | 'rotated' | 'removed';
  readonly by: Who;
}

/** What the audit keeps of the vault: it proves which version of an entry is the newest. */
export interface VaultTrail {
  /** In the transaction of the change, so that neither is there without the other. */
  changed(transaction: Kysely<VaultTables>, change: Change): Promise<void>;
  /** In the transaction that counts the use. */
  used(
    transaction: Kysely<VaultTables>,
    use: {
      readonly name: string;
      readonly version: number;
      readonly purpose: string;
      readonly by: Who;
    },
  ): Promise<void>;
  /** What else happened: keys changed, a rotation failed. */
  noted(
    event: string,
    outcome: 'ok' | 'failed',
    target: string | null,
    facts: Readonly<Record<string, unknown>>,
    by: Who,
  ): Promise<void>;
  /** The last change of this name; null when none is on record (never stored, or pruned with the audit's old entries). */
  latest(name: string): Promise<Pick<Change, 'version' | 'act'> | null>;
}

const changedEvent = 'credential.changed';

export function createVaultTrail(
  audit: Pick<Audit, 'record' | 'list'>,
  correlationId: () => string,
): VaultTrail {
  return {
    changed: async (transaction, { name, version, act, by }) =>
      await audit.record(transaction, {
        event: changedEvent,
        outcome: 'ok',
        actor: by,
        target: name,
        correlationId: correlationId(),
        facts: { version, act },
      }),
    used: async (transaction, { name, version, purpose, by }) =>
      await audit.record(transaction, {
        event: 'credential.used',
        outcome: 'ok',
        actor: by,
        target: name,
        correlationId: correlationId(),
        facts: { version, purpose },
      }),
    noted: async (event, outcome, target, facts, by) =>
      await audit.record(null, {
        event,
        outcome,
        actor: by,
        target,
        correlationId: correlationId(),
        facts,
      }),
    latest: async (name) => {
      const [last] = await audit.list({ event: changedEvent, target: name, limit: 1 });
      if (last === undefined) return null;
      const { version, act } = last.facts as Pick<Change, 'version' | 'act'>;
      return { version, act };
    },
  };
}
