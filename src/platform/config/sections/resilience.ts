import { z } from 'zod';
import { key, positive, section } from '../key.ts';

const milliseconds = positive.max(3_600_000);

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
      breaker: section('Leaves GitHub alone while it fails.', {
        failureRatio: key(z.number().min(0.01).max(1), 0.5, {
          description: 'Share of failed requests that opens it.',
          restart: true,
        }),
        windowMs: key(milliseconds, 30_000, {
          description: 'Over how many milliseconds the share is taken.',
          restart: true,
        }),
        minimumCalls: key(positive.max(100_000), 10, {
          description: 'Fewer requests than this in the window never open it.',
          restart: true,
        }),
        openMs: key(milliseconds, 5000, {
          description:
            'First wait before a probe, in milliseconds; doubles with each failed probe, up to five minutes.',
          restart: true,
        }),
      }),
    }),
  },
);
