import type { Served } from '../gate.ts';
import { serve } from '../gate.ts';
import type { ValidationReport } from './contract.ts';
import { changeConfiguration, checkConfiguration, showConfiguration } from './contract.ts';

type Shown = (typeof showConfiguration)['output']['_output'];
type Changed = (typeof changeConfiguration)['output']['_output'];

/** The configuration of the process that answers. */
export interface RunningConfigPorts {
  readonly show: () => Promise<Shown>;
  readonly check: (
    environment: 'development' | 'staging' | 'production',
  ) => Promise<ValidationReport>;
  readonly change: (request: {
    readonly key: string;
    readonly value: string;
    readonly version?: string | undefined;
  }) => Promise<Changed>;
}

export function runningConfigHandlers(ports: RunningConfigPorts): readonly Served[] {
  return [
    serve(showConfiguration, () => ports.show()),
    serve(checkConfiguration, ({ environment }) => ports.check(environment)),
    serve(changeConfiguration, (request) => ports.change(request)),
  ];
}
