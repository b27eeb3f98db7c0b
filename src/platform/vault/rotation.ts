import type { Kysely } from 'kysely';
import { toAppError } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { Random } from '../../lib/random.ts';
import type { Entries } from './entries.ts';
import { type RotatorCommand, runRotator } from './rotator-command.ts';
import type { VaultTables } from './tables.ts';
import { noRotator, rotationFailed, unknownCredential } from './vault-error.ts';
import type { VaultTrail, Who } from './vault-trail.ts';

/** How one credential gets its next value. */
export interface RotationPolicy {
  readonly rotateEveryDays: number;
  /** `generate` is for secrets that we make ourselves: 32 random bytes as hex. */
  readonly rotator: 'generate' | readonly string[];
  /** The value before holds so long beside the new one. */
  readonly keepOldHours: number;
}

/** Something about a credential that a person should hear of. */
export interface VaultAlert {
  readonly code: 'credential_expiring' | 'credential_expired' | 'rotation_failed';
  readonly credential: string;
  readonly text: string;
}

export interface RotationDeps {
  readonly entries: Entries;
  readonly trail: VaultTrail;
  readonly clock: Pick<Clock, 'now'>;
  readonly random: Pick<Random, 'bytes'>;
  readonly log: Log;
  readonly redactor: { register(name: string, value: string): void };
  readonly policies: () => Readonly<Record<string, RotationPolicy>>;
  readonly programs: Omit<RotatorCommand, 'command'>;
  readonly alert: (alert: VaultAlert) => Promise<void>;
}

const day = 86_400_000;
const retryMs = 3_600_000;
/** Days before the end at which a warning is given, once each. */
const warningDays = [14, 7, 1, 0] as const;
const ourselves: Who = { kind: 'system', name: 'vault' };

/** Makes and stores a new value now. Throws `rotation_failed`, `rotation_not_configured`, `credential_unknown`. */
export async function rotateNow(deps: RotationDeps, name: string, by: Who): Promise<number> {
  const policy = deps.policies()[name];
  if (policy === undefined) throw noRotator(name);
  const { entries, clock } = deps;
  if (!(await claim(entries.db, name, clock.now(), deps.programs.timeoutMs))) {
    if ((await entries.find(name))?.token == null) throw unknownCredential(name);
    throw rotationFailed(name, 'another process rotates it right now');
  }
  try {
    return await rotateClaimed(deps, name, policy, by);
  } catch (thrown) {
    const error = toAppError(thrown);
    const failed = error.code.startsWith('vault_') ? error : rotationFailedOf(name, error);
    await entries.db
      .updateTable('vault_entries')
      .set({
        rotating_until: null,
        rotation_failed_at: clock.now(),
        rotation_error: failed.message,
      })
      .where('name', '=', name)
      .execute();
    await deps.trail.noted('credential.rotated', 'failed', name, { code: failed.code }, by);
    await deps.alert({ code: 'rotation_failed', credential: name, text: failed.message });
    throw failed;
  }
}

function rotationFailedOf(name: string, error: ReturnType<typeof toAppError>) {
  return error.code === 'rotation_failed' ? error : rotationFailed(name, error.message, error);
}

async function rotateClaimed(
  deps: RotationDeps,
  name: string,
  policy: RotationPolicy,
  by: Who,
): Promise<number> {
  const { entries, clock, random } = deps;
  const found = await entries.open(name);
  if (found === null) throw unknownCredential(name);
  const { rotator, keepOldHours } = policy;
  const { value: present } = found.opened;
  let next: Buffer | null = null;
  try {
    next =
      rotator === 'generate'
        ? Buffer.from(random.bytes(32).toString('hex'))
        : await runRotator(name, present, { ...deps.programs, command: rotator });
    deps.redactor.register(name, next.toString('utf8'));
    return await entries.put({
      name,
      kind: 'credential',
      value: next,
      expiresAt: null,
      previousUntil: new Date(clock.now().getTime() + keepOldHours * 3_600_000),
      by,
      act: 'rotated',
      onlyNew: false,
    });
  } finally {
    present.fill(0);
    next?.fill(0);
  }
}

/** Rotates what is due and tells of what ends soon; safe to call from several processes, as often as one likes. */
export async function maintain(deps: RotationDeps): Promise<void> {
  await warnOfEnds(deps);
  for (const [name, { rotateEveryDays }] of Object.entries(deps.policies())) {
    const row = await deps.entries.find(name);
    if (row === null || row.token === null) continue;
    const now = deps.clock.now().getTime();
    const failedAt = row.rotation_failed_at?.getTime() ?? 0;
    // One that ends within a day is not left to end while it can be replaced.
    const ends = row.expires_at?.getTime() ?? Number.POSITIVE_INFINITY;
    const isDue = now >= Math.min(row.changed_at.getTime() + rotateEveryDays * day, ends - day);
    if (!isDue || now < failedAt + retryMs || (row.rotating_until?.getTime() ?? 0) > now) continue;
    try {
      await rotateNow(deps, name, ourselves);
      deps.log.info({ credential: name, category: 'security' }, 'credential rotated');
    } catch (thrown) {
      // On record and told as an alert; the value that stands goes on to hold.
      const { code, message } = toAppError(thrown);
      deps.log.error(
        { credential: name, code, reason: message, category: 'security' },
        'credential not rotated',
      );
    }
  }
}

async function warnOfEnds({ entries, clock, log, alert }: RotationDeps): Promise<void> {
  const now = clock.now().getTime();
  const rows = await entries.db
    .selectFrom('vault_entries')
    .select(['name', 'expires_at', 'warned_days'])
    .where('token', 'is not', null)
    .where('expires_at', 'is not', null)
    .where('expires_at', '<=', new Date(now + warningDays[0] * day))
    .execute();
  for (const { name, expires_at: end } of rows) {
    if (end === null) continue;
    const left = (end.getTime() - now) / day;
    const reached = warningDays.findLast((days) => left <= days) ?? warningDays[0];
    if (!(await isFirstWarning(entries.db, name, reached))) continue;
    const over = reached === 0;
    const text = over
      ? `The credential ${name} expired at ${end.toISOString()} and is not given out any more.`
      : `The credential ${name} expires at ${end.toISOString()}, in ${Math.max(1, Math.ceil(left))} day(s) or less.`;
    const code = over ? 'credential_expired' : 'credential_expiring';
    log.warn({ credential: name, code, expiresAt: end, category: 'security' }, text);
    await alert({ code, credential: name, text });
  }
}

async function isFirstWarning(
  db: Kysely<VaultTables>,
  name: string,
  days: number,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('vault_entries')
    .set({ warned_days: days })
    .where('name', '=', name)
    .where((eb) => eb.or([eb('warned_days', 'is', null), eb('warned_days', '>', days)]))
    .executeTakeFirstOrThrow();
  return numUpdatedRows > 0n;
}

/** One process at a time; the claim of one that died ends by itself. */
async function claim(
  db: Kysely<VaultTables>,
  name: string,
  now: Date,
  timeoutMs: number,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('vault_entries')
    .set({ rotating_until: new Date(now.getTime() + timeoutMs + 60_000) })
    .where('name', '=', name)
    .where('token', 'is not', null)
    .where((eb) => eb.or([eb('rotating_until', 'is', null), eb('rotating_until', '<', now)]))
    .executeTakeFirstOrThrow();
  return numUpdatedRows > 0n;
}
