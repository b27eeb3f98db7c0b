import { rename, rm, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { AppError, systemReason } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Sample } from '../../platform/telemetry/exposition.ts';
import type { History } from '../../platform/telemetry/history.ts';
import type { Served } from '../gate.ts';
import { serve } from '../gate.ts';
import { exportMetrics } from './contract.ts';
import { seriesLines } from './series-line.ts';

export interface MetricsPorts {
  readonly history: Pick<History, 'sums' | 'gauges' | 'address'>;
  readonly clock: Pick<Clock, 'now'>;
  /** The text of `/metrics` of a service; null when it does not answer. */
  readonly ask: (address: string) => Promise<string | null>;
  /** Where relative names of files start. */
  readonly folder: string;
}

/** A service writes its figures once a minute; one that has not for so long is gone. */
const aliveMs = 150_000;

/** `metrics.export`. */
export function metricsHandlers({ history, clock, ask, folder }: MetricsPorts): readonly Served[] {
  return [
    serve(exportMetrics, async (input, { progress }) => {
      const now = clock.now();
      const address = await history.address(new Date(now.getTime() - aliveMs));
      const text = address === null ? null : await ask(address);
      if (text === null) progress('no service answers: these are the newest figures it left');
      const samples = text === null ? await lastSamples(history, now) : parsed(text);
      const since = new Date(now.getTime() - input.hours * 3_600_000);
      const past = input.history
        ? {
            since: since.toISOString(),
            series: seriesLines(await history.sums({ since }), input.hours * 60),
          }
        : null;
      const prefix = resolve(folder, input.output);
      const answer = {
        at: now.toISOString(),
        source: text === null ? ('history' as const) : ('service' as const),
        address: text === null ? null : address,
        samples: [...samples],
        history: past,
        files: [`${prefix}.json`, `${prefix}.prom`],
      };
      await writeFileWhole(`${prefix}.json`, `${JSON.stringify(answer, null, 2)}\n`);
      await writeFileWhole(`${prefix}.prom`, text ?? promText(samples));
      return answer;
    }),
  ];
}

/** The newest gauges of each name within the last hour. */
async function lastSamples(
  history: Pick<History, 'gauges'>,
  now: Date,
): Promise<readonly Sample[]> {
  const rows = await history.gauges(new Date(now.getTime() - 3_600_000));
  const newest = Object.assign({}, ...rows.map(({ values }) => values)) as Record<string, number>;
  return Object.entries(newest).flatMap(([key, value]) => parsed(`${key} ${value}`));
}

/** Reads the text format 0.0.4 of our own exposition. */
function parsed(text: string): readonly Sample[] {
  const samples: Sample[] = [];
  for (const line of text.split('\n')) {
    const [, name, labels = '', value] = /^([a-z_]\w*)(?:\{(.*)\})? (\S+)$/u.exec(line) ?? [];
    if (name === undefined || !Number.isFinite(Number(value))) continue;
    const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/gu)];
    const named = pairs.map(([, label = '', said = '']) => [
      label,
      said.replaceAll(/\\(.)/gu, '$1'),
    ]);
    samples.push({ name, labels: Object.fromEntries(named), value: Number(value) });
  }
  return samples;
}

function promText(samples: readonly Sample[]): string {
  return samples.map(({ name, labels, value }) => `${keyOf(name, labels)} ${value}\n`).join('');
}

/** A series as the text format names it. */
export function keyOf(name: string, labels: Sample['labels']): string {
  const pairs = Object.entries(labels).map(
    ([label, said]) => `${label}="${String(said).replaceAll(/["\\]/gu, String.raw`\$&`)}"`,
  );
  return pairs.length === 0 ? name : `${name}{${pairs.join(',')}}`;
}

async function writeFileWhole(file: string, text: string): Promise<void> {
  try {
    await writeFile(`${file}.part`, text, { mode: 0o600 });
    await rename(`${file}.part`, file);
  } catch (cause) {
    await rm(`${file}.part`, { force: true });
    throw new AppError({
      kind: 'invalid_input',
      code: 'file_unwritable',
      message: `${file} cannot be written: ${systemReason(cause)}.`,
      next: 'Name a place where this user may write with --output.',
      details: { field: 'output' },
      cause,
    });
  }
}
