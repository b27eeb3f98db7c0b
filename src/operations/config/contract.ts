import { z } from 'zod';
import {
  configKey,
  filePath,
  freeText,
  plainName,
  repositoryName,
  repositoryPattern,
} from '../../domain/input.ts';
import { operation } from '../operation.ts';

const Remark = z.object({
  code: z.string(),
  path: z.string(),
  message: z.string(),
  line: z.number().nullable(),
  column: z.number().nullable(),
  write: z.string().nullable(),
});

/** SHA-256 of the text of the file. */
const fileVersion = z.string().regex(/^[0-9a-f]{64}$/u);

/** One point of the specification's production checklist. */
export const ChecklistItem = z.object({
  item: z.string(),
  title: z.string(),
  status: z.enum(['pass', 'fail', 'not_measured']),
  /** What was seen, or why nothing could be seen. */
  evidence: z.string(),
  next: z.string().nullable(),
});
export type ChecklistItem = z.infer<typeof ChecklistItem>;

export const ValidationReport = z.object({
  environment: z.string(),
  file: z.string().nullable(),
  valid: z.boolean(),
  /** Equal for equal text, values, permission bits, environment and machine; null when it could not be read. */
  cacheKey: z.string().nullable(),
  /** True when the result was known by that key. */
  cached: z.boolean(),
  errors: z.array(Remark),
  securityIssues: z.array(Remark),
  warnings: z.array(Remark),
  performanceIssues: z.array(Remark),
  suggestions: z.array(Remark),
  /** Of a valid configuration for production; null otherwise. */
  checklist: z.array(ChecklistItem).nullable(),
});
export type ValidationReport = z.infer<typeof ValidationReport>;
export type Remark = z.infer<typeof Remark>;

const reading = {
  kind: 'call',
  deadlineMs: 30_000,
  doors: ['cli', 'library'],
  permission: 'public',
  effect: 'read',
  needs: 'nothing',
} as const;
const file = filePath.optional();

export const validateConfiguration = operation({
  ...reading,
  // For production the whole system is asked.
  deadlineMs: 180_000,
  name: 'config.validate',
  summary: 'Check the configuration for an environment: errors, security, performance, suggestions',
  input: z.object({
    file,
    environment: z.enum(['development', 'staging', 'production']).default('development'),
  }),
  output: ValidationReport,
});

export const getConfiguration = operation({
  ...reading,
  name: 'config.get',
  summary: 'Print the value of one key and where it comes from',
  input: z.object({ file, key: configKey }),
  output: z.object({ key: z.string(), value: z.unknown(), source: z.string() }),
});

export const listConfiguration = operation({
  ...reading,
  name: 'config.list',
  summary: 'Print every key, its value and where it comes from',
  input: z.object({ file }),
  output: z.array(z.object({ key: z.string(), value: z.unknown(), source: z.string() })),
});

export const configurationSchema = operation({
  ...reading,
  name: 'config.schema',
  summary: 'Print the JSON Schema of the configuration file',
  input: z.object({}),
  output: z.record(z.string(), z.unknown()),
});

export const setConfiguration = operation({
  name: 'config.set',
  summary: 'Write one key into the configuration file; comments stay',
  kind: 'call',
  deadlineMs: 30_000,
  doors: ['cli', 'library'],
  permission: 'config:write',
  effect: 'write',
  needs: 'nothing',
  input: z.object({ file, key: configKey, value: freeText({ max: 65_536 }) }),
  output: z.object({ key: z.string(), value: z.unknown(), file: z.string() }),
});

export const MigrationReport = z.object({
  file: z.string(),
  changes: z.array(
    z.object({
      path: z.string(),
      /** Null where the file has no such key. */
      before: z.string().nullable(),
      after: z.string().nullable(),
      why: z.string(),
    }),
  ),
  written: z.boolean(),
  /** The file as it was; null when nothing was written. */
  backup: z.string().nullable(),
  /** A task_tracker.json of the first generation beside the file; null when there is none. */
  tracker: z.string().nullable(),
});
export type MigrationReport = z.infer<typeof MigrationReport>;

export const migrateConfiguration = operation({
  name: 'config.migrate',
  summary: 'Bring a configuration of the first generation up to date; the old file is kept',
  kind: 'call',
  deadlineMs: 30_000,
  doors: ['cli'],
  permission: 'config:write',
  effect: 'write',
  needs: 'nothing',
  input: z.object({ file: filePath.optional(), dryRun: z.boolean().default(false) }),
  output: MigrationReport,
});

/** The configuration that the service runs with; it takes no file, so nobody reads another one through a door. */
export const showConfiguration = operation({
  name: 'config.show',
  summary:
    'Every key of the running configuration, its source, and whether the last reading of the file held',
  kind: 'call',
  deadlineMs: 30_000,
  doors: ['http', 'library'],
  permission: 'config:read',
  effect: 'read',
  needs: 'store',
  input: z.object({}),
  output: z.object({
    file: z.string().nullable(),
    /** Of the text of the file; a change that names another one is refused. */
    version: z.string().nullable(),
    keys: z.array(
      z.object({
        key: z.string(),
        value: z.unknown(),
        source: z.string(),
        description: z.string(),
        type: z.string(),
        default: z.unknown(),
        restart: z.boolean(),
        /** False where only who can write the file may change it. */
        editable: z.boolean(),
      }),
    ),
    needRestart: z.array(z.string()),
    error: z.string().nullable(),
  }),
});

