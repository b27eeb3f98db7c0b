import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { monitorPerformance } from '../../src/platform/telemetry/monitor-performance.ts';

/**
 * Loaded into a running service before its own code (`--import`): makes faults of the process itself, which nobody can
 * make from outside. It follows files in the folder of `PLANT_FOLDER`: `memory` (megabytes that are held while the file
 * is there), `block` (milliseconds, once for each content), `clock` (milliseconds by which the wall clock is ahead), `throw`
 * (an error that nobody catches), `function` (the name of one that a program round us measures, and that fails).
 */
const folder = process.env['PLANT_FOLDER'];
const isService = process.argv.includes('start');

if (folder !== undefined && isService) {
  let held: Buffer[] | null = null;
  let blocked = '';
  let measured = '';
  let aheadMs = 0;
  const SystemDate = Date;
  class MovedDate extends SystemDate {
    constructor(...parts: readonly [value?: number | string | Date, ...rest: readonly number[]]) {
      if (parts.length === 0) super(SystemDate.now() + aheadMs);
      else super(...(parts as ConstructorParameters<typeof Date>));
    }
    static override now(): number {
      return SystemDate.now() + aheadMs;
    }
  }
  globalThis.Date = MovedDate as DateConstructor;
  const said = (name: string): string => {
    const file = join(folder, name);
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  };
  setInterval(() => {
    const megabytes = Number(said('memory'));
    if (megabytes === 0) held = null;
    else held ??= Array.from({ length: megabytes }, () => Buffer.alloc(2 ** 20, 1));
    aheadMs = Number(said('clock'));
    if (existsSync(join(folder, 'throw'))) throw new Error('planted');
    const name = said('function');
    if (name !== measured) {
      measured = name;
      void monitorPerformance(name, () => Promise.reject(new Error('planted'))).catch(
        () => undefined,
      );
    }
    const block = said('block');
    if (block === blocked) return;
    blocked = block;
    const until = performance.now() + Number(block.split(' ')[0]);
    while (performance.now() < until);
  }, 100).unref();
}
