import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { keepAudit, openAudit } from '../../src/app/store/open-audit.ts';
import { migrations } from '../../src/app/store/open-store.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import { systemRandom } from '../../src/lib/random.ts';
import { migrate } from '../../src/platform/database/migrate.ts';
import { createManualClock } from '../fakes/manual-clock.ts';
import { createTestDatabase } from '../support/test-database.ts';
import type { Look } from './looks.ts';

const dayMs = 86_400_000;
const entry = {
  event: 'something.done',
  outcome: 'ok',
  actor: { kind: 'system', name: 'looks' },
  target: null,
  correlationId: 'looks',
  facts: {},
} as const;

/**
 * What a signed entry reaches outside the database, and what of the log is still there 200 days later, when a service keeps
 * it. The system log is a program of that name in a folder of its own.
 */
export const auditing: Look = async (config) => {
  // A log has one key, which lies in the folder of the look.
  const database = await createTestDatabase();
  await migrate(database, migrations);
  const where = await mkdtemp(join(tmpdir(), 'cms-looks-'));
  const programs = join(where, 'programs');
  const systemLog = join(where, 'syslog');
  await mkdir(programs);
  const script = `#!/bin/sh\nprintf '%s\\n' "$*" >> '${systemLog}'\n`;
  await writeFile(join(programs, 'logger'), script, { mode: 0o755 });
  const { anchorFile } = config.security.audit;
  const elsewhere = anchorFile === null ? null : join(where, basename(anchorFile));
  const placed = {
    ...config,
    security: {
      ...config.security,
      audit: { ...config.security.audit, anchorFile: elsewhere },
    },
  };
  const clock = createManualClock();
  const audit = await openAudit({
    dataDir: where,
    database,
    clock: { ...systemClock, now: () => clock.now() },
    random: systemRandom,
    log: silentLog,
    version: '0',
    redactor: { redact: (text) => text },
    config: placed,
    env: { PATH: programs },
  });
  try {
    for (let day = 0; day <= 200; day += 50) {
      await audit.record(null, entry);
      await audit.checkpoint();
      clock.advance(50 * dayMs);
    }
    const stop = keepAudit(audit, {
      config: placed,
      clock: { ...systemClock, now: () => clock.now() },
      random: systemRandom,
      log: silentLog,
      leads: () => true,
    });
    await stop();
    const read = async (path: string): Promise<number> =>
      (await readFile(path, 'utf8').catch(() => '')).split('\n').filter((line) => line !== '')
        .length;
    return {
      elsewhere: elsewhere === null ? 0 : await read(elsewhere),
      systemLog: await read(systemLog),
      first: (await audit.verify()).first,
    };
  } finally {
    await audit.close();
    await database.drop();
    await rm(where, { recursive: true, force: true, maxRetries: 5 });
  }
};
