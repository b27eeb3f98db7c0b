import { z } from 'zod';
import { key, lines, section, webAddress } from '../key.ts';

const label = z.string().min(1).max(50);

/** What GitHub calls `owner/name`. */
const repositoryName = z
  .string()
  .regex(/^[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})\/[A-Za-z0-9._-]{1,100}$/, 'expected owner/name');

export const github = section('GitHub; not needed when only local folders are watched.', {
  username: key(z.string().min(1).nullable(), null, {
    description: 'The login that the service works as; null asks GitHub who the token belongs to.',
    example: 'svc-bot',
  }),
  managerRepo: key(repositoryName.nullable(), null, {
    description:
      'The repository that receives the proposals; null when only local folders are watched.',
    restart: true,
    example: 'acme/manager',
  }),
  reposToScan: key(lines, [], {
    description:
      'Repositories to watch, as owner/name, as a pattern (acme/*) or as a folder (./code). Short form of `repositories`.',
    example: ['acme/widgets'],
  }),
  apiUrl: key(webAddress, 'https://api.github.com', {
    description: 'Address of the REST API; for GitHub Enterprise Server https://HOST/api/v3.',
    env: 'GITHUB_API_URL',
    restart: true,
  }),
  serverUrl: key(webAddress, 'https://github.com', {
    description: 'Address that git and people use.',
    env: 'GITHUB_SERVER_URL',
    restart: true,
  }),
  pollSeconds: key(z.number().min(1).max(86_400), 30, {
    description: 'How often approvals and pull requests are looked at, in seconds.',
  }),
  labels: section('Labels on the issues of the manager repository.', {
    approved: key(label, 'approved-for-dev', {
      description: 'A person with write access sets it to approve a proposal.',
    }),
    proposal: key(label, 'task-proposal', { description: 'We set it on each proposal.' }),
    agents: key(
      z.record(label, z.string().min(1)),
      { 'claude-flow-task': 'claude-flow', 'terragon-task': 'terragon' },
      { description: 'Labels that choose an agent, by name.' },
    ),
  }),
  webhooks: section('Deliveries from GitHub.', {
    path: key(z.string().regex(/^\//, 'expected text that starts with "/"'), '/webhooks/github', {
      description: 'Path of the address that GitHub sends deliveries to.',
      restart: true,
    }),
  }),
});
