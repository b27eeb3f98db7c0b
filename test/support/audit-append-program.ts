import { tmpdir } from 'node:os';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import { systemRandom } from '../../src/lib/random.ts';
import { createAnchorFile } from '../../src/platform/audit/anchors.ts';
import { createAudit } from '../../src/platform/audit/audit.ts';
import { createNoteSigner } from '../../src/platform/audit/signed-note.ts';
import { openDatabase } from '../../src/platform/database/database.ts';

/**
 * Appends to the audit log in DATABASE_URL until it is killed, in every way that there is, and signs again and again; its
 * anchors stand in ANCHORS, and the targets of its entries begin with ROUND. A target is a line on standard output once its
 * entry is acknowledged.
 */
const { DATABASE_URL: url, ANCHORS: anchors = '', ROUND: round = '' } = process.env;
const deps = { clock: systemClock, random: systemRandom, log: silentLog };
const database = await openDatabase({ url, dataDir: tmpdir() }, deps);
const audit = createAudit({
  ...deps,
  database,
  signer: createNoteSigner(Buffer.alloc(32, 1)),
  anchors: [createAnchorFile(anchors)],
  version: 'test',
});
const acknowledge = (target: string): void => void process.stdout.write(`${target}\n`);

for (let step = 0; ; step += 1) {
  const entry = (way: string) => ({
    event: 'tests.append',
    actor: { kind: 'system', name: 'test' } as const,
    target: `${round}-${step}-${way}`,
    correlationId: 'k',
    facts: { text: 'x'.repeat(systemRandom.bytes(1)[0] ?? 0) },
  });
  const act = async (way: string): Promise<void> => {
    const id = await audit.begin(entry(way));
    await audit.finish(id, 'ok', {});
    acknowledge(entry(way).target);
  };
  const queue = async (way: string): Promise<void> => {
    await database
      .kysely<unknown>()
      .transaction()
      .execute(async (open) => await audit.record(open, { ...entry(way), outcome: 'ok' }));
    acknowledge(entry(way).target);
  };
  await Promise.all([act('one'), act('two'), act('three'), queue('queued')]);
  await audit.record(null, { ...entry('alone'), outcome: 'ok' });
  acknowledge(entry('alone').target);
  if (step % 3 === 0) await audit.checkpoint();
}
