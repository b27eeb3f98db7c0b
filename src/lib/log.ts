/** Where a room tells what it does: facts first, then one plain sentence, as pino takes them. Never a secret. */
export interface Log {
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

const nothing = (): void => undefined;

/** For callers that have no log. */
export const silentLog: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
