import type { Obstacles } from '../../domain/ports/obstacles.ts';
import { systemClock } from '../../lib/clock.ts';
import { systemRandom } from '../../lib/random.ts';
import { freshCorrelationId } from '../../lib/trace-id.ts';
import type { Accounts, PipelinePorts } from '../../pipeline/pipeline-ports.ts';
import { followFindings } from '../../pipeline/propose/follow-findings.ts';
import type { Config } from '../../platform/config/schema.ts';
import { correlationIdHere } from '../../platform/logging/context.ts';
import type { Logger } from '../../platform/logging/logger.ts';
import { createLineRedactor } from '../../platform/redaction/line-redactor.ts';
import type { Redactor } from '../../platform/redaction/redactor.ts';
import { createEarlierProposals } from '../../storage/earlier-proposals.ts';
import { createSuppressionStore } from '../../storage/suppression-store.ts';
import type { StoreRooms } from '../store/open-store.ts';
import { asUnit } from './as-unit.ts';
import { guardedRunner } from './guarded-runner.ts';
import type { AgentRooms } from './open-agents.ts';
import type { createScan } from './open-scan.ts';
import type { createSettings } from './settings.ts';

interface PipelineParts {
  readonly loaded: { readonly config: Config };
  readonly redactor: Redactor;
  readonly logger: Logger;
}

/** Everything that the verbs of the pipeline work through, from the rooms that do it. */
export function pipelinePorts(
  parts: PipelineParts,
  store: StoreRooms,
  agents: AgentRooms,
  settings: ReturnType<typeof createSettings>,
  scan: ReturnType<typeof createScan>,
  obstacles: Obstacles,
  accounts: Accounts,
): PipelinePorts {
  const { redactor, logger } = parts;
  const ports: PipelinePorts = {
    host: store.host,
    tasks: store.tasks,
    findings: store.findings,
    runs: store.runs,
    pauses: store.pauses,
    obstacles,
    suppressions: createSuppressionStore(store.database),
    earlier: createEarlierProposals(store.database),
    effects: store.effects,
    audit: store.trail,
    mirrors: store.mirrors,
    workspaces: store.workspaces,
    agents: agents.agents,
    delegates: agents.delegates,
    runner: guardedRunner(agents.runner, store.breakers, parts.loaded.config),
    sealing: agents.sealing,
    commands: agents.commands,
    secrets: {
      scan: (text) => redactor.kindsIn(text),
      redact: (text) => redactor.redact(text),
      lineRedactor: () => createLineRedactor(redactor),
    },
    settings,
    accounts,
    clock: systemClock,
    log: logger,
    lookAgain: async (target, rule) => {
      const { commit } = await scan(target, [rule]);
      await followFindings(ports, target, commit);
    },
    correlationId: () => correlationIdHere(systemRandom),
    asUnit: asUnit(() => freshCorrelationId(systemRandom)),
    newId: () => systemRandom.bytes(12).toString('hex'),
  };
  return ports;
}
