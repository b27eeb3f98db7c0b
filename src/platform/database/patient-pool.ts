import pg from 'pg';
import { toAppError } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import { codeOf } from './embedded/file-lock.ts';

/**
 * So long is waited for a server that went, at most twice this by who came when others waited already. One that was
 * killed needs less to recover from little.
 */
export const patienceMs = 2500;
export const askAgainMs = 25;

type Connected = (
  error: Error | undefined,
  client: pg.PoolClient | undefined,
  done: (release?: unknown) => void,
) => void;

/**
 * A pool whose callers wait a little for a server that went, instead of being refused at once. Before it was trusted
 * nobody waits: whoever named the wrong server is told so.
 */
export class PatientPool extends pg.Pool {
  readonly #clock: Pick<Clock, 'monotonicMs' | 'sleep'>;
  #isTrusted = false;
  #back: Promise<void> | null = null;

  constructor(config: pg.PoolConfig, clock: Pick<Clock, 'monotonicMs' | 'sleep'>) {
    super(config);
    this.#clock = clock;
  }

  /** From now on a server that cannot be reached has gone and will be back. */
  trust(): void {
    this.#isTrusted = true;
  }

  override connect(): Promise<pg.PoolClient>;
  override connect(callback: Connected): void;
  override connect(callback?: Connected): Promise<pg.PoolClient> | undefined {
    const until = this.#clock.monotonicMs() + patienceMs;
    if (callback === undefined) return this.#connected(until);
    // Each query comes this way: the pool's own, with nothing round it unless the server went.
    super.connect((error, client, done) => {
      if (error === undefined) callback(error, client, done);
      else this.#connectedLater(error, until, callback);
    });
    return undefined;
  }

  async #connected(until: number): Promise<pg.PoolClient> {
    for (;;) {
      try {
        return await super.connect();
      } catch (error) {
        await this.#cameBack(error, until);
      }
    }
  }

  /** Told outside of the promise, so that what a callback throws is thrown and no rejection that nobody hears of. */
  #connectedLater(why: Error, until: number, callback: Connected): void {
    this.#cameBack(why, until)
      .then(async () => await this.#connected(until))
      .then(
        (client) =>
          process.nextTick(callback, undefined, client, (release: unknown) =>
            client.release(release as boolean),
          ),
        (thrown: unknown) => process.nextTick(callback, thrown, undefined, () => undefined),
      );
  }

  /** Waits for a server that went; throws the error where there is nothing to wait for. */
  async #cameBack(error: unknown, until: number): Promise<void> {
    const isOver = this.ending || this.#clock.monotonicMs() >= until;
    if (isOver || !this.#isTrusted || !hasGone(error)) throw error;
    this.#back ??= this.#comeBack();
    await this.#back;
  }

  /** One asks for all who wait. */
  async #comeBack(): Promise<void> {
    const until = this.#clock.monotonicMs() + patienceMs;
    try {
      let isBack = false;
      while (!isBack && !this.ending && this.#clock.monotonicMs() < until) {
        await this.#clock.sleep(askAgainMs);
        isBack = await super.connect().then(
          (client) => {
            client.release();
            return true;
          },
          (error: unknown) => !hasGone(error),
        );
      }
    } finally {
      this.#back = null;
    }
  }
}

/** Without its socket an embedded server is not there (ENOENT). */
function hasGone(error: unknown): boolean {
  return codeOf(error) === 'ENOENT' || toAppError(error).code === 'connection_lost';
}
