import { lookup } from 'node:dns/promises';
import { connect } from 'node:net';
import { performance } from 'node:perf_hooks';
import { messageOf } from '../../lib/app-error.ts';
import type { HealthCheck } from './check.ts';
import { notMeasured } from './check.ts';
import { highIsBad } from './level.ts';

/** The way to a host apart from what answers there: its name, then a TCP connection. Null: nothing to reach. */
export function networkCheck(url: string | null): HealthCheck {
  return {
    name: 'network',
    category: 'external',
    critical: false,
    everyMs: 60_000,
    measure: async (signal) => {
      if (url === null) return notMeasured('Nothing outside is configured, so nothing was asked.');
      const { hostname, port, protocol } = new URL(url);
      const host = hostname.replace(/^\[|\]$/gu, '');
      const started = performance.now();
      const failed = (what: string, error: unknown, remedy: string) =>
        ({
          status: 'unhealthy',
          value: null,
          unit: 'ms',
          threshold: 1000,
          evidence: `${what}: ${messageOf(error)}.`,
          remedy,
        }) as const;
      let address: string;
      try {
        ({ address } = await lookup(host));
      } catch (error) {
        return failed(`The name ${host} is not found`, error, 'Check DNS of this machine.');
      }
      const door = Number(port) || (protocol === 'http:' ? 80 : 443);
      try {
        await reach(address, door, signal);
      } catch (error) {
        if (signal.aborted) throw error;
        const mend = 'Check network, firewall and github.apiUrl.';
        return failed(`${host}:${door} takes no connection`, error, mend);
      }
      const ms = Math.round(performance.now() - started);
      return highIsBad({
        value: ms,
        unit: 'ms',
        odd: 1000,
        bad: 5000,
        evidence: `${host}:${door} took a connection in ${ms} ms.`,
        remedy: 'Look at the load of the network.',
      });
    },
  };
}

function reach(host: string, port: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, signal });
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', reject);
  });
}
