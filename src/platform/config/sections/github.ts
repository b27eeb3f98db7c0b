import { z } from 'zod';
import { key, lines, naturalNumber, section, webAddress } from '../key.ts';

const label = z.string().min(1).max(50);

/** What GitHub calls `owner/name`. */
const repositoryName = z
  .string()
  .regex(/^[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})\/[A-Za-z0-9._-]{1,100}$/, 'expected owner/name');

const app = z.strictObject({
  id: z
    .union([z.number().int().min(1), z.string().min(1)])
    .meta({ description: 'App id, or client id.' }),
  privateKey: z.string().min(1).default('GITHUB_APP_PRIVATE_KEY').meta({
    description: 'Name of the secret that holds the PEM file, in the vault or the environment.',
  }),
  installationId: z.number().int().min(1).nullable().default(null).meta({
    description: 'Looked up by the account when null.',
  }),
});

/** One of `token` and `app`. */
const credential = z
  .strictObject({
    match: z.string().min(1).meta({ description: 'owner/name or a pattern such as acme/*.' }),
    token: z.string().min(1).optional().meta({ description: 'Name of the secret with a token.' }),
    app: app.optional(),
  })
  .refine(({ token, app }) => (token === undefined) !== (app === undefined), {
    error: 'expected one of token and app',
  });

export const github = section('GitHub; not needed when only local folders are watched.', {
  username: key(z.string().min(1).nullable(), null, {
    description:
      'The login that the service works as; `doctor` and `init` say when the token belongs to somebody else. GitHub is asked first; where it does not tell (the token of an Actions job), this name counts.',
    restart: true,
    example: 'svc-bot',
  }),
  managerRepo: key(repositoryName.nullable(), null, {
    description:
      'The repository that receives the proposals; null when only local folders are watched.',
    restart: true,
    example: 'acme/manager',
  }),
  app: key(app.nullable(), null, {
    description:
      'A GitHub App instead of a personal token: its short-lived tokens are made when they are needed.',
    restart: true,
    example: { id: 12345 },
  }),
  credentials: key(z.array(credential), [], {
    description:
      'Credentials for some repositories; the first that matches is used, for all others `app` or GITHUB_TOKEN.',
    restart: true,
    example: [{ match: 'other-org/*', token: 'OTHER_ORG_TOKEN' }],
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
    onlyFromGithub: key(z.boolean(), false, {
      description:
        'Take deliveries only from the addresses that GitHub names at /meta, beside their signature. Needs server.trustedProxies behind a proxy.',
    }),
    keepDays: key(naturalNumber.min(30).max(365), 30, {
      description: 'Deliveries that are worked through are forgotten after so many days.',
    }),
  }),
});
