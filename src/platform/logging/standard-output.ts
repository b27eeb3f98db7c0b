import { createWriteStream } from 'node:fs';
import type { LineSink } from './logger.ts';

const mostWaitingBytes = 16_000_000;

/**
 * Standard output for a collector. It is written to beside the program, because writing to a pipe that nobody reads would
 * stop everything; what does not fit into memory meanwhile is dropped, the files have it.
 */
export function standardOutput({ fd }: { readonly fd: number }): LineSink {
  const stream = createWriteStream('', { fd, autoClose: false });
  let isOpen = true;
  stream.on('error', () => {
    isOpen = false; // the reader went away
  });
  return {
    write: (line) => {
      if (isOpen && stream.writableLength < mostWaitingBytes) stream.write(line);
    },
  };
}
