import type { Served } from '../gate.ts';
import { serve } from '../gate.ts';
import type { DoctorReport } from './contract.ts';
import { doctor } from './contract.ts';

export type DoctorCheck = DoctorReport['checks'][number];

/** Checks of this machine by name; each measures, and says what mends it. */
export type DoctorChecks = (
  file: string | undefined,
  signal: AbortSignal,
) => readonly (() => Promise<DoctorCheck | readonly DoctorCheck[]>)[];

export function healthHandlers(checks: DoctorChecks): readonly Served[] {
  return [
    serve(doctor, async ({ file }, { signal, progress }) => {
      const results: DoctorCheck[] = [];
      for (const check of checks(file, signal)) {
        const found = [await check()].flat();
        for (const { name, status } of found) progress(`${status}  ${name}`);
        results.push(...found);
      }
      return { healthy: results.every(({ status }) => status !== 'failed'), checks: results };
    }),
  ];
}
