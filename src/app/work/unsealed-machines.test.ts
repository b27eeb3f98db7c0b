import { execFile } from 'node:child_process';
import { chown, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { AgentRoomsReport } from '../../../test/support/agent-rooms-program.ts';

const run = promisify(execFile);
const program = join(import.meta.dirname, '../../../test/support/agent-rooms-program.ts');
const ordinary = 61_001;

/** Machines on which no sandbox can work, as words in front of a program that then runs on one as an ordinary user. */
const machines: Readonly<Record<string, string>> = {
  'whose user may make no namespace of users': `
    setpriv --reuid ${ordinary} --regid ${ordinary} --clear-groups unshare --user --map-current-user --keep-caps sh -c '
      echo 0 > /proc/sys/user/max_user_namespaces
      exec setpriv --inh-caps=-all --ambient-caps=-all "$@"' sh "$@"`,
  'without the programs of a sandbox': `
    unshare --mount sh -c '
      mount --bind /dev/null "$(command -v bwrap)"
      exec setpriv --reuid ${ordinary} --regid ${ordinary} --clear-groups "$@"' sh "$@"`,
};

async function onMachine(
  words: string,
  executor: object,
): Promise<{ readonly report: AgentRoomsReport; readonly written: readonly string[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'cms-open-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  await chown(folder, ordinary, ordinary);
  const { stdout } = await run('sh', [
    '-c',
    words,
    'sh',
    process.execPath,
    program,
    folder,
    JSON.stringify(executor),
  ]);
  return {
    report: JSON.parse(stdout) as AgentRoomsReport,
    written: await readdir(join(folder, 'work')),
  };
}

// Only root can make such a machine of this one.
describe.runIf(process.platform === 'linux' && process.getuid?.() === 0)('on a machine', () => {
  test.each(Object.entries(machines))(
    '%s no agent is started, and what mends it is said',
    async (_, words) => {
      for (const sandbox of ['auto', 'none']) {
        const { report, written } = await onMachine(words, { sandbox });
        expect(report).toMatchObject({
          uid: ordinary,
          sealing: { sandbox: 'none', isUnsealedByConsent: false },
          ranIn: null,
          refusal: 'sandbox_missing',
        });
        expect(report.missing).toContain('executor.allowUnsandboxed');
        expect(written).toEqual([]);
      }
    },
  );

  test('without the programs of a sandbox an agent runs by consent, and is known to run without one', async () => {
    const words = machines['without the programs of a sandbox'] ?? '';
    const { report, written } = await onMachine(words, { allowUnsandboxed: true });
    expect(report).toMatchObject({
      uid: ordinary,
      sealing: { sandbox: 'none', isUnsealedByConsent: true },
      missing: null,
      ranIn: 'none',
    });
    expect(written).toEqual(['started']);
  });
});
