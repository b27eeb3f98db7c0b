import { createManualClock, type ManualClock } from '../../../test/fakes/manual-clock.ts';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.ts';
import { systemRandom } from '../../lib/random.ts';
import { migrate } from '../database/migrate.ts';
import type { IdentityEvent, IdentitySettings } from './deps.ts';
import { createIdentity, type Identity } from './identity.ts';
import { identityMigrations } from './migrations.ts';
import { createPasswords } from './passwords.ts';
import type { Grant, IdentityTables } from './tables.ts';

export const goodPassword = 'quiet river orange lamp';
export const minute = 60_000;

/** Identity on a real database, with a clock that stands and a quick hash of passwords. */
export interface IdentityWorld {
  readonly database: TestDatabase;
  readonly clock: ManualClock;
  readonly identity: Identity;
  readonly events: IdentityEvent[];
  settings: IdentitySettings;
  /** A second process on the same database. */
  restarted(): Identity;
  person(name: string, role?: string): Promise<{ readonly id: string; readonly name: string }>;
  close(): Promise<void>;
}

export async function openIdentityWorld(): Promise<IdentityWorld> {
  const database = await createTestDatabase();
  await migrate(database, identityMigrations);
  const clock = createManualClock();
  const events: IdentityEvent[] = [];
  const passwords = createPasswords({
    random: systemRandom,
    parameters: { log2n: 4, r: 8, p: 1 },
  });
  const world: IdentityWorld = {
    database,
    clock,
    events,
    settings: {
      idleMs: 480 * minute,
      absoluteMs: 720 * minute,
      maxAttempts: 5,
      lockMs: 30 * minute,
      requireSecondFactor: false,
      minPasswordLength: 12,
      origin: 'http://localhost:8080',
    },
    restarted: () => open(),
    identity: undefined as unknown as Identity,
    person: async (name, role = 'viewer') => {
      const grants: readonly Grant[] = [{ role, repositories: null }];
      return world.identity.people.create({
        name,
        grants,
        password: await passwords.hash(goodPassword),
        mustChangePassword: false,
        createdBy: 'test',
      });
    },
    close: () => database.drop(),
  };
  const open = (): Identity =>
    createIdentity(
      {
        db: database.kysely<IdentityTables>(),
        clock,
        random: systemRandom,
        box: {
          seal: async (plain, purpose) => Buffer.from(`${purpose}|${plain}`).toString('hex'),
          open: async (sealed, purpose) =>
            Buffer.from(sealed, 'hex')
              .toString()
              .slice(purpose.length + 1),
        },
        settings: () => world.settings,
        report: async (event) => void events.push(event),
      },
      { passwords },
    );
  return Object.assign(world, { identity: open() });
}
