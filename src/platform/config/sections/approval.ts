import { z } from 'zod';
import { key, section } from '../key.ts';

export const approvers = z.number().int().min(1).max(5);
export const separateFrom = z.array(z.enum(['proposer', 'editor', 'service'])).max(3);
export const expiresDays = z.number().positive().max(3650).nullable();

export const approval = section(
  'What approving asks for; an entry of repositories can ask for more.',
  {
    approvers: key(approvers, 1, { description: 'How many people have to approve a task.' }),
    separateFrom: key(separateFrom, [], {
      description:
        'Who may not approve: who asked for the work (proposer), who wrote its words (editor), the account that we write as (service).',
      example: ['proposer', 'editor', 'service'],
    }),
    expiresDays: key(expiresDays, null, {
      description:
        'An approval that led to no start within so many days is void; null never expires.',
      example: 30,
    }),
    people: key(
      z.record(
        z.string().min(1).max(100),
        z.array(
          z
            .string()
            .regex(
              /^(github|user|system):\S+$/u,
              'expected github:LOGIN, user:NAME or system:ACCOUNT',
            ),
        ),
      ),
      {},
      {
        description:
          'What a person is called elsewhere, so that nobody counts twice over GitHub, dashboard and command line.',
        example: { ann: ['github:ann-dev', 'user:ann', 'system:ann'] },
      },
    ),
  },
);
