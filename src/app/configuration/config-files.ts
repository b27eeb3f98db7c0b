import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { AppError, toAppError } from '../../lib/app-error.ts';
import type { ChecklistItem, ValidationReport } from '../../operations/config/contract.ts';
import type { ConfigPorts } from '../../operations/config/handlers.ts';
import { configHandlers } from '../../operations/config/handlers.ts';
import type { Served } from '../../operations/gate.ts';
import type { ConfigIssue } from '../../platform/config/config-issue.ts';
import { configJsonSchema, describeKeys } from '../../platform/config/describe-keys.ts';
import { readKey, setKey } from '../../platform/config/edit-config.ts';
import type { LoadedConfig } from '../../platform/config/load-config.ts';
import { loadConfig } from '../../platform/config/load-config.ts';
import type { DeploymentEnvironment } from '../../platform/config/remark.ts';
import { createValidator, type Validator } from '../../platform/config/validator.ts';
import type { OpenFull } from '../demo/run-demo.ts';
import type { OpenOptions } from '../open-options.ts';
import { writeFirstConfig } from './init.ts';
import { measureMachine } from './measure-machine.ts';
import { migrateFile } from './migrate-file.ts';
import { checklistFor } from './production-checklist.ts';
import { replaceFile } from './replace-file.ts';
import { requireNoNewFault } from './require-sound.ts';

/** `validate`, `config …`, `init`: the configuration file; for the production checklist also the system that it describes. */
export function configFileHandlers(options: OpenOptions, openFull: OpenFull): readonly Served[] {
  return configHandlers(portsOf(options, openFull));
}

type Environment = ValidationReport['environment'];
type Checklist = (
  loaded: LoadedConfig,
  report: Omit<ValidationReport, 'checklist'>,
) => Promise<ChecklistItem[]>;

/** Every remark on a file; one that cannot be used is a report as well. The checklist is run for production only. */
export async function validateFile(
  options: Pick<OpenOptions, 'folder' | 'env'>,
  file: string | undefined,
  environment: Environment,
  parts: {
    readonly validator: Validator;
    readonly checklist: Checklist | null;
    /** Instead of what stands in the file. */
    readonly text?: string;
  },
): Promise<ValidationReport> {
  let loaded: LoadedConfig;
  try {
    const { text } = parts;
    loaded = await loadConfig({
      file,
      folder: options.folder,
      env: options.env,
      ...(text === undefined ? {} : { readFile: async () => text }),
    });
  } catch (thrown) {
    return unfit(toAppError(thrown), environment);
  }
  if (loaded.file === null) return withoutFile(resolve(options.folder, 'config.json'), environment);
  const report = await reportOf(loaded, environment, parts.validator);
  const isAsked = environment === 'production' && parts.checklist !== null;
  const checklist = isAsked ? await parts.checklist(loaded, report) : null;
  return { ...report, checklist };
}

function portsOf(options: OpenOptions, openFull: OpenFull): ConfigPorts {
  const validator = createValidator();
  const load = (file: string | undefined): Promise<LoadedConfig> =>
    loadConfig({ file, folder: options.folder, env: options.env });
  const entryOf = (
    loaded: LoadedConfig,
    key: string,
  ): { key: string; value: unknown; source: string } => ({
    key,
    value: readKey(loaded.config, key),
    source: loaded.sources.get(key) ?? 'default',
  });
  return {
    validate: (file, environment, context) =>
      validateFile(options, file, environment, {
        validator,
        checklist: (loaded, report) => checklistFor(options, openFull, loaded, report, context),
      }),
    entries: async (file) => {
      const loaded = await load(file);
      return describeKeys()
        .filter(({ path }) => !path.includes('[]') && !path.includes('<'))
        .map(({ path }) => entryOf(loaded, path));
    },
    entry: async (file, key) => entryOf(await load(file), key),
    write: async (file, key, value) => writeOne(options, file, key, value),
    schema: configJsonSchema,
    migrate: (file, dryRun) => migrateFile(options, file, dryRun),
    init: (request) => writeFirstConfig(options, request),
  };
}

async function reportOf(
  loaded: LoadedConfig,
  environment: Environment,
  validator: Validator,
): Promise<Omit<ValidationReport, 'checklist'>> {
  const { remarks, key, isCached } = validator.judge(
    loaded,
    environment as DeploymentEnvironment,
    await measureMachine(loaded),
  );
  const { errors, securityIssues, warnings, performanceIssues, suggestions } = remarks;
  return {
    environment,
    file: loaded.file,
    valid: errors.length === 0,
    cacheKey: key,
    cached: isCached,
    errors: [...errors],
    securityIssues: [...securityIssues],
    warnings: [...warnings],
    performanceIssues: [...performanceIssues],
    suggestions: [...suggestions],
  };
}

/** Defaults alone are nothing that the service would start with. */
function withoutFile(file: string, environment: ValidationReport['environment']): ValidationReport {
  const missing = {
    code: 'file_missing',
    path: '',
    message: `there is no configuration at ${file}, and the service does not start without one`,
    line: null,
    column: null,
    write: 'claude-manager init --repo owner/name, or name a file with --config FILE',
  };
  return { environment, file: null, valid: false, errors: [missing], ...nothingElse };
}

const nothingElse = {
  cacheKey: null,
  cached: false,
  checklist: null,
  securityIssues: [],
  warnings: [],
  performanceIssues: [],
  suggestions: [],
};

/** A file that does not fit the schema is a report too: `validate` was asked about it. */
function unfit(error: AppError, environment: ValidationReport['environment']): ValidationReport {
  if (error.code !== 'config_invalid') throw error;
  const { file, issues } = error.details as { file: string | null; issues: readonly ConfigIssue[] };
  const errors = issues.map(({ path, line, column, message, suggestion }) => ({
    code: 'schema',
    path,
    line,
    column,
    message,
    write: suggestion,
  }));
  return { environment, file, valid: false, errors, ...nothingElse };
}

/** Writes one key; the value is text as on the command line. */
export async function writeOne(
  options: OpenOptions,
  name: string | undefined,
  key: string,
  value: string,
): Promise<{ key: string; value: unknown; file: string }> {
  const file = resolve(options.folder, name ?? 'config.json');
  const loaded = await writeConfig(options, file, (text) => setKey(text, key, value).text);
  return { key, value: readKey(loaded.config, key), file };
}

/**
 * Writes the changed file beside the old one and moves it there, after the whole of it was read back as valid. Answers
 * what the file alone says now. AppErrors: `config_invalid`, `config_unsound`, `config_unreadable`, `config_unwritable`.
 */
export async function writeConfig(
  options: OpenOptions,
  file: string,
  change: (text: string) => string,
): Promise<LoadedConfig> {
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return '{}\n';
    throw new AppError({
      kind: 'unavailable',
      code: 'config_unreadable',
      message: `${file} cannot be read.`,
      next: 'Check its permissions.',
      cause,
    });
  });
  const changed = change(text);
  const load = (content: string, env: OpenOptions['env']): Promise<LoadedConfig> =>
    loadConfig({ file, folder: options.folder, env, readFile: async () => content });
  const loaded = await load(changed, {});
  // Of a file that cannot be read as it stands, any that can is better.
  const before = await load(text, options.env).catch(() => null);
  if (before !== null) await requireNoNewFault(before, await load(changed, options.env));
  await replaceFile(file, changed);
  return loaded;
}
