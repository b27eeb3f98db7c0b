import { AppError } from '../../lib/app-error.ts';

/** DBOS keeps its state process-wide; so the process, not a module, remembers that its engine is taken. */
const slot = Symbol.for('claude-manager.durable-engine');

const place = globalThis as { [slot]?: true };

/** Throws AppError `engine_already_running` when this process has an engine. */
export function takeEngineSlot(): void {
  if (place[slot] === true) {
    throw new AppError({
      kind: 'conflict',
      code: 'engine_already_running',
      message: 'This process has a durable engine already; there can be only one.',
      next: 'Stop the other manager first, or run the second one in a process of its own.',
    });
  }
  place[slot] = true;
}

export function freeEngineSlot(): void {
  delete place[slot];
}
