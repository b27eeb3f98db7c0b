import { toAppError } from '../../lib/app-error.ts';
import type { HealthCheck, Measured } from '../health/check.ts';
import type { Vault } from './vault.ts';

/** Whether the key opens what is stored, and whether something of it ends soon or could not be rotated. */
export function vaultCheck(vault: Pick<Vault, 'check' | 'list'>): HealthCheck {
  return {
    name: 'vault',
    category: 'security',
    critical: true,
    measure: async () => {
      try {
        const { entries, place, damaged } = await vault.check();
        if (damaged.length > 0) return damagedEntries(damaged);
        const troubled = (entries === 0 ? [] : await vault.list()).filter(
          ({ state, rotationError }) => state !== 'valid' || rotationError !== null,
        );
        const [first] = troubled;
        if (first !== undefined) return troubledEntries(troubled.length, first);
        const evidence =
          entries === 0
            ? 'The vault is empty.'
            : `All ${entries} entries open with the key from ${place}.`;
        return { status: 'healthy', value: entries, threshold: null, evidence, remedy: null };
      } catch (thrown) {
        const error = toAppError(thrown);
        if (!error.code.startsWith('vault_')) throw thrown;
        return {
          status: 'unhealthy',
          value: null,
          threshold: null,
          evidence: error.message,
          remedy: error.next ?? null,
        };
      }
    },
  };
}

function damagedEntries(names: readonly string[]): Measured {
  return {
    status: 'unhealthy',
    value: names.length,
    threshold: 0,
    evidence: `Somebody changed what is stored under ${names.slice(0, 5).join(', ')}.`,
    remedy: 'Find out who wrote into the database, then store these values again.',
  };
}

function troubledEntries(
  count: number,
  { name, state, rotationError }: Awaited<ReturnType<Vault['list']>>[number],
): Measured {
  const what = rotationError === null ? `is ${state}` : `was not rotated: ${rotationError}`;
  return {
    status: 'degraded',
    value: count,
    threshold: 0,
    evidence: `${count} of the credentials need attention; ${name} ${what}.`,
    remedy: `claude-manager credentials show ${name}`,
  };
}
