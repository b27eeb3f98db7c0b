import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { AppError, messageOf } from '../../lib/app-error.ts';
import type { AnchorPlace } from './anchors.ts';

const run = promisify(execFile);
const nothing: AsyncIterable<never> = {
  [Symbol.asyncIterator]: () => ({ next: async () => ({ done: true, value: undefined }) }),
};

/**
 * The system log, by the program `logger` (syslog, or journald where that takes its place), one line of JSON a note. It is
 * only written here; who compares reads it as an administrator (docs/guides/audit.md).
 */
export function createSyslogAnchor(searchPath: string): AnchorPlace {
  return {
    path: 'syslog',
    isWriteOnly: true,
    append: async ({ note }) => {
      try {
        const words = [
          '-t',
          'claude-manager-audit',
          '-p',
          'auth.notice',
          '--',
          JSON.stringify({ note }),
        ];
        await run('logger', words, { timeout: 5000, env: { PATH: searchPath } });
      } catch (cause) {
        throw new AppError({
          kind: 'unavailable',
          code: 'audit_anchor_unwritable',
          message: `The audit log's anchor did not reach the system log: ${messageOf(cause)}.`,
          next: 'Install the program logger (bsdutils), or turn security.audit.syslog off.',
          cause,
        });
      }
    },
    read: () => nothing,
    tail: async () => [],
  };
}