export const checkConfiguration = operation({
  name: 'config.check',
  summary: 'Check the configuration file that the service was started with for an environment',
  kind: 'call',
  // For production the whole system is asked.
  deadlineMs: 180_000,
  doors: ['http', 'library'],
  permission: 'config:read',
  effect: 'read',
  needs: 'store',
  input: z.object({
    environment: z.enum(['development', 'staging', 'production']).default('production'),
  }),
  output: ValidationReport,
});

export const changeConfiguration = operation({
  name: 'config.change',
  summary:
    'Write one key into the file that the service was started with; it holds at once or from the next start',
  kind: 'call',
  deadlineMs: 30_000,
  doors: ['http', 'library'],
  permission: 'config:write',
  effect: 'admin',
  dangerous: true,
  needs: 'store',
  input: z.object({
    key: configKey,
    value: freeText({ max: 65_536 }),
    /** As `config.show` told it. */
    version: fileVersion.optional(),
  }),
  output: z.object({ key: z.string(), value: z.unknown(), restart: z.boolean() }),
});

/** What is to stand in the file for some keys. */
const changes = z
  .array(
    z.object({
      key: configKey,
      /** As JSON; null takes the key out, so that its default holds. */
      value: freeText({ max: 65_536 }).nullable(),
      /** The key is a position of a list: what stands there moves on by one. */
      insert: z.boolean().default(false),
    }),
  )
  .min(1)
  .max(200);

/** The file that the service was started with and the schema of what may stand in it. */
export const showConfigurationFile = operation({
  name: 'config.file',
  summary:
    'The text of the configuration file with secrets masked, its JSON Schema, and whether it can be written',
  kind: 'call',
  deadlineMs: 30_000,
  doors: ['http', 'library'],
  permission: 'config:read',
  effect: 'read',
  needs: 'store',
  input: z.object({}),
  output: z.object({
    file: z.string().nullable(),
    version: z.string().nullable(),
    text: z.string().nullable(),
    writable: z.boolean(),
    /** Why it cannot be written; null when it can. */
    why: z.string().nullable(),
    schema: z.record(z.string(), z.unknown()),
  }),
});

export const KeyDifference = z.object({
  key: z.string(),
  /** What holds now; secrets masked. */
  before: z.unknown(),
  /** What would hold. */
  after: z.unknown(),
  /** It holds from the next start on. */
  restart: z.boolean(),
});
export type KeyDifference = z.infer<typeof KeyDifference>;

export const previewConfiguration = operation({
  name: 'config.preview',
  summary:
    'What a change of the configuration file would come to: differences and remarks; nothing is written',
  kind: 'call',
  deadlineMs: 30_000,
  doors: ['http', 'library'],
  permission: 'config:write',
  effect: 'read',
  needs: 'store',
  http: { method: 'POST', path: '/config/preview' },
  input: z.object({
    changes,
    environment: z.enum(['development', 'staging', 'production']).default('production'),
  }),
  output: z.object({
    /** Whether it would be taken; remarks on the environment do not hinder that. */
    fits: z.boolean(),
    report: ValidationReport,
    differences: z.array(KeyDifference),
    /** The text of the file before and after, secrets masked. */
    before: z.string(),
    after: z.string(),
    version: z.string(),
  }),
});

export const saveConfiguration = operation({
  name: 'config.save',
  summary: 'Write several keys into the configuration file at once: all of them, or none',
  kind: 'call',
  deadlineMs: 30_000,
  doors: ['http', 'library'],
  permission: 'config:write',
  effect: 'admin',
  dangerous: true,
  needs: 'store',
  input: z.object({
    changes,
    /** As `config.file` told it: what was changed meanwhile is not written over. */
    version: fileVersion,
  }),
  output: z.object({
    version: z.string(),
    /** Keys that hold from the next start on. */
    restart: z.array(z.string()),
  }),
});

export const initConfiguration = operation({
  name: 'config.init',
  summary: 'Write a first config.json and make the labels',
  kind: 'call',
  deadlineMs: 120_000,
  doors: ['cli'],
  permission: 'config:write',
  effect: 'write',
  needs: 'nothing',
  input: z.object({
    file: filePath.default('config.json'),
    managerRepo: repositoryName.optional(),
    repositories: z.array(repositoryPattern).min(1, 'name at least one repository or folder'),
    username: plainName.optional(),
    force: z.boolean().default(false),
  }),
  output: z.object({
    file: z.string(),
    tokenChecked: z.boolean(),
    labels: z.array(z.string()),
    remarks: z.array(z.string()),
  }),
});
