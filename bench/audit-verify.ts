import { setFlagsFromString } from 'node:v8';
import { openAuditLog } from './audit-log.ts';

/**
 * Verifies the log that `node bench/audit.ts ENTRIES FOLDER` left: `node bench/audit-verify.ts FOLDER`. A process of its own with
 * the setting of the service for young objects; it tells the most memory that it held meanwhile.
 */
setFlagsFromString('--semi-space-growth-factor=1');
const [folder = ''] = process.argv.slice(2);
const { database, audit } = await openAuditLog(folder);
try {
  const before = process.memoryUsage();
  let most = before;
  const looking = setInterval(() => {
    const now = process.memoryUsage();
    if (now.rss > most.rss) most = now;
  }, 10);
  const started = performance.now();
  const cpu = process.cpuUsage();
  const found = await audit.verify();
  const ms = performance.now() - started;
  const { user, system } = process.cpuUsage(cpu);
  clearInterval(looking);
  const megabytes = ({ rss, heapUsed, arrayBuffers }: NodeJS.MemoryUsage) => ({
    resident: Math.round(rss / 1_000_000),
    heap: Math.round(heapUsed / 1_000_000),
    buffers: Math.round(arrayBuffers / 1_000_000),
  });
  const told = {
    ok: found.ok,
    verified: found.entries,
    checkpoints: found.checkpoints,
    seconds: Number((ms / 1000).toFixed(2)),
    perSecond: Math.round((found.entries / ms) * 1000),
    perSecondOfOurProcessor: Math.round((found.entries / (user + system)) * 1_000_000),
    megabytesBefore: megabytes(before),
    megabytesAtMost: megabytes(most),
  };
  process.stdout.write(`${JSON.stringify(told, null, 2)}\n`);
} finally {
  await audit.close();
  await database.close();
}
