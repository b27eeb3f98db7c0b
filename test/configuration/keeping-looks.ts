import { access, chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import fastify from 'fastify';
import { openWebhooks, type WebhookParts } from '../../src/app/code-host/open-webhooks.ts';
import { openStore } from '../../src/app/store/open-store.ts';
import { openVault } from '../../src/app/store/open-vault.ts';
import { type AlertParts, openAlerts } from '../../src/app/watching/open-alerts.ts';
import { createSettings } from '../../src/app/work/settings.ts';
import type { AppError } from '../../src/lib/app-error.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import { systemRandom } from '../../src/lib/random.ts';
import { createManualClock } from '../fakes/manual-clock.ts';
import { signDelivery } from '../support/sign-delivery.ts';
import type { Look } from './looks.ts';

const isThere = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );

/** Where the key of a first secret is made, and what a second one, stored 40 days ago, holds before and after each look at it. */
export const vaulting: Look = async (config, database) => {
  const folder = await mkdtemp(join(tmpdir(), 'cms-vaulting-'));
  const { vault } = config.security;
  const keyFile = vault.keyFile === null ? null : join(folder, vault.keyFile);
  if (keyFile !== null) await mkdir(dirname(keyFile), { recursive: true });
  await database.pool.query('delete from vault_entries; update vault_state set key_id = null');
  const program = join(folder, 'make-secret');
  await writeFile(program, '#!/bin/sh\ncat >/dev/null\necho "made by a program"\n');
  await chmod(program, 0o700);
  const clock = createManualClock();
  const here = { ...config, security: { ...config.security, vault: { ...vault, keyFile } } };
  const opened = openVault({
    config: here,
    current: () => here,
    dataDir: join(folder, 'data'),
    folder,
    env: { PATH: `${folder}:${process.env['PATH'] ?? ''}` },
    database,
    audit: { record: async () => undefined, list: async () => [] },
    clock,
    random: systemRandom,
    redactor: { register: () => undefined },
    log: silentLog,
  });
  try {
    const by = { kind: 'command_line', name: 'ada' } as const;
    const stored = await opened
      .set('SECRET_ONE', Buffer.from('first'), { expiresAt: null, by })
      .then(
        () => 'stored',
        ({ code }: AppError) => code,
      );
    const keys = {
      own: await isThere(join(folder, 'data', 'keys', 'vault.key')),
      named: keyFile !== null && (await isThere(keyFile)),
    };
    if (stored !== 'stored') return { stored, keys };
    clock.advance(40 * 86_400_000);
    await opened.maintain();
    const held = async (): Promise<readonly string[]> =>
      (await opened.useAll('SECRET_ONE', 'look')).map((value) =>
        /^[0-9a-f]{64}$/u.test(value) ? 'made here' : value,
      );
    const rotated = await held();
    clock.advance(2 * 3_600_000);
    return { stored, keys, rotated, later: await held() };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/** Deliveries from two addresses, of which one is GitHub's, to two paths; and what is left of one that ended 40 days ago. */
export const receiving: Look = async (config, database) => {
  await database.pool.query(
    'truncate inbox_deliveries, github_governor, github_pauses, github_etags',
  );
  const secret = 'between GitHub and us';
  const meta = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end('{ "hooks": ["192.0.2.0/24"] }');
  });
  await new Promise<void>((resolve) => meta.listen(0, '127.0.0.1', resolve));
  const apiUrl = `http://127.0.0.1:${(meta.address() as AddressInfo).port}`;
  const here = { ...config, github: { ...config.github, apiUrl } };
  const rooms = openWebhooks({
    config: () => here,
    store: {
      database,
      credentials: {
        take: async () => secret,
        holder: () => ({
          all: async () => [secret],
          first: async () => secret,
          forget: () => undefined,
        }),
      },
      audit: { record: async () => undefined },
      vault: {},
    },
    redactor: { register: () => undefined },
    guard: { admit: async () => null },
    telemetry: { record: () => undefined },
    log: silentLog,
    tell: () => undefined,
    leads: () => false,
    onDelivery: () => async () => undefined,
  } as unknown as WebhookParts);
  const app = fastify();
  try {
    await rooms.route(app);
    const answers: number[] = [];
    for (const url of ['/webhooks/github', '/hooks'])
      for (const remoteAddress of ['192.0.2.7', '198.51.100.7']) {
        const { headers, body } = signDelivery(secret, 'ping', {}, `from-${answers.length}`);
        const payload = Buffer.from(body);
        const answer = await app.inject({ method: 'POST', url, headers, payload, remoteAddress });
        answers.push(answer.statusCode);
      }
    await database.pool.query(
      `update inbox_deliveries set state = 'done', received_at = now() - interval '40 days'`,
    );
    await rooms.work()();
    const { rowCount } = await database.pool.query('select id from inbox_deliveries');
    return { answers, left: rowCount };
  } finally {
    await app.close();
    await new Promise((resolve) => meta.close(resolve));
  }
};

/** Whether a service looks for trouble again within five seconds. */
export const minding: Look = async (config, database) => {
  let looks = 0;
  const again = Promise.withResolvers<boolean>();
  const rooms = openAlerts({
    config: () => config,
    store: { database, breakers: {} },
    flush: async () => {
      looks += 1;
      if (looks > 1) again.resolve(true);
      throw new Error('nothing more is looked at');
    },
    log: silentLog,
  } as unknown as AlertParts);
  const stop = rooms.keep({ leads: () => true, onAlert: () => async () => undefined });
  const isAgain = await Promise.race([again.promise, delay(5000, false)]);
  await stop();
  return { isAgain };
};

/**
 * How many connections a store takes for twelve questions that are asked at once, and what a repository is told of whose
 * server says nothing.
 */
export const storing: Look = async (config, database) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'cms-storing-'));
  // Those of a data folder that is new.
  await database.pool.query('delete from shared_keys');
  const store = await openStore({
    config,
    current: () => config,
    settings: createSettings(() => config, dataDir),
    dataDir,
    maker: 'look',
    folder: dataDir,
    secret: (name) => (name === 'DATABASE_URL' ? database.url : undefined),
    env: process.env,
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    redactor: { register: () => undefined, redact: (text) => text, namesIn: () => [] },
    telemetry: { record: () => undefined },
    version: '0',
  });
  const silent = createServer(() => undefined);
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/acme/widgets.git`;
  try {
    const { pool } = store.database;
    await Promise.all(Array.from({ length: 12 }, () => pool.query('select pg_sleep(0.1)')));
    const repository = { host: 'github', name: 'acme/widgets' } as const;
    const told = await store.mirrors.refresh(repository, { url, env: {} }, 'main').then(
      () => 'fetched',
      ({ message }: AppError) => message,
    );
    return { connections: pool.totalCount, told };
  } finally {
    silent.closeAllConnections();
    await new Promise((resolve) => silent.close(resolve));
    await store.close();
    await rm(dataDir, { recursive: true, force: true });
  }
};
