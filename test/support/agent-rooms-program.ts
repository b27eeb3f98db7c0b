/**
 * The rooms of agents as a service opens them, and one agent that is asked to work. Prints as one JSON line what came of
 * it. Arguments: an empty folder, and `executor` of the configuration as JSON.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openAgents } from '../../src/app/work/open-agents.ts';
import { createAgents } from '../../src/integrations/agents/create-agents.ts';
import { toAppError } from '../../src/lib/app-error.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { systemRandom } from '../../src/lib/random.ts';
import { configSchema } from '../../src/platform/config/schema.ts';

/** What the program prints. */
export interface AgentRoomsReport {
  readonly uid: number;
  readonly sealing: { readonly sandbox: string; readonly isUnsealedByConsent: boolean };
  readonly missing: string | null;
  /** What the run was sealed in, by its own result; null when it was refused. */
  readonly ranIn: string | null;
  readonly refusal: string | null;
}

const [folder = '', executor = '{}'] = process.argv.slice(2);
const workspace = join(folder, 'work');
await mkdir(workspace);
const config = configSchema.parse({ executor: JSON.parse(executor) as object });
const rooms = await openAgents({
  config,
  current: () => config,
  folder,
  dataDir: folder,
  slot: { folder: join(folder, 'slot') },
  clock: systemClock,
  random: systemRandom,
  path: '/usr/bin:/bin',
  secret: async () => undefined,
  redact: (text) => text,
  isWorking: true,
  warn: () => undefined,
});
const [agent] = createAgents(
  { mine: { command: ['touch', 'started'] } },
  { path: '/usr/bin:/bin', baseDir: null },
).filter(({ name }) => name === 'mine');
if (agent === undefined) throw new Error('no agent was made');
const outcome = await rooms.runner
  .run({
    agent,
    assignment: { prompt: '', budgetUsd: null, timeoutMs: 60_000, correlationId: 'run' },
    workspace,
    limits: { timeoutMs: 60_000, stallMs: 60_000, budgetUsd: null, outputBytes: 1e6 },
    egress: [],
    signal: new AbortController().signal,
    onEvent: () => undefined,
  })
  .then(
    ({ sandbox }) => ({ ranIn: sandbox, refusal: null }),
    (thrown: unknown) => ({ ranIn: null, refusal: toAppError(thrown).code }),
  );
const report: AgentRoomsReport = {
  uid: process.getuid?.() ?? -1,
  sealing: rooms.sealing,
  missing: rooms.missing,
  ...outcome,
};
process.stdout.write(`${JSON.stringify(report)}\n`);
