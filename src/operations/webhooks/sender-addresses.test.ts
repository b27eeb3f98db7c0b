import { expect, test } from 'vitest';
import { createManualClock } from '../../../test/fakes/manual-clock.ts';
import { silentLog } from '../../lib/log.ts';
import { createSenderAddresses } from './sender-addresses.ts';

const day = 86_400_000;

test('only addresses of the networks that GitHub names are taken, of either family', async () => {
  const clock = createManualClock();
  const read = async () => ['192.30.252.0/22', '2a0a:a440::/29'];
  const senders = createSenderAddresses({ read, clock, log: silentLog });
  expect(await senders.includes('192.30.255.255')).toBe(true);
  expect(await senders.includes('2a0a:a440::7')).toBe(true);
  expect(await senders.includes('192.31.0.1')).toBe(false);
  expect(await senders.includes('nobody')).toBe(false);
});

test('the list is read once for many deliveries at once, and again within a day', async () => {
  const clock = createManualClock();
  let reads = 0;
  const read = async () => {
    reads += 1;
    return [reads === 1 ? '10.0.0.0/8' : '172.16.0.0/12'];
  };
  const senders = createSenderAddresses({ read, clock, log: silentLog });
  const ask = async () => await senders.includes('10.1.1.1');
  expect(await Promise.all([ask(), ask(), ask()])).toEqual([true, true, true]);
  expect(reads).toBe(1);
  clock.advance(day);
  await ask();
  await expect.poll(ask).toBe(false);
  expect(reads).toBe(2);
});

test('a list that cannot be read anew goes on to hold and warns; without any the delivery is refused as unavailable', async () => {
  const clock = createManualClock();
  const said: string[] = [];
  const log = { ...silentLog, warn: (_facts: object, message: string) => void said.push(message) };
  let isDown = true;
  const read = async () => {
    if (isDown) throw new Error('GitHub is down');
    return ['10.0.0.0/8'];
  };
  const senders = createSenderAddresses({ read, clock, log });
  await expect(senders.includes('10.1.1.1')).rejects.toMatchObject({
    kind: 'unavailable',
    code: 'hook_addresses_unknown',
  });
  isDown = false;
  clock.advance(300_000);
  expect(await senders.includes('10.1.1.1')).toBe(true);
  isDown = true;
  clock.advance(3 * day);
  expect(await senders.includes('10.1.1.1')).toBe(true);
  await expect.poll(() => said).toHaveLength(2);
  expect(await senders.includes('192.0.2.1')).toBe(false);
});
