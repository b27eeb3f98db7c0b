import type { Fault, FaultMatch } from '../support/github-emulator/faults.ts';

/** Where in the work it happens: rows of the matrix. */
export const places = [
  'before intent commit',
  'after intent, before POST',
  'POST sent, not yet committed upstream',
  'committed upstream, answer lost',
  'answer read, not stored',
  'stored, next step not sent',
  'git push',
  'agent at work, ended, patch exported',
  'audit append, checkpoint signing',
  'vault rotation, migration, log rotation, backup',
] as const;
export type Place = (typeof places)[number];

/** What happens: columns of the matrix. */
export const faults = [
  'SIGKILL',
  'SIGSTOP',
  'ENOSPC',
  'EIO fsync',
  'connection reset',
  'timeout',
  '5xx',
  '403/429',
  '404/410/422',
  'garbage',
] as const;
export type FaultName = (typeof faults)[number];

/** What is done to the service while it has to propose or to deliver. */
export type Harm =
  /** Killed, stopped, or hit by a disk that fails, at a named point of the program. */
  | { readonly kind: 'kill' | 'stop' | 'full' | 'eio'; readonly at: string }
  /** Killed or stopped when the server has seen the request and answers nothing. */
  | { readonly kind: 'kill' | 'stop'; readonly during: Fault }
  | { readonly kind: 'kill' | 'stop'; readonly whileAgentWorks: true }
  /** GitHub does it. */
  | { readonly kind: 'github'; readonly faults: readonly Fault[] };

export interface Cell {
  readonly place: Place;
  readonly fault: FaultName;
  /** One of several ways to produce the cell. */
  readonly way: string;
  readonly phase: 'propose' | 'deliver';
  readonly harm: Harm;
}

/** A cell of the checklist that this command does not run: where it is proven, or that it is proven nowhere. */
export interface Unrun {
  readonly place: Place;
  readonly fault: FaultName;
  readonly why: string;
}

const createIssue: FaultMatch = { method: 'POST', path: /\/issues$/u };
const openPull: FaultMatch = { method: 'POST', path: /\/pulls$/u };
const comment: FaultMatch = { method: 'POST', path: /\/comments$/u };
const label: FaultMatch = { method: 'POST', path: /\/labels$/u };
const push: FaultMatch = { method: 'POST', path: /git-receive-pack$/u };
const advertise: FaultMatch = { method: 'GET', path: /git-receive-pack/u };

/** Points of the program, by what has to be done then; `@n` is the nth time that it comes by. */
function at(
  place: Place,
  phase: Cell['phase'],
  points: readonly string[],
  kinds: readonly ('kill' | 'stop' | 'full' | 'eio')[],
): Cell[] {
  const names = { kill: 'SIGKILL', stop: 'SIGSTOP', full: 'ENOSPC', eio: 'EIO fsync' } as const;
  return points.flatMap((point) =>
    kinds.map((kind) => ({
      place,
      fault: names[kind],
      way: point,
      phase,
      harm: { kind, at: point },
    })),
  );
}

function during(
  place: Place,
  phase: Cell['phase'],
  kind: Fault['kind'],
  match: FaultMatch,
  way: string,
): Cell[] {
  const harms = { SIGKILL: 'kill', SIGSTOP: 'stop' } as const;
  return (['SIGKILL', 'SIGSTOP'] as const).map((fault) => ({
    place,
    fault,
    way,
    phase,
    harm: { kind: harms[fault], during: { kind, match } },
  }));
}

function github(
  place: Place,
  phase: Cell['phase'],
  fault: FaultName,
  way: string,
  ...all: readonly Fault[]
): Cell {
  return { place, fault, way, phase, harm: { kind: 'github', faults: all } };
}

const names: readonly (readonly [string, Cell['phase'], FaultMatch])[] = [
  ['issue', 'propose', createIssue],
  ['pull request', 'deliver', openPull],
  ['comment', 'deliver', comment],
];

