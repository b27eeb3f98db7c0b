import type { Served } from '../gate.ts';
import { serve } from '../gate.ts';
import type { ServiceSummary } from './contract.ts';
import { runDemo } from './contract.ts';

export interface DemoPorts {
  /** Makes the sample repositories and the configuration in the demo's folder. */
  readonly prepare: () => Promise<{ readonly folder: string; readonly configFile: string }>;
  /** Runs the loop over the samples; with `approve` every proposal is approved as the person at the terminal. */
  readonly run: (
    configFile: string,
    options: {
      readonly approve: boolean;
      readonly once: boolean;
      readonly port: number | undefined;
      readonly signal: AbortSignal;
      readonly progress: (text: string) => void;
    },
  ) => Promise<ServiceSummary & { readonly sandbox: string }>;
}

/** `demo`: the whole loop on samples, with real git, a real database and the bundled agent. */
export function demoHandlers({ prepare, run }: DemoPorts): readonly Served[] {
  return [
    serve(runDemo, async ({ once, port }, { signal, progress }) => {
      const { folder, configFile } = await prepare();
      progress(`sample repositories in ${folder}`);
      if (!once) {
        progress(`look:    claude-manager --config ${configFile} tasks list`);
        progress(`approve: claude-manager --config ${configFile} tasks approve ID`);
        progress('stop with Ctrl-C; --once approves by itself and ends');
      }
      return {
        ...(await run(configFile, { approve: once, once, port, signal, progress })),
        folder,
      };
    }),
  ];
}
