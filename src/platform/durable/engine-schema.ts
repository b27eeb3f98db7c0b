import type { Database } from '../database/database.ts';
import { createDurableEngine, type DurableEngineDeps } from './engine.ts';

/** Makes the engine's own tables in a database that has none, by launching it once with nothing to do. */
export async function makeEngineSchema(
  database: Pick<Database, 'url' | 'pool'>,
  deps: DurableEngineDeps,
): Promise<void> {
  const engine = createDurableEngine({ database, applicationVersion: 'schema' }, deps);
  await engine.launch();
  await engine.shutdown({ drainMs: 0 });
}