/** Every cell that `npm run test:faults` runs. */
export const cells: readonly Cell[] = [
  ...at('before intent commit', 'propose', ['effect.intended'], ['kill', 'full', 'eio']),
  ...at('before intent commit', 'deliver', ['effect.intended@1', 'effect.intended@2'], ['kill']),
  ...at(
    'after intent, before POST',
    'propose',
    ['effect.claimed', 'effect.sending'],
    ['kill', 'stop', 'full'],
  ),
  ...at(
    'after intent, before POST',
    'deliver',
    [1, 2, 3, 4].flatMap((n) => [`effect.claimed@${n}`, `effect.sending@${n}`]),
    ['kill'],
  ),
  ...at('after intent, before POST', 'deliver', ['effect.sending@2'], ['stop', 'full']),
  ...names.flatMap(([way, phase, match]) => {
    const place = 'POST sent, not yet committed upstream' as const;
    return [
      ...during(place, phase, 'hang-before', match, way),
      github(place, phase, 'connection reset', way, { kind: 'reset-before', match }),
      github(place, phase, 'timeout', way, { kind: 'hang-before', match }),
      github(place, phase, '5xx', way, { kind: 'status', status: 502, match }),
      github(place, phase, '403/429', way, {
        kind: 'secondary-limit',
        retryAfterSeconds: 2,
        match,
      }),
    ];
  }),
  ...names.flatMap(([way, phase, match]) => {
    const place = 'committed upstream, answer lost' as const;
    return [
      ...during(place, phase, 'hang-after', match, way),
      github(place, phase, 'connection reset', way, { kind: 'reset-after', match }),
      github(place, phase, 'timeout', way, { kind: 'hang-after', match }),
      github(place, phase, '5xx', way, { kind: 'status', status: 502, afterEffect: true, match }),
      github(place, phase, 'garbage', way, { kind: 'garbage', match }),
      github(place, phase, 'garbage', `${way}, cut`, { kind: 'truncate', match }),
    ];
  }),
  ...at('answer read, not stored', 'propose', ['effect.sent'], ['kill', 'stop', 'full', 'eio']),
  ...at(
    'answer read, not stored',
    'deliver',
    [1, 2, 3, 4].map((n) => `effect.sent@${n}`),
    ['kill'],
  ),
  ...at('answer read, not stored', 'deliver', ['effect.sent@2'], ['stop', 'full', 'eio']),
  ...at('stored, next step not sent', 'propose', ['effect.stored'], ['kill']),
  ...at(
    'stored, next step not sent',
    'deliver',
    [1, 2, 3, 4].map((n) => `effect.stored@${n}`),
    ['kill'],
  ),
  ...(
    [
      ['connection reset', { kind: 'reset-after', match: label }],
      ['timeout', { kind: 'hang-after', match: label }],
      ['5xx', { kind: 'status', status: 503, match: label }],
      ['403/429', { kind: 'retry-after', retryAfterSeconds: 2, match: label }],
    ] as const
  ).map(([fault, one]) => github('stored, next step not sent', 'deliver', fault, 'label', one)),
  ...at(
    'git push',
    'deliver',
    ['attempt.deliver', 'effect.sending@1', 'effect.sent@1'],
    ['kill', 'stop'],
  ),
  ...at('git push', 'deliver', ['effect.sending@1'], ['full']),
  ...during('git push', 'deliver', 'hang-before', push, 'before the ref is updated'),
  ...during('git push', 'deliver', 'hang-after', push, 'after the ref was updated'),
  github('git push', 'deliver', 'connection reset', 'before', {
    kind: 'reset-before',
    match: push,
  }),
  github('git push', 'deliver', 'connection reset', 'after', { kind: 'reset-after', match: push }),
  github('git push', 'deliver', '5xx', 'answer', { kind: 'status', status: 502, match: push }),
  github('git push', 'deliver', '5xx', 'advertisement', {
    kind: 'status',
    status: 503,
    match: advertise,
  }),
  github('git push', 'deliver', '403/429', 'advertisement', {
    kind: 'status',
    status: 429,
    match: advertise,
  }),
  {
    place: 'agent at work, ended, patch exported',
    fault: 'SIGKILL',
    way: 'at work',
    phase: 'deliver',
    harm: { kind: 'kill', whileAgentWorks: true },
  },
  {
    place: 'agent at work, ended, patch exported',
    fault: 'SIGSTOP',
    way: 'at work',
    phase: 'deliver',
    harm: { kind: 'stop', whileAgentWorks: true },
  },
  ...at(
    'agent at work, ended, patch exported',
    'deliver',
    ['attempt.begin', 'attempt.begin.ended', 'attempt.work', 'attempt.work.ended'],
    ['kill'],
  ),
  ...at(
    'agent at work, ended, patch exported',
    'deliver',
    ['attempt.work.ended'],
    ['stop', 'full'],
  ),
  ...at('agent at work, ended, patch exported', 'deliver', ['attempt.deliver.ended'], ['kill']),
];

