import { z } from 'zod';
import { key, lines, naturalNumber, positive, section } from '../key.ts';

export const analyzer = section('What is looked for, and how much of it is proposed.', {
  scanForTodos: key(z.boolean(), true, { description: 'Look for TODO comments.' }),
  scanOpenIssues: key(z.boolean(), true, { description: 'Look for issues that went quiet.' }),
  tags: key(lines, [], {
    description: 'Tags that count as a TODO beside the built-in ones.',
    example: ['REVISIT'],
  }),
  issueLabels: key(lines, ['bug', 'enhancement', 'help wanted', 'good first issue'], {
    description: 'An open issue with one of these labels is worth proposing when it went quiet.',
  }),
  maxIssuesPerRepo: key(naturalNumber, 10, {
    description: 'At most so many new proposals for one repository in one scan.',
  }),
  staleAfterDays: key(positive, 30, {
    description: 'An issue without activity for so many days is stale.',
  }),
  intervalMinutes: key(z.number().min(0.1).max(10_080), 60, {
    description: 'How often each repository is scanned, in minutes.',
  }),
});
