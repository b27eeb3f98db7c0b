import { tmpdir } from 'node:os';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import { systemRandom } from '../../src/lib/random.ts';
import { createAudit } from '../../src/platform/audit/audit.ts';
import { createNoteSigner } from '../../src/platform/audit/signed-note.ts';
import { openDatabase } from '../../src/platform/database/database.ts';
import { createKeySource } from '../../src/platform/vault/key-source.ts';
import { createVault } from '../../src/platform/vault/vault.ts';

/**
 * Brings the vault in DATABASE_URL with the key file KEY_FILE under a new key and drops the old one. Each point it passes
 * is a line on standard output; a line that it is sent lets it go on, so that a kill can be set anywhere.
 */
const { DATABASE_URL: url, KEY_FILE: file = '' } = process.env;
const deps = { clock: systemClock, random: systemRandom, log: silentLog };
const database = await openDatabase({ url, dataDir: tmpdir() }, deps);
const audit = createAudit({
  ...deps,
  database,
  signer: createNoteSigner(Buffer.alloc(32, 1)),
  anchors: [],
  version: 'test',
});
const vault = createVault({
  ...deps,
  database,
  audit,
  keys: createKeySource({
    env: {},
    file,
    ownFolder: true,
    random: systemRandom,
    userId: process.getuid?.(),
  }),
  redactor: { register: () => undefined },
  correlationId: () => 'rekey',
  policies: () => ({}),
  programs: { folder: tmpdir(), path: '', home: tmpdir(), timeoutMs: 1000 },
  alert: async () => undefined,
  checkpoint: async (point) => void process.stdout.write(`${point}\n`),
});
await vault.rekey({ dropOld: true }, { kind: 'system', name: 'test' });
process.stdout.write('done\n');
await database.close();
