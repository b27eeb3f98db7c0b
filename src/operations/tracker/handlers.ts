import { resolve } from 'node:path';
import { z } from 'zod';
import { repositoryName } from '../../domain/input.ts';
import type { EarlierProposal, EarlierProposals } from '../../domain/ports/earlier-proposals.ts';
import { AppError } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Served } from '../gate.ts';
import { serve } from '../gate.ts';
import type { TrackerReport } from './contract.ts';
import { importTracker, previewTracker } from './contract.ts';

export interface TrackerPorts {
  readonly earlier: EarlierProposals;
  readonly clock: Pick<Clock, 'now'>;
  /** The text of the file; AppError when it cannot be read. */
  readonly read: (file: string) => Promise<string>;
  /** Where relative paths start. */
  readonly folder: string;
}

/** One entry as the first generation wrote it, under 16 hexadecimal digits. */
const entry = z.object({
  repo: repositoryName,
  file: z.string().min(1).max(4096),
  line: z.number().int().min(1),
  content: z.string().max(100_000),
  created_at: z.string().transform((text, context) => {
    const at = new Date(text);
    if (Number.isNaN(at.getTime())) context.addIssue({ code: 'custom', message: 'is no time' });
    return at;
  }),
  issue_number: z.number().int().min(1).nullable().default(null),
});

const keyShape = /^[0-9a-f]{16}$/u;

type ReadingPorts = Pick<TrackerPorts, 'read' | 'folder'>;

/** `tracker.preview`: nothing but the file. */
export function trackerPreviewHandlers(ports: ReadingPorts): readonly Served[] {
  return [serve(previewTracker, async ({ file }) => (await readAll(ports, file)).report)];
}

/** `tracker.import`: the second time finds everything known. */
export function trackerHandlers(ports: TrackerPorts): readonly Served[] {
  return [
    serve(importTracker, async ({ file }) => {
      const { report, proposals } = await readAll(ports, file);
      const added = await ports.earlier.add(proposals, ports.clock.now());
      return { ...report, added, known: proposals.length - added };
    }),
  ];
}

async function readAll(
  { read, folder }: ReadingPorts,
  named: string,
): Promise<{ report: TrackerReport; proposals: readonly EarlierProposal[] }> {
  const file = resolve(folder, named);
  const { proposals, skipped, entries } = parse(await read(file), file);
  const counts = new Map<string, number>();
  for (const { repository } of proposals)
    counts.set(repository.name, (counts.get(repository.name) ?? 0) + 1);
  const repositories = [...counts].map(([name, count]) => ({ name, entries: count }));
  return { report: { file, entries, skipped, repositories }, proposals };
}

function parse(
  text: string,
  file: string,
): {
  proposals: readonly EarlierProposal[];
  skipped: { key: string; why: string }[];
  entries: number;
} {
  const proposals: EarlierProposal[] = [];
  const skipped: { key: string; why: string }[] = [];
  const all = Object.entries(objectOf(text, file));
  for (const [key, value] of all) {
    const read = entry.safeParse(value);
    if (!keyShape.test(key)) skipped.push({ key, why: 'its name is not 16 hexadecimal digits' });
    else if (!read.success) {
      const [issue] = read.error.issues;
      skipped.push({ key, why: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}` });
    } else {
      const { repo, file: path, line, content, created_at: proposedAt, issue_number } = read.data;
      const repository = { host: 'github', name: repo } as const;
      const fields = { id: key, repository, path, line, content: content.trim(), proposedAt };
      proposals.push({ ...fields, issueNumber: issue_number });
    }
  }
  return { proposals, skipped, entries: all.length };
}

function objectOf(text: string, file: string): object {
  let value: unknown;
  let cause: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    cause = error;
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new AppError({
    kind: 'invalid_input',
    code: 'tracker_malformed',
    message: `${file} is no task tracker of the first generation: expected one JSON object of entries; nothing was taken over.`,
    next: 'Name .claude_manager/task_tracker.json of the old folder.',
    details: { file },
    cause,
  });
}
