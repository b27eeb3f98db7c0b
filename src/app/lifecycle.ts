import { writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { AppError, messageOf } from '../lib/app-error.ts';
import { currentCorrelationId } from '../platform/logging/context.ts';
import { environmentRedactor } from './environment-redactor.ts';

/** A stop that was asked for by a signal: the first one asks politely, the second one ends the process at once. */
export interface StopSignal {
  readonly signal: AbortSignal;
  dispose(): void;
}

export function onStopSignal(): StopSignal {
  const controller = new AbortController();
  const stop = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) process.exit(name === 'SIGINT' ? 130 : 143);
    process.stderr.write(
      `${name} received: finishing what must not be cut; again to end at once\n`,
    );
    controller.abort(new Error(`stopped by ${name}`));
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return {
    signal: controller.signal,
    dispose: () => {
      process.off('SIGINT', stop);
      process.off('SIGTERM', stop);
    },
  };
}

/**
 * What nobody caught ends the process at once with exit code 70 and one line on standard error, because its state is not
 * known any more; the supervisor starts a new one, which takes the work over. Rejections nobody handles arrive here too.
 */
export function endOnFatal(): void {
  process.on('uncaughtException', (error, origin) => {
    const line = {
      timestamp: new Date().toISOString(),
      level: 'FATAL',
      message: 'the process ends, because an error was not caught',
      correlation_id: currentCorrelationId() ?? null,
      origin,
      error: messageOf(error),
      stack: error instanceof Error ? error.stack : undefined,
    };
    try {
      const redactor = environmentRedactor(process.env);
      writeSync(2, `${redactor.redact(JSON.stringify(line))}\n`);
    } finally {
      process.exit(70);
    }
  });
}

/** Asks a service on this machine to end. */
export function terminate({ pid, host }: { readonly pid: number; readonly host: string }): void {
  if (host !== hostname()) {
    throw new AppError({
      kind: 'unavailable',
      code: 'service_elsewhere',
      message: `The service runs on ${host}, not here.`,
      next: `Run \`claude-manager stop\` on ${host}.`,
    });
  }
  process.kill(pid, 'SIGTERM');
}
