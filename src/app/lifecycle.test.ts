import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

const room = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);

/** A process that meets the fault inside a unit of work; nothing that comes after it may be done. */
const program = (fault: string): string => `
import { endOnFatal } from ${room('./lifecycle.ts')};
import { withContext } from ${room('../platform/logging/context.ts')};
endOnFatal();
setInterval(() => undefined, 1000);
withContext({ correlationId: 'order-17' }, () => {
  setTimeout(() => { ${fault} }, 1);
});
`;

test.each([
  ['uncaughtException', `throw new Error('planted ' + process.env.GITHUB_TOKEN)`],
  ['unhandledRejection', `void Promise.reject(new Error('planted ' + process.env.GITHUB_TOKEN))`],
])(
  '%s ends the process with code 70 and one fatal line that has the id of its work and no secret',
  (origin, fault) => {
    const ended = spawnSync(process.execPath, ['--input-type=module', '--eval', program(fault)], {
      env: { ...process.env, GITHUB_TOKEN: 'ghp_canary0123456789canary0123456789cana' },
      encoding: 'utf8',
      timeout: 120_000,
    });
    expect(ended.status).toBe(70);
    expect(ended.stdout).toBe('');
    const [line = '', ...more] = ended.stderr.trimEnd().split('\n');
    expect(more).toEqual([]);
    expect(JSON.parse(line)).toMatchObject({
      level: 'FATAL',
      origin,
      correlation_id: 'order-17',
      error: expect.stringMatching(/^planted /u),
    });
    expect(line).not.toContain('ghp_canary');
  },
);
