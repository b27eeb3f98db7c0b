import { z } from 'zod';
import { dollars, key, lines, naturalNumber, positive, section } from '../key.ts';
import { approvers, expiresDays, separateFrom } from './approval.ts';

const budget = z.strictObject({
  perRunUsd: dollars.optional().meta({ description: 'At most so much for one run.' }),
  perTaskUsd: dollars.optional().meta({ description: 'At most so much for one task.' }),
  perRepositoryDayUsd: dollars
    .optional()
    .meta({ description: 'At most so much for this repository on a day (UTC).' }),
  perDayUsd: dollars.optional().meta({ description: 'At most so much for a day (UTC).' }),
});

const approval = z.strictObject({
  approvers: approvers
    .optional()
    .meta({ description: 'How many people have to approve; approval.approvers when left out.' }),
  separateFrom: separateFrom
    .optional()
    .meta({ description: 'Who may not approve; approval.separateFrom when left out.' }),
  expiresDays: expiresDays
    .optional()
    .meta({ description: 'When an approval is void; approval.expiresDays when left out.' }),
});

const entry = z.strictObject({
  match: z.string().min(1).meta({
    description:
      'owner/name, a pattern (acme/*), or a folder (./code, /srv/code) on the local host.',
    example: 'acme/*',
  }),
  host: z
    .enum(['github', 'local'])
    .optional()
    .meta({ description: 'Where it lives; a folder is local, all else is on GitHub.' }),
  exclude: key(lines, [], { description: 'Patterns of names that this entry leaves out.' }),
  base: key(z.string().min(1).nullable(), null, {
    description: 'Branch that changes start from; null takes the default branch.',
    example: 'main',
  }),
  agent: key(z.string().min(1).nullable(), null, {
    description: 'Agent for these repositories; null takes executor.default.',
    example: 'claude-code',
  }),
  setup: key(lines, [], {
    description: 'Shell lines run in the sandbox before the agent, without secrets.',
    example: ['npm ci'],
  }),
  checks: key(lines, [], {
    description: 'Shell lines that must pass before a pull request is opened.',
    example: ['npm test'],
  }),
  egress: key(lines, [], { description: 'Hosts that may be reached beside executor.egress.' }),
  protectedPaths: key(lines, [], {
    description:
      'Globs beside the built-in ones; what a change that touches them leads to is protectedPathsPolicy.',
    example: ['deploy/**'],
  }),
  protectedPathsPolicy: key(z.enum(['block', 'human', 'allow']), 'block', {
    description:
      'When a change touches a protected path, a script of package.json or deletes tests: block = nothing is pushed; human = it is pushed as a draft pull request that names the places, with the label needs-human-review, and a person decides; allow.',
  }),
  reviewer: z.string().min(1).nullable().optional().meta({
    description:
      'Agent that must agree with a change here, instead of executor.reviewer; null = none.',
  }),
  caps: section('Limits against noise.', {
    proposalsOpen: naturalNumber.optional().meta({
      description: 'At most so many open proposals; analyzer.maxIssuesPerRepo when left out.',
    }),
  }),
  budget: budget
    .optional()
    .meta({ description: 'Tighter budget for these repositories, in US dollars.' }),
  approval: approval
    .optional()
    .meta({ description: 'What approving asks for in these repositories.' }),
  maxConcurrent: positive.max(1000).optional().meta({
    description:
      'At most so many runs at a time here, in all processes together; executor.maxConcurrentPerRepository when left out.',
  }),
  paused: key(z.boolean(), false, { description: 'True stops proposing and executing here.' }),
});

export const repositories = key(z.array(entry), [], {
  description: 'Repositories with their policy; the first entry that matches a name holds.',
  example: [{ match: 'acme/*' }],
});
