import { z } from 'zod';
import { key, naturalNumber, positive, section } from '../key.ts';

const milliseconds = positive.max(3_600_000);

/** A breaker that leaves a service alone while it fails; numbers differ by how often it is called. */
function breaker(
  description: string,
  { minimumCalls, windowMs, openMs }: { minimumCalls: number; windowMs: number; openMs: number },
) {
  return section(description, {
    failureRatio: key(z.number().min(0.01).max(1), 0.5, {
      description: 'Share of failed calls that opens it.',
      restart: true,
    }),
    windowMs: key(milliseconds, windowMs, {
      description: 'Over how many milliseconds the share is taken.',
      restart: true,
    }),
    minimumCalls: key(positive.max(100_000), minimumCalls, {
      description: 'Fewer calls than this in the window never open it.',
      restart: true,
    }),
    openMs: key(milliseconds, openMs, {
      description:
        'First wait before a probe, in milliseconds; doubles with each failed probe, up to five minutes.',
      restart: true,
    }),
  });
}

/** The one layer that repeats calls which may run twice; a budget keeps all repeats under a tenth of the calls plus 50. */
function retry(description: string, values: { attempts: number; baseMs: number; capMs: number }) {
  return section(description, {
    attempts: key(positive.max(10), values.attempts, {
      description: 'Tries in all, the first one included.',
      restart: true,
    }),
    baseMs: key(milliseconds, values.baseMs, {
      description:
        'Each wait is drawn evenly between 0 and this, doubled with every try (full jitter).',
      restart: true,
    }),
    capMs: key(milliseconds.max(60_000), values.capMs, {
      description: 'Longest wait before another try, in milliseconds.',
      restart: true,
    }),
  });
}

const busy = { minimumCalls: 10, windowMs: 30_000, openMs: 5000 };

/** What surrounds each dependency; everything that calls it reads it here. */
export const resilience = section(
  'How long other services are waited for, and when they are left alone.',
  {
    github: section('Requests to the API of GitHub.', {
      connectMs: key(milliseconds, 3000, {
        description: 'Longest wait for a connection, in milliseconds.',
        restart: true,
      }),
      firstByteMs: key(milliseconds, 10_000, {
        description: 'Longest wait for the head of an answer and between two pieces of its body.',
        restart: true,
      }),
      timeoutMs: key(milliseconds, 60_000, {
        description: 'Longest duration of one request, in milliseconds.',
        restart: true,
      }),
      inFlight: key(positive.max(100), 10, {
        description:
          'Requests under way at a time, of all processes of one credential; GitHub allows 100.',
        restart: true,
      }),
      retry: retry('Repeats reads that failed; a write is looked for instead.', {
        attempts: 3,
        baseMs: 200,
        capMs: 20_000,
      }),
      breaker: breaker('Leaves GitHub, or one repository on it, alone while it fails.', busy),
    }),
    git: section('Fetches and pushes of git to a server.', {
      timeoutMs: key(milliseconds, 600_000, {
        description: 'Longest duration of one fetch or push, in milliseconds; then git is ended.',
        restart: true,
      }),
      inFlight: key(positive.max(100), 4, {
        description: 'Fetches and pushes of this process under way at a time.',
        restart: true,
      }),
      waiting: key(naturalNumber.max(100_000), 1000, {
        description: 'Those that may wait for their place; more are refused.',
        restart: true,
      }),
      retry: retry('Repeats fetches that failed; a push is looked for instead.', {
        attempts: 3,
        baseMs: 500,
        capMs: 20_000,
      }),
      breaker: breaker(
        'Leaves the git server, or one repository on it, alone while it fails.',
        busy,
      ),
    }),
    agents: section(
      'Runs of agents. Their deadline is executor.timeoutMinutes, their bulkhead executor.maxConcurrent, their repeats executor.budget.maxAttempts.',
      {
        breaker: breaker(
          'Starts nothing more with an agent whose runs end because its own service is away.',
          { minimumCalls: 3, windowMs: 1_800_000, openMs: 60_000 },
        ),
      },
    ),
    notifications: section(
      'Messages to other programs and sinks of alerts. What cannot be sent stays in its queue and is sent later.',
      {
        timeoutMs: key(milliseconds, 15_000, {
          description: 'Longest duration of one message, in milliseconds.',
          restart: true,
        }),
        inFlight: key(positive.max(100), 16, {
          description: 'Messages under way at a time.',
          restart: true,
        }),
        breaker: breaker('Leaves a receiver alone while it fails.', {
          minimumCalls: 10,
          windowMs: 600_000,
          openMs: 30_000,
        }),
      },
    ),
  },
);
