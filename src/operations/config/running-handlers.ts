import type { CallContext, Served } from '../gate.ts';
import { serve } from '../gate.ts';
import type { ValidationReport } from './contract.ts';
import {
  changeConfiguration,
  checkConfiguration,
  previewConfiguration,
  saveConfiguration,
  showConfiguration,
  showConfigurationFile,
} from './contract.ts';

type Shown = (typeof showConfiguration)['output']['_output'];
type File = (typeof showConfigurationFile)['output']['_output'];
type Preview = (typeof previewConfiguration)['output']['_output'];
type Saved = (typeof saveConfiguration)['output']['_output'];
type Changes = (typeof saveConfiguration)['input']['_output']['changes'];
type Changed = (typeof changeConfiguration)['output']['_output'];

/** The configuration of the process that answers. */
export interface RunningConfigPorts {
  readonly show: () => Promise<Shown>;
  readonly check: (
    environment: 'development' | 'staging' | 'production',
    context: CallContext,
  ) => Promise<ValidationReport>;
  readonly file: () => Promise<File>;
  readonly preview: (
    changes: Changes,
    environment: 'development' | 'staging' | 'production',
  ) => Promise<Preview>;
  readonly save: (changes: Changes, version: string) => Promise<Saved>;
  readonly change: (request: {
    readonly key: string;
    readonly value: string;
    readonly version?: string | undefined;
  }) => Promise<Changed>;
}

export function runningConfigHandlers(ports: RunningConfigPorts): readonly Served[] {
  return [
    serve(showConfiguration, () => ports.show()),
    serve(checkConfiguration, ({ environment }, context) => ports.check(environment, context)),
    serve(showConfigurationFile, () => ports.file()),
    serve(previewConfiguration, ({ changes, environment }) => ports.preview(changes, environment)),
    serve(saveConfiguration, ({ changes, version }) => ports.save(changes, version)),
    serve(changeConfiguration, (request) => ports.change(request)),
  ];
}
