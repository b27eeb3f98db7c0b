import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { openGuard } from '../src/app/doors/open-guard.ts';
import { gateAuditOf } from '../src/app/store/open-audit.ts';
import { openLogger } from '../src/app/watching/open-logger.ts';
import type { Actor } from '../src/domain/actor.ts';
import { bodyText, repositoryName, titleText } from '../src/domain/input.ts';
import { systemClock } from '../src/lib/clock.ts';
import { silentLog } from '../src/lib/log.ts';
import { systemRandom } from '../src/lib/random.ts';
import { freshCorrelationId } from '../src/lib/trace-id.ts';
import {
  createGate,
  type Gate,
  type GateAudit,
  type GateParts,
  serve,
} from '../src/operations/gate.ts';
import { operation } from '../src/operations/operation.ts';
import { createAnchorFile } from '../src/platform/audit/anchors.ts';
import { auditMigrations, createAudit } from '../src/platform/audit/audit.ts';
import { createNoteSigner } from '../src/platform/audit/signed-note.ts';
import { loadConfig } from '../src/platform/config/load-config.ts';
import { type Database, openDatabase } from '../src/platform/database/database.ts';
import { migrate } from '../src/platform/database/migrate.ts';
import { createInspect } from '../src/platform/inspection/inspect.ts';
import { withContext } from '../src/platform/logging/context.ts';
import type { Logger } from '../src/platform/logging/logger.ts';
import { ratelimitMigrations } from '../src/platform/ratelimit/migrations.ts';

/** One write with the input of an issue, and all that stands round it, on a database and log files in a folder. */
export interface GateBench {
  readonly database: Database;
  readonly logger: Logger;
  readonly input: { readonly repository: string; readonly title: string; readonly body: string };
  /** Reads the input and does the work, with nothing round it. */
  bare(): Promise<unknown>;
  /** The gate with limits, permission, schema, inspection, metrics and log lines, and with this audit trail. */
  gateWith(trail: GateAudit): Gate;
  /** The trail that is kept on disk. */
  readonly trail: GateAudit;
  through(gate: Gate): () => Promise<unknown>;
  close(): Promise<void>;
}

export interface GateBenchParts {
  readonly observe: NonNullable<GateParts['observe']>;
  /** Every log line and every answer passes through it. */
  readonly redact?: (text: string) => string;
}

/** Loose limits, so that nothing is refused. Close it. */
export async function openGateBench(folder: string, parts: GateBenchParts): Promise<GateBench> {
  const { redact = (text) => text, observe } = parts;
  const file = join(folder, 'config.json');
  await mkdir(join(folder, 'logs'));
  const limits = {
    max_requests_per_minute: 100_000,
    max_requests_per_minute_per_address: 1_000_000,
  };
  await writeFile(file, JSON.stringify({ security: { rate_limiting: limits } }));
  const { config } = await loadConfig({ file, required: true, folder, env: {} });
  const logger = openLogger(
    () => ({ ...config, logDir: join(folder, 'logs') }),
    redact,
    {},
    { isService: false, others: () => [] },
  );
  const deps = { clock: systemClock, random: systemRandom, log: silentLog };
  const database = await openDatabase(
    { dataDir: join(folder, 'data') },
    { ...deps, searchPath: process.env['PATH'] },
  );
  await migrate(database, [...auditMigrations, ...ratelimitMigrations]);
  const audit = createAudit({
    database,
    clock: systemClock,
    signer: createNoteSigner(systemRandom.bytes(32)),
    anchors: [createAnchorFile(join(folder, 'anchors.jsonl'))],
    version: '0.0.0-bench',
    redact,
  });
  const { guard } = openGuard({ database, audit, config: () => config, log: silentLog });
  return {
    database,
    logger,
    input,
    bare: () => handler(contract.input.parse(input)),
    gateWith: (trail) =>
      createGate({
        served: [serve(contract, handler)],
        audit: trail,
        clock: systemClock,
        newCorrelationId: () => freshCorrelationId(systemRandom),
        within: (context, body) => withContext(context, body),
        log: logger,
        guard,
        inspect: createInspect(systemRandom.bytes(32)),
        redact,
        observe,
      }),
    trail: gateAuditOf(audit),
    through: (gate) => () =>
      gate.execute('bench.write', input, { door: 'http', actor, clientId: '192.0.2.7' }),
    close: async () => {
      await logger.close();
      await audit.close();
      await database.close();
    },
  };
}

const contract = operation({
  name: 'bench.write',
  summary: 'A write with the input of an issue',
  permission: 'issues:write',
  effect: 'write',
  kind: 'call',
  needs: 'nothing',
  doors: ['http'],
  deadlineMs: 30_000,
  input: z.strictObject({ repository: repositoryName, title: titleText, body: bodyText }),
  output: z.object({ length: z.number() }),
});
const handler = async ({ body }: { body: string }): Promise<{ length: number }> => ({
  length: body.length,
});
const actor: Actor = { kind: 'token', name: 'bench', owner: 'ada', scopes: ['issues:write'] };
const input = {
  repository: 'acme/widgets',
  title: 'Sign-in fails on Safari when the name has an apostrophe',
  body: "Steps to reproduce: open the page, type a name like `O'Brien`, press enter.\n\n```ts\nif (a && b) run();\n```\n",
};
