import type { CallContext, Served } from '../gate.ts';
import { serve } from '../gate.ts';
import type { MigrationReport, ValidationReport } from './contract.ts';
import {
  configurationSchema,
  getConfiguration,
  initConfiguration,
  listConfiguration,
  migrateConfiguration,
  setConfiguration,
  validateConfiguration,
} from './contract.ts';

type Answer<C> = C extends { readonly output: { readonly _output: infer O } } ? O : never;

/** What the configuration room can do, file by file. */
export interface ConfigPorts {
  readonly validate: (
    file: string | undefined,
    environment: 'development' | 'staging' | 'production',
    context: CallContext,
  ) => Promise<ValidationReport>;
  readonly entries: (
    file: string | undefined,
  ) => Promise<readonly { key: string; value: unknown; source: string }[]>;
  readonly entry: (
    file: string | undefined,
    key: string,
  ) => Promise<{ key: string; value: unknown; source: string }>;
  readonly write: (
    file: string | undefined,
    key: string,
    value: string,
  ) => Promise<{ key: string; value: unknown; file: string }>;
  readonly schema: () => Record<string, unknown>;
  readonly migrate: (file: string | undefined, dryRun: boolean) => Promise<MigrationReport>;
  readonly init: (request: {
    readonly file: string;
    readonly managerRepo?: string | undefined;
    readonly repositories: readonly string[];
    readonly username?: string | undefined;
    readonly force: boolean;
  }) => Promise<Answer<typeof initConfiguration>>;
}

export function configHandlers(ports: ConfigPorts): readonly Served[] {
  return [
    serve(validateConfiguration, ({ file, environment }, context) =>
      ports.validate(file, environment, context),
    ),
    serve(getConfiguration, ({ file, key }) => ports.entry(file, key)),
    serve(listConfiguration, async ({ file }) => [...(await ports.entries(file))]),
    serve(setConfiguration, ({ file, key, value }) => ports.write(file, key, value)),
    serve(configurationSchema, async () => ports.schema()),
    serve(migrateConfiguration, ({ file, dryRun }) => ports.migrate(file, dryRun)),
    serve(initConfiguration, (request) => ports.init(request)),
  ];
}
