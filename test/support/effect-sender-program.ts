import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { text } from 'node:stream/consumers';
import type { Kysely } from 'kysely';
import { AppError, toAppError } from '../../src/lib/app-error.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import { systemRandom } from '../../src/lib/random.ts';
import { openDatabase } from '../../src/platform/database/database.ts';
import { createEffects } from '../../src/platform/effects/create-effects.ts';
import type {
  EffectHost,
  EffectRequestShape,
  EffectResultShape,
} from '../../src/platform/effects/intent.ts';

/**
 * Decides the intents on standard input (ids, by comma) and settles them against the host at HOST_URL.
 * CMS_CRASH_AT names the checkpoint at which it sends itself CMS_CRASH_SIGNAL, the first time it comes by.
 */
const environment = process.env;
const deps = { clock: systemClock, random: systemRandom, log: silentLog };
const database = await openDatabase({ url: environment['DATABASE_URL'], dataDir: tmpdir() }, deps);
let mayCrash = true;

const effects = createEffects<Kysely<unknown>, EffectRequestShape>({
  ...deps,
  database,
  open: (transaction) => transaction,
  host: () => httpHost(environment['HOST_URL'] ?? ''),
  idOf: ({ taskId }) => taskId,
  keyOf: ({ host, name }) => `${host}:${name}`,
  markerKey: Buffer.alloc(32, 7),
  allow: async () => ({ allowed: true }),
  audit: async () => {},
  checkpoint: async (point) => {
    if (point !== environment['CMS_CRASH_AT'] || !mayCrash) return;
    mayCrash = false;
    process.kill(process.pid, environment['CMS_CRASH_SIGNAL'] ?? 'SIGKILL');
  },
  options: { leaseMs: Number(environment['LEASE_MS']), lookDistanceMs: 400, pollMs: 50 },
});

const ids = (await text(process.stdin)).split(',');
await database
  .kysely<unknown>()
  .transaction()
  .execute(async (open) => await effects.intend(open, ids.map(requestOf)));
const queue = ids.values();
const hand = async (): Promise<void> => {
  for (const id of queue) await settled(id);
};
await Promise.all(Array.from({ length: 8 }, hand));
await database.close();

/** A database that has no place for a moment is asked again, as the service's rounds do. */
async function settled(id: string): Promise<void> {
  for (;;) {
    try {
      await effects.settle(id);
      return;
    } catch (thrown) {
      if (toAppError(thrown).kind !== 'unavailable') throw thrown;
      await systemClock.sleep(100);
    }
  }
}

function requestOf(taskId: string): EffectRequestShape {
  const repository = { host: 'github', name: 'acme/widgets' };
  return { kind: 'create_issue', repository, taskId, attempt: 0, ordinal: 0, payload: {} };
}

// The lease is asked right before the bytes leave, after the connection stands, as every code host has to do it.
function httpHost(url: string): EffectHost<EffectRequestShape> {
  const ask = async (path: string, marker: string, mayGo: () => boolean): Promise<unknown> => {
    const sent = request(`${url}${path}`, { method: 'POST', agent: false });
    const [socket] = (await once(sent, 'socket')) as [Socket];
    if (socket.connecting) await once(socket, 'connect');
    if (!mayGo()) {
      sent.on('error', () => undefined).destroy();
      throw new AppError({ kind: 'conflict', code: 'effect_lease_lost', message: 'lost' });
    }
    sent.end(marker);
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    const body = await text(answer);
    if (answer.statusCode === 200) return JSON.parse(body);
    throw new AppError({ kind: 'unavailable', code: 'host_failed', message: body });
  };
  return {
    send: async ({ marker, stillOurs }) =>
      (await ask('/send', marker, () => stillOurs?.() !== false)) as EffectResultShape,
    find: async ({ marker }) =>
      (await ask('/find', marker, () => true)) as EffectResultShape | null,
  };
}
