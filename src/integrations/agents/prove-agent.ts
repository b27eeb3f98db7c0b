import { constants } from 'node:fs';
import { mkdir, mkdtemp, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { AgentEvent } from '../../domain/agent-event.ts';
import type { Agent, AgentRunner } from '../../domain/ports/agent.ts';
import type { Sandbox } from '../../domain/ports/sandbox.ts';
import { AppError, toAppError } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Random } from '../../lib/random.ts';
import { removeTree } from '../../lib/remove-tree.ts';

export interface ProofStep {
  readonly step: 'program' | 'sandbox' | 'work';
  readonly state: 'ok' | 'failed' | 'not_tried';
  readonly evidence: string;
  readonly next: string | null;
  readonly durationMs: number;
}

export interface Proof {
  readonly agent: string;
  readonly works: boolean;
  readonly version: string | null;
  readonly steps: readonly ProofStep[];
  readonly costUsd: number | null;
}

export interface ProofParts {
  readonly runner: AgentRunner;
  readonly sandbox: Pick<Sandbox, 'name' | 'probe'>;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly random: Pick<Random, 'bytes'>;
  /** Own folder of the service, where the work folder of the proof is made. */
  readonly tempRoot: string;
  readonly budgetUsd: number;
  readonly correlationId: string;
  readonly signal: AbortSignal;
  readonly progress: (line: string) => void;
}

const workMs = 180_000;
const stallMs = 120_000;

/**
 * Tries an agent as a run would use it: its program, the sandbox, and then a piece of real work, proven by a file whose
 * content only this call knows. A step that fails leaves the ones after it untried.
 */
export async function proveAgent(agent: Agent, parts: ProofParts): Promise<Proof> {
  const { clock, progress } = parts;
  const steps: ProofStep[] = [];
  let version: string | null = null;
  let costUsd: number | null = null;
  const take = async (
    step: ProofStep['step'],
    words: string,
    work: () => Promise<Pick<ProofStep, 'state' | 'evidence' | 'next'>>,
  ): Promise<void> => {
    if (steps.some(({ state }) => state !== 'ok')) {
      const evidence = 'Not tried, because the step before it failed.';
      steps.push({ step, state: 'not_tried', evidence, next: null, durationMs: 0 });
      return;
    }
    progress(words);
    const from = clock.monotonicMs();
    const seen = await work().catch((thrown: unknown) => {
      const { message, next } = toAppError(thrown);
      return { state: 'failed' as const, evidence: message, next: next ?? null };
    });
    steps.push({ step, ...seen, durationMs: Math.round(clock.monotonicMs() - from) });
  };
  await take('program', `looking for ${agent.name}`, async () => {
    const probe = await agent.probe(parts.signal);
    ({ version } = probe);
    return { state: probe.works ? 'ok' : 'failed', evidence: probe.evidence, next: null };
  });
  await take('sandbox', 'trying the sandbox', async () => {
    const { works, evidence, mend } = await parts.sandbox.probe();
    return { state: works ? 'ok' : 'failed', evidence, next: mend };
  });
  await take('work', `${agent.name} works`, async () => {
    const { usage, ...seen } = await work(agent, parts);
    costUsd = usage;
    return seen;
  });
  const works = steps.every(({ state }) => state === 'ok');
  return { agent: agent.name, works, version, steps, costUsd };
}

const fileName = 'proof.txt';

async function work(
  agent: Agent,
  parts: ProofParts,
): Promise<Pick<ProofStep, 'state' | 'evidence' | 'next'> & { readonly usage: number | null }> {
  const word = parts.random.bytes(12).toString('hex');
  await mkdir(parts.tempRoot, { recursive: true, mode: 0o700 });
  const workspace = await mkdtemp(join(parts.tempRoot, 'proof-'));
  const said: string[] = [];
  try {
    const { end, stopped, usage, sandbox } = await parts.runner.run({
      agent,
      assignment: {
        prompt: `Create a file named ${fileName} in the current folder. Its only line is: ${word}\nChange nothing else, and run nothing.`,
        budgetUsd: parts.budgetUsd,
        timeoutMs: workMs,
        correlationId: parts.correlationId,
      },
      workspace,
      limits: { timeoutMs: workMs, stallMs, budgetUsd: parts.budgetUsd, outputBytes: 2 ** 20 },
      egress: [],
      signal: parts.signal,
      onEvent: (event) => keepWords(event, said),
    });
    const cost = usage?.costUsd ?? null;
    const found = await contentOf(join(workspace, fileName));
    if (found?.trim() === word) {
      const evidence = `It wrote ${fileName} with the word that we gave it, inside ${sandbox}.`;
      return { state: 'ok', evidence, next: null, usage: cost };
    }
    const last = said.at(-1);
    const seen = [
      found === null ? `It wrote no ${fileName}.` : `${fileName} holds something else.`,
      stopped === null ? '' : `It was stopped: ${stopped}.`,
      end.message === '' ? '' : `It ended with: ${end.message}`,
      last === undefined || last === end.message ? '' : `Its last words: ${last}`,
    ];
    return {
      state: 'failed',
      evidence: seen.filter(Boolean).join(' ').slice(0, 2000),
      next: 'Check its key under Security, Credentials, and its entry under executor.agents.',
      usage: cost,
    };
  } finally {
    await removeTree(workspace);
  }
}

function keepWords(event: AgentEvent, said: string[]): void {
  if (event.type === 'message' && event.text.trim() !== '') said.push(event.text.trim());
}

/** The file as text, at most a kilobyte; no link is followed, because the agent made it. Null when it is not there. */
async function contentOf(path: string): Promise<string | null> {
  const file = await open(
    path,
    constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
  ).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ELOOP') return null;
    throw new AppError({
      kind: 'unavailable',
      code: 'proof_unreadable',
      message: `What the agent wrote cannot be read: ${error.message}.`,
      cause: error,
    });
  });
  if (file === null) return null;
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(1024), 0, 1024, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}
