import { createCipheriv, createHmac } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../src/lib/clock.ts';
import { silentLog } from '../src/lib/log.ts';
import { systemRandom } from '../src/lib/random.ts';
import { openDatabase } from '../src/platform/database/database.ts';
import { migrate } from '../src/platform/database/migrate.ts';
import { createIdentity } from '../src/platform/identity/identity.ts';
import { identityMigrations } from '../src/platform/identity/migrations.ts';
import { createPasswords } from '../src/platform/identity/passwords.ts';
import type { IdentityTables } from '../src/platform/identity/tables.ts';
import { decrypt, encrypt, fernetKeyText, parseFernetKey } from '../src/platform/vault/fernet.ts';

/**
 * What must take as long as what: `node bench/alike.ts [sign-ins] [tokens]`. A sign-in of a name that is no account against one
 * with a wrong password, in turns, by Welch's t; a token with a wrong signature against one with a right signature and wrong
 * padding, in turns, by their medians.
 */
const signIns = Number(process.argv[2] ?? 300);
const tokens = Number(process.argv[3] ?? 10_000);

say(await alikeSignIns());
say(alikeTokens());

async function alikeSignIns(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'cms-bench-alike-'));
  const deps = { clock: systemClock, random: systemRandom, log: silentLog };
  const database = await openDatabase(
    { dataDir: folder },
    { ...deps, searchPath: process.env['PATH'] },
  );
  try {
    await migrate(database, identityMigrations);
    const passwords = createPasswords({ random: systemRandom });
    const identity = createIdentity(
      {
        db: database.kysely<IdentityTables>(),
        clock: systemClock,
        random: systemRandom,
        box: { seal: async (plain) => plain, open: async (sealed) => sealed },
        settings: () => ({
          idleMs: 3_600_000,
          absoluteMs: 3_600_000,
          maxAttempts: 5,
          lockMs: 3_600_000,
          requireSecondFactor: false,
          minPasswordLength: 12,
          origin: 'http://localhost',
        }),
        report: async () => undefined,
      },
      { passwords },
    );
    const password = await passwords.hash('quiet river orange lamp');
    const grants = [{ role: 'viewer', repositories: null }];
    // Each name and each address tries once, so that no limit has its say.
    const attempt = async (user: string, at: number): Promise<number> => {
      const client = `2001:db8:${(at >> 12).toString(16)}:${(at & 4095).toString(16)}::1`;
      const started = performance.now();
      await identity.signIn
        .byPassword({ name: user, password: 'wrong words of twelve', client })
        .catch(() => undefined);
      return performance.now() - started;
    };
    const [unknown, wrong]: [number[], number[]] = [[], []];
    for (let at = 0; at < signIns; at += 1) {
      const createdBy = 'bench';
      const name = `person${at}`;
      await identity.people.create({
        name,
        grants,
        password,
        mustChangePassword: false,
        createdBy,
      });
      const both = [
        async () => void wrong.push(await attempt(name, at * 2)),
        async () => void unknown.push(await attempt(`nobody${at}`, at * 2 + 1)),
      ];
      for (const one of at % 2 === 0 ? both : both.toReversed()) await one();
    }
    return `sign-in, ${signIns} each: wrong password ${median(wrong).toFixed(1)} ms, no such account ${median(unknown).toFixed(1)} ms at p50; Welch's t ${welch(wrong, unknown).toFixed(2)} (to stay under: 4.5)`;
  } finally {
    await database.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

function alikeTokens(): string {
  const bytes = systemRandom.bytes(32);
  const text = bytes.toString('base64url').padEnd(44, '=');
  const key = parseFernetKey(text);
  if (key === null) throw new Error('no key');
  fernetKeyText(bytes);
  const good = encrypt(key, Buffer.alloc(64, 7), { seconds: 1, iv: systemRandom.bytes(16) });
  const badMac = Buffer.from(good, 'base64url');
  badMac[badMac.length - 1] = (badMac.at(-1) ?? 0) ^ 1;
  const iv = systemRandom.bytes(16);
  const cipher = createCipheriv('aes-128-cbc', key.encryption, iv).setAutoPadding(false);
  const body = cipher.update(Buffer.alloc(80));
  const signed = Buffer.concat([Buffer.from([0x80]), Buffer.alloc(8), iv, body]);
  const badPadding = Buffer.concat([
    signed,
    createHmac('sha256', key.signing).update(signed).digest(),
  ]);
  const [mac, padding]: [number[], number[]] = [[], []];
  const time = (token: string): number => {
    const started = performance.now();
    try {
      decrypt([key], token);
    } catch {
      return performance.now() - started;
    }
    throw new Error('it was opened');
  };
  const [macToken, paddingToken] = [badMac, badPadding].map(encoded) as [string, string];
  for (let warm = 0; warm < 1000; warm += 1) time(warm % 2 === 0 ? macToken : paddingToken);
  for (let at = 0; at < tokens; at += 1) {
    mac.push(time(macToken));
    padding.push(time(paddingToken));
  }
  const apart = Math.abs(median(mac) - median(padding)) * 1000;
  return `token, ${tokens} each: wrong signature ${(median(mac) * 1000).toFixed(1)} µs, wrong padding ${(median(padding) * 1000).toFixed(1)} µs at p50, ${apart.toFixed(1)} µs apart (to stay under: 50)`;
}

/** As Fernet writes it: base64url with padding. */
function encoded(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}

function median(all: readonly number[]): number {
  return all.toSorted((one, other) => one - other)[Math.floor(all.length / 2)] ?? 0;
}

function welch(one: readonly number[], other: readonly number[]): number {
  const [a, b] = [one, other].map((all) => {
    const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
    const variance = all.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (all.length - 1);
    return { mean, error: variance / all.length };
  }) as [{ mean: number; error: number }, { mean: number; error: number }];
  return (a.mean - b.mean) / Math.sqrt(a.error + b.error);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
