import { z } from 'zod';
import { dollars, key, lines, naturalNumber, positive, section } from '../key.ts';

const minutes = z.number().min(0.01).max(1440);
const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'expected a time like 22:30');
const timezone = z
  .string()
  .default('UTC')
  .refine(isTimezone, { error: 'expected a time zone like Europe/Berlin or UTC' });
const megabytes = z.number().int().min(1).max(1_048_576);

function isTimezone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

/** One coding agent; what is left out comes from the built-in agent of that name. */
const agentEntry = z.strictObject({
  kind: z
    .enum(['claude-code', 'codex', 'claude-flow', 'command', 'terragon'])
    .optional()
    .meta({ description: 'Which contract it follows; the name of the entry when left out.' }),
  command: lines.min(1).optional().meta({ description: 'The program and its first arguments.' }),
  env: z
    .record(z.string(), z.string())
    .optional()
    .meta({ description: 'Plain values for its environment; no secrets.' }),
  secrets: lines.optional().meta({
    description: 'Names of secrets it may use; values come from the vault or the environment.',
  }),
  task: z
    .enum(['argument', 'stdin', 'file'])
    .optional()
    .meta({ description: 'How a command gets its task; a file when left out.' }),
  model: z.string().min(1).optional().meta({ description: 'Model to ask for.' }),
  maxConcurrent: positive.max(10_000).optional().meta({
    description:
      'At most so many of its runs at a time, in all processes together; executor.maxConcurrentPerAgent when left out.',
  }),
});

const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

export const executor = section('Agents, their limits and their money.', {
  terragonUsername: key(z.string().min(1), '@terragon-labs', {
    description: 'Whom a comment asks when a task goes to Terragon.',
  }),
  reviewer: key(z.string().min(1).nullable(), null, {
    description:
      'Agent that gives a second opinion on each change before it is delivered; whatever is not a clear yes holds the change back.',
    example: 'codex',
  }),
  default: key(z.string().min(1), 'claude-code', {
    description: 'The agent when neither a label nor the policy of the repository names one.',
  }),
  maxConcurrent: key(positive.max(1000), 2, {
    description:
      'At most so many runs at a time in one process that runs agents; have one such process a machine.',
    restart: true,
  }),
  maxConcurrentPerRepository: key(positive.max(1000), 1, {
    description: 'At most so many runs at a time in one repository, in all processes together.',
  }),
  maxConcurrentPerAgent: key(positive.max(10_000).nullable(), null, {
    description:
      'At most so many runs at a time of one agent, in all processes together; null leaves it to maxConcurrent.',
    example: 4,
  }),
  timeoutMinutes: key(minutes, 30, { description: 'A run is ended after so many minutes.' }),
  stallMinutes: key(minutes, 10, { description: 'A run that is silent for so long is ended.' }),
  maxAttempts: key(positive.max(20), 3, {
    description: 'Attempts at one task before a person is asked.',
  }),
  maxRounds: key(naturalNumber.max(20), 3, {
    description: 'Follow-up rounds after review comments or red CI.',
  }),
  quietHours: key(
    z.array(
      z.strictObject({
        days: z
          .array(z.enum(weekdays))
          .min(1)
          .default([...weekdays])
          .meta({ description: 'Days on which it begins; every day when left out.' }),
        from: timeOfDay.meta({ description: 'Beginning, HH:MM.' }),
        to: timeOfDay.meta({ description: 'End, HH:MM.' }),
        timezone: timezone.meta({ description: 'IANA name of its clock; UTC when left out.' }),
      }),
    ),
    [],
    {
      description:
        'When no run is started; what is at work goes on. Days name the beginning, an end at or before the beginning is on the next day.',
      example: [{ days: ['mon'], from: '08:00', to: '18:00', timezone: 'Europe/Berlin' }],
    },
  ),
  drainMinutes: key(z.number().min(0).max(1440), 5, {
    description: 'How long a stop waits for runs to end.',
  }),
  budget: section('Money in US dollars, tokens and turns; always finite.', {
    perRunUsd: key(dollars, 5, { description: 'At most so much for one run.' }),
    perTaskUsd: key(dollars, 50, { description: 'At most so much for all attempts at one task.' }),
    perRepositoryDayUsd: key(dollars, 50, {
      description: 'At most so much for all runs in one repository on a day (UTC).',
    }),
    perDayUsd: key(dollars, 50, { description: 'At most so much for all runs of a day (UTC).' }),
    perMonthUsd: key(dollars, 500, {
      description: 'At most so much for all runs of a calendar month (UTC).',
    }),
    perRunTokens: key(positive, 20_000_000, {
      description: 'A run is ended after so many tokens, input and output together.',
    }),
    perRunTurns: key(positive, 500, { description: 'A run is ended after so many turns.' }),
  }),
  limits: section('Bounds of one run and of its change.', {
    memoryMb: key(megabytes, 4096, {
      description:
        'Memory of a run, in megabytes: the agent together with what it builds and tests, of which the type check of a middling TypeScript project takes 1.4 GB by itself.',
    }),
    processes: key(positive, 256, {
      description:
        'Processes of a run; where control groups can be made, their threads count as well, of which a Node that does nothing has seven.',
    }),
    cpus: key(z.number().positive().nullable(), null, {
      description:
        'Processors whose time a run may use, such as 1.5, where control groups can be made (as root); null leaves it all of them.',
    }),
    fileMb: key(megabytes, 1024, {
      description: 'Largest file that a run may write, in megabytes.',
    }),
    diskMb: key(megabytes, 2048, {
      description:
        'Disk by which the work tree and the home of a run may grow together, in megabytes; each file, link and folder counts at least 4 KiB. A set-up command or a check is held to it as well.',
    }),
    outputMb: key(megabytes, 10, {
      description:
        'Output of a run that is kept, in megabytes; the run goes on and only what it cost is read of the rest.',
    }),
    changedFiles: key(positive, 100, { description: 'Files that one change may touch.' }),
    patchKb: key(positive, 4096, { description: 'Size of the patch of one change, in kilobytes.' }),
    binaryFileKb: key(naturalNumber, 256, {
      description: 'Largest binary file in a change, in kilobytes.',
    }),
  }),
  sandbox: key(z.enum(['auto', 'bubblewrap', 'sandbox-runtime', 'none']), 'auto', {
    description: 'What seals an agent in; auto takes the first that works.',
    restart: true,
  }),
  allowUnsandboxed: key(z.boolean(), false, {
    description:
      'Consent to run agents without a sandbox: an agent can then do anything that this user can, approving included.',
    restart: true,
  }),
  egress: key(lines, ['api.anthropic.com'], {
    description: 'Hosts that agents may reach, with an optional port.',
  }),
  prompts: key(z.string().min(1).nullable(), null, {
    description: 'Folder with prompt templates of your own, one <kind>.md for each kind of task.',
    example: 'prompts',
  }),
  agents: key(
    z.record(z.string().min(1), agentEntry),
    {},
    {
      description: 'Agents by name; an entry changes a built-in one or adds a command.',
      example: { mine: { kind: 'command', command: ['node', 'agent.mjs'], task: 'argument' } },
    },
  ),
});
