import type { AuditTrail } from '../../domain/ports/stores.ts';
import type { Sealing } from '../../pipeline/pipeline-ports.ts';
import type { Config } from '../../platform/config/schema.ts';

/** That a process runs agents which nothing seals in stands in the audit log, and by which consent. */
export async function tellUnsealed(
  audit: Pick<AuditTrail, 'record'>,
  { sandbox, isUnsealedByConsent }: Sealing,
  { executor }: Pick<Config, 'executor'>,
  correlationId: string,
): Promise<void> {
  if (!isUnsealedByConsent) return;
  await audit.record(null, {
    event: 'agent.unsealed',
    outcome: 'ok',
    actor: { kind: 'system', name: 'service' },
    target: null,
    correlationId,
    facts: {
      sandbox,
      consent: 'executor.allowUnsandboxed',
      wanted: executor.sandbox,
    },
  });
}
