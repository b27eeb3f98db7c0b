import type { EntryRow } from './entries.ts';
import type { RotationPolicy } from './rotation.ts';

/** What is told of a credential: everything but its value. */
export interface CredentialFacts {
  readonly name: string;
  readonly version: number;
  readonly state: 'valid' | 'expiring' | 'expired';
  readonly createdAt: Date;
  readonly changedAt: Date;
  readonly expiresAt: Date | null;
  readonly rotateEveryDays: number | null;
  readonly nextRotationAt: Date | null;
  /** Why the last rotation failed; null when it did not. */
  readonly rotationError: string | null;
  /** The value before the last rotation holds until then. */
  readonly previousUntil: Date | null;
  /** How often it was handed out. */
  readonly usageCount: number;
  readonly lastUsedAt: Date | null;
  readonly lastPurpose: string | null;
}

const day = 86_400_000;

export function describeEntry(
  row: EntryRow,
  policy: RotationPolicy | undefined,
  now: Date,
): CredentialFacts {
  const left = row.expires_at === null ? null : row.expires_at.getTime() - now.getTime();
  const until = row.previous_until;
  return {
    name: row.name,
    version: row.version,
    state: left === null || left > 14 * day ? 'valid' : left > 0 ? 'expiring' : 'expired',
    createdAt: row.created_at,
    changedAt: row.changed_at,
    expiresAt: row.expires_at,
    rotateEveryDays: policy?.rotateEveryDays ?? null,
    nextRotationAt:
      policy === undefined
        ? null
        : new Date(row.changed_at.getTime() + policy.rotateEveryDays * day),
    rotationError: row.rotation_error,
    previousUntil: until !== null && until > now ? until : null,
    usageCount: row.usage_count,
    lastUsedAt: row.last_used_at,
    lastPurpose: row.last_purpose,
  };
}
