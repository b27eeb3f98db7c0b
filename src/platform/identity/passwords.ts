import { type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';
import { AppError } from '../../lib/app-error.ts';
import type { Random } from '../../lib/random.ts';

/** RFC 7914: cost 2^log2n, block size r, parallelism p. */
export interface ScryptParameters {
  readonly log2n: number;
  readonly r: number;
  readonly p: number;
}

/** 32 MiB and about 270 ms of one core; equal in strength to OWASP's N=2^17, p=1 with a quarter of the memory. */
const strong: ScryptParameters = { log2n: 15, r: 8, p: 3 };

export interface Passwords {
  /** `scrypt$<log2n>$<r>$<p>$<salt>$<hash>`, salt and hash as base64url. */
  hash(password: string): Promise<string>;
  /** Takes as long without a stored hash as with one, so that nobody learns which accounts exist. */
  verify(password: string, stored: string | null): Promise<boolean>;
  /** Whether a hash was made with other parameters than today's and should be made again. */
  isOutdated(stored: string): boolean;
}

export interface PasswordOptions {
  readonly random: Pick<Random, 'bytes'>;
  readonly parameters?: ScryptParameters;
  /** Hashes at the same time; each takes 32 MiB and a thread. */
  readonly concurrency?: number;
  /** Callers that wait for their turn; more are turned away. */
  readonly waiting?: number;
}

const hashBytes = 32;

export function createPasswords(options: PasswordOptions): Passwords {
  const { random, parameters = strong } = options;
  const inTurn = createTurns(options.concurrency ?? 2, options.waiting ?? 64);
  const make = async (password: string): Promise<string> => {
    const salt = random.bytes(16);
    const hash = await inTurn(() => derive(password, salt, parameters));
    const { log2n, r, p } = parameters;
    return `scrypt$${log2n}$${r}$${p}$${salt.toString('base64url')}$${hash.toString('base64url')}`;
  };
  const nobody = {
    parameters,
    salt: random.bytes(16),
    hash: random.bytes(hashBytes),
  };
  return {
    hash: make,
    verify: async (password, stored) => {
      const known = stored === null ? nobody : parse(stored);
      const found = await inTurn(() => derive(password, known.salt, known.parameters));
      return timingSafeEqual(found, known.hash) && stored !== null;
    },
    isOutdated: (stored) => {
      const { log2n, r, p } = parse(stored).parameters;
      return log2n !== parameters.log2n || r !== parameters.r || p !== parameters.p;
    },
  };
}

interface Stored {
  readonly parameters: ScryptParameters;
  readonly salt: Buffer;
  readonly hash: Buffer;
}

function parse(stored: string): Stored {
  const [scheme, log2n, r, p, salt = '', hash = ''] = stored.split('$');
  const parameters = { log2n: Number(log2n), r: Number(r), p: Number(p) };
  const bytes = Buffer.from(hash, 'base64url');
  if (scheme !== 'scrypt' || bytes.length !== hashBytes) {
    throw new AppError({
      kind: 'internal',
      code: 'password_hash_damaged',
      message: 'A stored password hash cannot be read.',
      next: 'Give the account a new password with `claude-manager users reset-password`.',
    });
  }
  return { parameters, salt: Buffer.from(salt, 'base64url'), hash: bytes };
}

function derive(password: string, salt: Buffer, { log2n, r, p }: ScryptParameters) {
  const options: ScryptOptions = { N: 2 ** log2n, r, p, maxmem: 2 ** log2n * r * 128 * 2 };
  return new Promise<Buffer>((resolve, reject) => {
    scrypt(password, salt, hashBytes, options, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}

/** At most so many at once, the others in the order they came. */
function createTurns(atOnce: number, mostWaiting: number) {
  const waiting: (() => void)[] = [];
  let busy = 0;
  return async <T>(body: () => Promise<T>): Promise<T> => {
    if (busy < atOnce) busy += 1;
    else {
      if (waiting.length >= mostWaiting) throw tooBusy();
      // The one who ends hands its place on.
      await new Promise<void>((resolve) => void waiting.push(resolve));
    }
    try {
      return await body();
    } finally {
      const next = waiting.shift();
      if (next === undefined) busy -= 1;
      else next();
    }
  };
}

function tooBusy(): AppError {
  return new AppError({
    kind: 'unavailable',
    code: 'sign_in_busy',
    message: 'Too many people sign in at this moment.',
    next: 'Try again in a few seconds.',
  });
}
