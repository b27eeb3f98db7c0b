import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import type { AgentProbe } from '../../domain/ports/agent.ts';
import { messageOf } from '../../lib/app-error.ts';
import type { AgentParts } from './agent-options.ts';
import { locateProgram } from './locate-program.ts';

const probeTimeoutMs = 20_000;

/**
 * Starts the program with `--version`, without any of our environment, and reads the version that it prints.
 * That proves that it is here and runs; whether its key is good shows with the first run.
 */
export async function probeVersion(
  command: readonly string[],
  parts: AgentParts,
  mend: string,
  signal: AbortSignal,
): Promise<AgentProbe> {
  const home = await mkdtemp(join(tmpdir(), 'cms-probe-'));
  try {
    const { argv } = await locateProgram(command, parts);
    const [program = '', ...rest] = argv;
    const { stdout } = await execa(program, [...rest, '--version'], {
      env: {
        HOME: home,
        PATH: `${dirname(process.execPath)}:/usr/bin:/bin`,
        DISABLE_AUTOUPDATER: '1',
      },
      extendEnv: false,
      timeout: probeTimeoutMs,
      cancelSignal: signal,
    });
    const version = /\d+\.\d+\.\d+[\w.-]*/.exec(stdout)?.[0] ?? null;
    if (version === null)
      return { works: false, version, evidence: `It said "${stdout}", no version.` };
    return { works: true, version, evidence: `${program} started and said that it is ${version}.` };
  } catch (cause) {
    return { works: false, version: null, evidence: `${messageOf(cause)} Install: ${mend}` };
  } finally {
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  }
}
