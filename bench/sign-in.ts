import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { systemClock } from '../src/lib/clock.ts';
import { silentLog } from '../src/lib/log.ts';
import { systemRandom } from '../src/lib/random.ts';
import { openDatabase } from '../src/platform/database/database.ts';
import { migrate } from '../src/platform/database/migrate.ts';
import { createIdentity } from '../src/platform/identity/identity.ts';
import { identityMigrations } from '../src/platform/identity/migrations.ts';
import { createPasswords } from '../src/platform/identity/passwords.ts';
import type { IdentityTables } from '../src/platform/identity/tables.ts';

// Usage: node bench/sign-in.ts [TRIES]. Whether time tells who has an account: refused sign-ins of an account with a wrong
// password and of names that nobody has, by turns, TRIES of each (200; one takes a third of a second), on the embedded
// database, and Welch's t of the two. Above 4.5 they would be told apart.
const tries = Number(process.argv[2] ?? 200);
const deps = { clock: systemClock, random: systemRandom, log: silentLog };
const folder = mkdtempSync(path.join(tmpdir(), 'cms-bench-sign-in-'));
const database = await openDatabase(
  { dataDir: folder },
  { ...deps, searchPath: process.env['PATH'] },
);
try {
  await migrate(database, identityMigrations);
  const identity = createIdentity({
    db: database.kysely<IdentityTables>(),
    clock: systemClock,
    random: systemRandom,
    box: { seal: async (plain) => plain, open: async (sealed) => sealed },
    settings: () => ({
      idleMs: 1e6,
      absoluteMs: 1e6,
      // Nobody is locked out, or the times would be those of a refusal without a look.
      maxAttempts: 1e6,
      lockMs: 1000,
      requireSecondFactor: false,
      minPasswordLength: 12,
      origin: 'http://localhost:8080',
    }),
    report: async () => undefined,
  });
  await identity.people.create({
    name: 'ann',
    grants: [],
    password: await createPasswords({ random: systemRandom }).hash('quiet river orange lamp'),
    mustChangePassword: false,
    createdBy: 'bench',
  });
  const refusedAfter = async (name: string, number: number): Promise<number> => {
    const start = performance.now();
    await identity.signIn
      .byPassword({ name, password: 'wrong', client: `192.0.${number >> 8}.${number & 255}` })
      .catch(() => undefined);
    return performance.now() - start;
  };
  const known: number[] = [];
  const unknown: number[] = [];
  for (let number = 0; number < tries + 5; number += 1) {
    const [first, second] =
      number % 2 === 0 ? ([known, unknown] as const) : ([unknown, known] as const);
    for (const times of [first, second]) {
      const name = times === known ? 'ann' : `nobody${number}`;
      const taken = await refusedAfter(name, number);
      // The first ones warm up.
      if (number >= 5) times.push(taken);
    }
  }
  const tell = (what: string, times: readonly number[]): void => {
    const sorted = times.toSorted((a, b) => a - b);
    const middle = sorted[sorted.length >> 1] ?? 0;
    process.stdout.write(
      `${what}: mean ${mean(times).toFixed(2)} ms, median ${middle.toFixed(2)} ms\n`,
    );
  };
  tell('wrong password', known);
  tell('nobody of that name', unknown);
  const spread = variance(known) / known.length + variance(unknown) / unknown.length;
  const t = (mean(known) - mean(unknown)) / Math.sqrt(spread);
  process.stdout.write(`Welch's t over 2 × ${tries}: ${t.toFixed(2)} (to stay within 4.5)\n`);
} finally {
  await database.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

function mean(times: readonly number[]): number {
  return times.reduce((sum, time) => sum + time, 0) / times.length;
}

function variance(times: readonly number[]): number {
  const middle = mean(times);
  return times.reduce((sum, time) => sum + (time - middle) ** 2, 0) / (times.length - 1);
}