/** Cells of the checklist that are proven elsewhere, and by what; what is proven nowhere says so. */
export const unrun: readonly Unrun[] = [
  {
    place: 'POST sent, not yet committed upstream',
    fault: '404/410/422',
    why: 'refused for good is an end, told to a person: src/platform/effects/effects.test.ts, src/integrations/code-host.suite.ts',
  },
  {
    place: 'git push',
    fault: 'timeout',
    why: 'a push that hangs is ended after five minutes; the two SIGKILL and SIGSTOP cells hang it and end the process',
  },
  {
    place: 'git push',
    fault: '404/410/422',
    why: 'a rejected ref is a refusal that a person sees: src/integrations/code-host.suite.ts',
  },
  {
    place: 'stored, next step not sent',
    fault: '404/410/422',
    why: 'a refused label or comment ends as failed and is told: src/platform/effects/effects.test.ts',
  },
  {
    place: 'agent at work, ended, patch exported',
    fault: 'timeout',
    why: 'wall limit and silence: src/integrations/agents/runner.test.ts',
  },
  {
    place: 'agent at work, ended, patch exported',
    fault: 'garbage',
    why: 'huge output: src/integrations/agents/runner.test.ts',
  },
  {
    place: 'audit append, checkpoint signing',
    fault: 'SIGKILL',
    why: 'a process that appends and signs is killed again and again: src/platform/audit/append-kills.test.ts',
  },
  {
    place: 'audit append, checkpoint signing',
    fault: 'ENOSPC',
    why: 'the disk of the log is full while a service runs: test/end-to-end/audited-doors.test.ts; what waits in the reserve: src/platform/audit/reserve.test.ts',
  },
  {
    place: 'audit append, checkpoint signing',
    fault: 'EIO fsync',
    why: 'entries commit with what they tell, so each cell of this column above is one of these as well',
  },
  {
    place: 'vault rotation, migration, log rotation, backup',
    fault: 'SIGKILL',
    why: 'killed vault rotation: src/platform/vault/rekey.test.ts, test/end-to-end/vault.test.ts; killed migration: test/end-to-end/migrations.test.ts; killed log rotation: src/platform/logging/rotation-faults.test.ts; killed backup: test/backup-faults.test.ts',
  },
  {
    place: 'vault rotation, migration, log rotation, backup',
    fault: 'ENOSPC',
    why: 'log files on a full disk: src/platform/logging/rotating-file.test.ts, test/end-to-end/full-disk.test.ts; a change of the key of the vault and of its schema: src/platform/vault/disk-faults.test.ts; a backup: test/backup-faults.test.ts',
  },
  {
    place: 'vault rotation, migration, log rotation, backup',
    fault: 'EIO fsync',
    why: 'the key file of the vault: src/platform/vault/disk-faults.test.ts; log files: src/platform/logging/rotation-faults.test.ts; a backup: test/backup-faults.test.ts; a database whose disk fails under a change of key or schema: src/platform/vault/broken-database-disk.test.ts',
  },
];

/** How a cell is named on the command line and in the record. */
export function nameOf({ place, fault, way, phase }: Cell): string {
  return `${place} / ${fault} / ${way} / ${phase}`;
}
