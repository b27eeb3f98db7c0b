import { toAppError } from '../lib/app-error.ts';
import type { CallContext } from './gate-ports.ts';

type Run<T> = (context: CallContext) => Promise<T>;

/**
 * A reading whose connection to the database broke is asked once more, unless something of it was told already. Nothing
 * that writes is: whether it had been done is not known.
 */
export function readAgain<T>(run: Run<T>): Run<T> {
  return async (context) => {
    let hasTold = false;
    const noting = (tell: (line: string) => void) => (line: string) => {
      hasTold = true;
      tell(line);
    };
    const { progress, reveal } = context;
    try {
      return await run({ ...context, progress: noting(progress), reveal: noting(reveal) });
    } catch (error) {
      if (hasTold || context.signal.aborted || toAppError(error).code !== 'connection_lost')
        throw error;
      return await run(context);
    }
  };
}
