import type { AuditTrail } from '../domain/ports/stores.ts';
import { AppError } from '../lib/app-error.ts';
import type { CallContext } from './gate.ts';

/**
 * `--no-secure`: somebody at this machine works without sessions and rate limits, which the command line has none of. It
 * stands in the audit log; approval, the rights of people, sandbox and judgement are the same. AppError for any other door.
 */
export async function noteUnsecured(
  audit: Pick<AuditTrail, 'record'>,
  { actor, door, correlationId }: CallContext,
  operation: string,
): Promise<void> {
  if (door === 'http' || door === 'mcp')
    throw new AppError({
      kind: 'invalid_input',
      code: 'unsecured_beyond_loopback',
      message: 'Working without sessions and rate limits is for who sits at the machine.',
      next: 'Leave `secure` out.',
      details: { field: 'secure' },
    });
  await audit.record(null, {
    event: 'security.switched_off',
    outcome: 'ok',
    actor,
    target: operation,
    correlationId,
    facts: { off: ['sessions', 'rate limits'], operation },
  });
}
