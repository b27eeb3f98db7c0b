import { z } from 'zod';
import { key } from './key.ts';
import { alerts } from './sections/alerts.ts';
import { analyzer } from './sections/analyzer.ts';
import { approval } from './sections/approval.ts';
import { backup } from './sections/backup.ts';
import { database } from './sections/database.ts';
import { executor } from './sections/executor.ts';
import { github } from './sections/github.ts';
import { logging } from './sections/logging.ts';
import { notifications } from './sections/notifications.ts';
import { performance } from './sections/performance.ts';
import { repositories } from './sections/repositories.ts';
import { resilience } from './sections/resilience.ts';
import { security } from './sections/security.ts';
import { server } from './sections/server.ts';
import { telemetry } from './sections/telemetry.ts';

/** The whole configuration: types, defaults, JSON Schema, reference page and environment names come from here. */
export const configSchema = z.strictObject({
  $schema: z
    .string()
    .optional()
    .meta({ description: 'Address of the JSON Schema, for editors; not read.' }),
  github,
  analyzer,
  executor,
  approval,
  repositories,
  environment: key(z.enum(['development', 'staging', 'production']), 'development', {
    description:
      'What the service is for. It does not start on what `validate --environment` calls an error there, and in production not with --no-security; NODE_ENV means nothing here.',
    restart: true,
    example: 'production',
  }),
  dataDir: key(z.string().min(1), '.claude-manager', {
    description: 'Folder for the database, mirrors and workspaces; relative to the file.',
    restart: true,
  }),
  logDir: key(z.string().min(1), 'logs', {
    description: 'Folder for the log files; relative to the file.',
    restart: true,
  }),
  server,
  security,
  logging,
  performance,
  telemetry,
  resilience,
  database,
  backup,
  alerts,
  notifications,
});

/** The configuration with every default filled in. Secrets are never in it. */
export type Config = z.output<typeof configSchema>;
