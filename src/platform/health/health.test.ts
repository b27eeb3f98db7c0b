import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { systemClock } from '../../lib/clock.ts';
import { type HealthCheck, type HealthStatus, runChecks } from './check.ts';
import { diskCheck, eventLoopCheck, memoryCheck } from './machine-checks.ts';
import { databaseCheck, failureCheck, reachableCheck } from './service-checks.ts';

const options = { clock: systemClock, deadlineMs: 5000 };

function check(name: string, status: HealthStatus, critical = false): HealthCheck {
  const said = { status, value: null, threshold: null, evidence: 'seen', remedy: `mend ${name}` };
  return { name, category: 'resources', critical, measure: async () => said };
}

async function overallOf(...checks: readonly HealthCheck[]): Promise<HealthStatus> {
  return (await runChecks(checks, options)).overallStatus;
}

test('the worst critical check decides, the others can only degrade', async () => {
  expect(await overallOf(check('a', 'healthy', true), check('b', 'healthy'))).toBe('healthy');
  expect(await overallOf(check('a', 'healthy', true), check('b', 'unhealthy'))).toBe('degraded');
  expect(await overallOf(check('a', 'unhealthy', true), check('b', 'healthy'))).toBe('unhealthy');
});

test('nothing measured, or a critical check not measured, is unknown and never healthy', async () => {
  expect(await overallOf()).toBe('unknown');
  expect(await overallOf(check('a', 'unknown'))).toBe('unknown');
  expect(await overallOf(check('a', 'unknown', true), check('b', 'healthy'))).toBe('unknown');
  expect((await runChecks([check('a', 'unknown')], options)).score).toBeNull();
});

test('a report names critical issues and what mends', async () => {
  const report = await runChecks(
    [check('a', 'unhealthy', true), check('b', 'degraded'), check('c', 'healthy')],
    options,
  );
  expect(report.criticalIssues).toEqual(['a: seen']);
  expect(report.recommendations).toEqual(['mend a', 'mend b']);
  expect(report.score).toBe(38);
});

test('a check that hangs or throws is unknown and stops no other', async () => {
  const hanging: HealthCheck = {
    ...check('hangs', 'healthy'),
    measure: async () => new Promise(() => undefined),
  };
  const throwing: HealthCheck = {
    ...check('throws', 'healthy'),
    measure: async () => {
      throw new Error('no such file');
    },
  };
  const { checks } = await runChecks([hanging, throwing, check('well', 'healthy')], {
    ...options,
    deadlineMs: 20,
  });
  expect(checks.map(({ name, status }) => [name, status])).toEqual([
    ['hangs', 'unknown'],
    ['throws', 'unknown'],
    ['well', 'healthy'],
  ]);
  expect(checks[1]?.evidence).toBe('no such file');
});

test('disk, memory and event loop are measured as numbers', async () => {
  const { checks } = await runChecks(
    [diskCheck(tmpdir()), memoryCheck(), eventLoopCheck(() => 0)],
    options,
  );
  for (const { name, value, status } of checks) {
    expect([name, typeof value, status === 'unknown']).toEqual([name, 'number', false]);
  }
  const missing = await runChecks([diskCheck('/no/such/folder')], options);
  expect(missing.overallStatus).toBe('unknown');
});

test('a process that is no service does not measure its own event loop in place of one', async () => {
  const { checks } = await runChecks([eventLoopCheck(() => null)], options);
  expect(checks).toMatchObject([{ status: 'unknown', value: null }]);
});

test('a block of the last half minute is told though timers are in time by now', async () => {
  const { checks } = await runChecks([eventLoopCheck(() => 3000)], options);
  expect(checks).toMatchObject([{ status: 'degraded', value: 3000 }]);
});

test('a database that does not answer is unhealthy', async () => {
  const broken = databaseCheck(async () => {
    throw new Error('connection refused');
  });
  const report = await runChecks([broken], options);
  expect(report.overallStatus).toBe('unhealthy');
  expect(report.criticalIssues[0]).toContain('connection refused');
});

test('an address is asked only when it is configured, and a server error is not well', async () => {
  let [asked, status] = [0, 200];
  const server = createServer((_request, response) => {
    asked += 1;
    response.writeHead(status).end();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const statusOf = async (address: string | null): Promise<HealthStatus | undefined> =>
    (await runChecks([reachableCheck('GitHub', address)], options)).checks[0]?.status;
  expect(await statusOf(null)).toBe('unknown');
  expect(asked).toBe(0);
  expect(['healthy', 'degraded']).toContain(await statusOf(url));
  status = 503;
  expect(await statusOf(url)).toBe('unhealthy');
  server.closeAllConnections();
  await new Promise((resolve) => {
    server.close(resolve);
  });
  expect(await statusOf(url)).toBe('unhealthy');
});

test('failing functions show, functions that were never called are unknown', async () => {
  const counts = (calls: number, errors: number): HealthCheck =>
    failureCheck(() => new Map([['f', { calls, errors, totalMs: 1, maxMs: 1 }]]));
  expect(await overallOf(counts(0, 0))).toBe('unknown');
  expect(await overallOf(counts(100, 1))).toBe('healthy');
  expect((await runChecks([counts(10, 5)], options)).checks[0]?.status).toBe('unhealthy');
});
