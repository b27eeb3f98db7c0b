import { z } from 'zod';
import { repositoryName } from '../../domain/input.ts';
import { serviceRoles } from '../../domain/service-role.ts';
import { errorKinds } from '../../lib/app-error.ts';
import { operation } from '../operation.ts';

const Problem = z.object({
  where: z.string(),
  kind: z.enum(errorKinds),
  code: z.string(),
  message: z.string(),
  next: z.string().nullable(),
});

export const ServiceSummary = z.object({
  cycles: z.number(),
  scanned: z.number(),
  findings: z.number(),
  proposed: z.number(),
  approved: z.number(),
  refused: z.number(),
  started: z.number(),
  states: z.record(z.string(), z.number()),
  waiting: z.array(
    z.object({
      id: z.string(),
      title: z.string(),
      state: z.string(),
      code: z.string(),
      text: z.string(),
    }),
  ),
  pullRequests: z.array(
    z.object({ task: z.string(), title: z.string(), url: z.string(), state: z.string() }),
  ),
  problems: z.array(Problem),
});
export type ServiceSummary = z.infer<typeof ServiceSummary>;

/** The line of progress that says where the server answers begins so; the address follows. */
export const listeningOn = 'listening on';

export const startService = operation({
  name: 'service.start',
  summary: 'Run the service: scan, propose, wait for approvals, execute, deliver, follow',
  permission: 'service:run',
  effect: 'admin',
  kind: 'job',
  needs: 'engine',
  deadlineMs: null,
  doors: ['cli', 'library'],
  input: z.object({
    once: z.boolean().default(false),
    maxMinutes: z.number().positive().optional(),
    mode: z.enum(['robust', 'interactive', 'daemon', 'legacy']).default('robust'),
    /** Of the server; 0 takes any free one. Without it server.port, and with `once` no server at all. */
    port: z.number().int().min(0).max(65_535).optional(),
    /** What this process does; several processes share one external database. */
    role: z.enum(serviceRoles).default('all'),
    /** False: without sessions and rate limits, for whoever sits at this machine; true unless the mode is legacy. */
    security: z.boolean().optional(),
  }),
  output: ServiceSummary,
});

export const detachService = operation({
  name: 'service.detach',
  summary: 'Start the service as a process of its own and answer when it answers',
  permission: 'service:run',
  effect: 'admin',
  kind: 'call',
  needs: 'nothing',
  deadlineMs: 120_000,
  doors: ['cli'],
  input: z.object({
    port: z.number().int().min(0).max(65_535).optional(),
    security: z.boolean().optional(),
    role: z.string().max(20).optional(),
  }),
  // The link to the first account is in it.
  shows: ['said'],
  output: z.object({
    pid: z.number(),
    /** Null when it serves nobody. */
    address: z.string().nullable(),
    pidFile: z.string(),
    /** What it prints; its log files lie beside it. */
    logFile: z.string(),
    said: z.array(z.string()),
  }),
});

