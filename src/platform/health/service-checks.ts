import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import { messageOf } from '../../lib/app-error.ts';
import type { CallCount } from '../telemetry/monitor-performance.ts';
import type { HealthCheck } from './check.ts';
import { notMeasured } from './check.ts';

const silentMs = 5000;

/** One question to the database: no answer within 5 s is unhealthy, more than half a second is slow. */
export function databaseCheck(ask: () => Promise<unknown>): HealthCheck {
  const answered = async (signal: AbortSignal): Promise<void> => {
    const late = once(signal, 'abort').then(() => {
      throw new Error(`no answer within ${silentMs / 1000} s`);
    });
    await Promise.race([ask(), late]);
  };
  return {
    name: 'database',
    category: 'database',
    critical: true,
    measure: async () => {
      const started = performance.now();
      try {
        await answered(AbortSignal.timeout(silentMs));
      } catch (error) {
        return {
          status: 'unhealthy',
          value: null,
          unit: 'ms',
          threshold: 500,
          evidence: `The database does not answer: ${messageOf(error)}`,
          remedy: 'See `claude-manager doctor`.',
        };
      }
      const ms = Math.round(performance.now() - started);
      return {
        status: ms < 500 ? 'healthy' : 'degraded',
        value: ms,
        unit: 'ms',
        threshold: 500,
        evidence: `The database answered in ${ms} ms.`,
        remedy: ms < 500 ? null : 'Look at the load and the disk of the database.',
      };
    },
  };
}

/** Any HTTP answer proves that the way is open; whether the token is good is another question. Null: not configured. */
export function reachableCheck(name: string, url: string | null): HealthCheck {
  return {
    name,
    category: 'external',
    critical: false,
    everyMs: 30_000,
    measure: async (signal) => {
      if (url === null) return notMeasured(`${name} is not configured, so it was not asked.`);
      const started = performance.now();
      try {
        const answer = await fetch(url, { method: 'HEAD', signal, redirect: 'manual' });
        const ms = Math.round(performance.now() - started);
        const bad = answer.status >= 500;
        return {
          status: bad ? 'unhealthy' : ms < 2000 ? 'healthy' : 'degraded',
          value: ms,
          unit: 'ms',
          threshold: 2000,
          evidence: `${url} answered ${answer.status} in ${ms} ms.`,
          remedy: bad ? `Wait; see the status page of ${name}.` : null,
        };
      } catch (error) {
        if (signal.aborted) throw error;
        return {
          status: 'unhealthy',
          value: null,
          threshold: 2000,
          evidence: `${url} cannot be reached: ${messageOf(error)}.`,
          remedy: 'Check network, proxy and github.apiUrl.',
        };
      }
    },
  };
}

/** Share of failures among the functions under `monitorPerformance`; unknown before the first call. */
export function failureCheck(counts: () => ReadonlyMap<string, CallCount>): HealthCheck {
  return {
    name: 'monitored_functions',
    category: 'performance',
    critical: false,
    measure: async () => {
      const all = [...counts().values()];
      const calls = all.reduce((sum, one) => sum + one.calls, 0);
      if (calls === 0) return notMeasured('No monitored function was called yet.');
      const errors = all.reduce((sum, one) => sum + one.errors, 0);
      const share = Math.round((errors / calls) * 100);
      return {
        status: share < 5 ? 'healthy' : share < 25 ? 'degraded' : 'unhealthy',
        value: share,
        unit: '%',
        threshold: 5,
        evidence: `${errors} of ${calls} monitored calls failed (${share} %).`,
        remedy: share < 5 ? null : 'Look for "function failed" in performance.json.',
      };
    },
  };
}

/** What a list of remarks says about the configuration: errors are unhealthy, remarks degrade. */
export function remarksCheck(
  name: string,
  category: string,
  remarks: () => { readonly bad: readonly string[]; readonly odd: readonly string[] },
): HealthCheck {
  return {
    name,
    category,
    critical: false,
    measure: async () => {
      const { bad, odd } = remarks();
      const [first] = [...bad, ...odd];
      return {
        status: bad.length > 0 ? 'unhealthy' : odd.length > 0 ? 'degraded' : 'healthy',
        value: bad.length + odd.length,
        threshold: 0,
        evidence: first === undefined ? 'No remarks.' : `${bad.length + odd.length}: ${first}`,
        remedy: first === undefined ? null : 'See `claude-manager validate`.',
      };
    },
  };
}
