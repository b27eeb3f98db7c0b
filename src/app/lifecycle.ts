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