export const serviceStatus = operation({
  name: 'service.status',
  summary: 'What runs, what waits, what it cost',
  permission: 'health:read',
  effect: 'read',
  kind: 'call',
  needs: 'store',
  deadlineMs: 30_000,
  doors: ['cli', 'http', 'library'],
  input: z.object({}),
  output: z.object({
    service: z.object({
      running: z.boolean(),
      pid: z.number().nullable(),
      host: z.string().nullable(),
    }),
    /** Every process of the service, with what it does. */
    processes: z.array(
      z.object({
        role: z.string(),
        pid: z.number(),
        host: z.string(),
        /** It runs agents, and nothing seals them in. */
        isUnsealed: z.boolean(),
      }),
    ),
    database: z.object({ kind: z.string(), version: z.string() }),
    states: z.record(z.string(), z.number()),
    /** Proposed or held, and not snoozed. */
    waiting: z.number(),
    runsLive: z.number(),
    live: z.array(
      z.object({
        runId: z.string(),
        taskId: z.string(),
        title: z.string(),
        agent: z.string(),
        startedAt: z.string(),
      }),
    ),
    spentTodayUsd: z.number(),
    /** Of all runs of a day (UTC). */
    budgetTodayUsd: z.number(),
    paused: z.array(z.string()),
    /** The last overall result of the checks; null while nobody measures. */
    health: z
      .object({
        at: z.string(),
        overall: z.enum(['healthy', 'degraded', 'unhealthy', 'unknown']),
      })
      .nullable(),
    /** What seals agents in, `none` for nothing; `missing` says why none works. Null where no agents are run. */
    sandbox: z.object({ name: z.string(), missing: z.string().nullable() }).nullable(),
    /** Alerts that people were told of, that are not over and not silenced. */
    alertsFiring: z.number(),
    /** Agents that are not asked until their model has quota again. */
    resting: z.array(z.object({ agent: z.string(), until: z.string(), text: z.string() })),
    /** What the governor of GitHub's limits decides, for each credential; it never names a token. */
    github: z.array(
      z.object({
        credential: z.string(),
        /** That may still be spent in this minute. */
        pointsLeft: z.number(),
        /** Issues, comments and the like that may still be made in this hour. */
        contentLeft: z.number(),
        /** Under way, or lent to a process that may begin them at any moment. */
        inFlight: z.number(),
        /** Requests that wait for their turn, by lane. */
        waiting: z.object({
          person: z.number(),
          deliver: z.number(),
          follow: z.number(),
          propose: z.number(),
        }),
        /** Until when GitHub asked us to send nothing. */
        restingUntil: z.string().nullable(),
        /** `refused`: the last answers were refusals; `suspended`: not used any more. */
        standing: z.enum(['good', 'refused', 'suspended']),
        suspendedSince: z.string().nullable(),
      }),
    ),
    /** Services that failed too often at least once; while open nothing is sent to them. */
    breakers: z.array(
      z.object({
        name: z.string(),
        state: z.enum(['closed', 'open', 'half_open']),
        since: z.string(),
        until: z.string().nullable(),
      }),
    ),
  }),
});

export const pauseWork = operation({
  name: 'repositories.pause',
  summary: 'Start nothing new, everywhere or in one repository',
  permission: 'repo:write',
  effect: 'write',
  kind: 'call',
  needs: 'store',
  deadlineMs: 30_000,
  doors: ['cli', 'http', 'library'],
  reducesHarm: true,
  input: z.object({ repo: repositoryName.optional() }),
  output: z.object({ paused: z.array(z.string()) }),
});

export const resumeWork = operation({
  name: 'repositories.resume',
  summary: 'Lift a pause',
  permission: 'repo:write',
  effect: 'write',
  kind: 'call',
  needs: 'store',
  deadlineMs: 30_000,
  doors: ['cli', 'http', 'library'],
  input: z.object({ repo: repositoryName.optional() }),
  output: z.object({ paused: z.array(z.string()) }),
});

export const runDemo = operation({
  name: 'service.demo',
  summary: 'The whole loop on sample repositories made on the spot; needs no account',
  permission: 'public',
  effect: 'admin',
  kind: 'job',
  needs: 'nothing',
  deadlineMs: null,
  doors: ['cli'],
  input: z.object({
    once: z.boolean().default(false),
    /** Of the server, which runs unless `once`; 0 takes any free one. */
    port: z.number().int().min(0).max(65_535).optional(),
  }),
  output: ServiceSummary.extend({ folder: z.string(), sandbox: z.string() }),
});

export const stopService = operation({
  name: 'service.stop',
  summary: 'Stop a running service and its embedded database',
  permission: 'service:run',
  effect: 'admin',
  kind: 'call',
  needs: 'store',
  deadlineMs: 120_000,
  doors: ['cli'],
  reducesHarm: true,
  input: z.object({}),
  output: z.object({ service: z.boolean(), pid: z.number().nullable() }),
});
