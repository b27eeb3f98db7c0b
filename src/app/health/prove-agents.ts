import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Agent } from '../../domain/ports/agent.ts';
import type { Sandbox } from '../../domain/ports/sandbox.ts';
import { createAgents } from '../../integrations/agents/create-agents.ts';
import { createDemoAgent } from '../../integrations/agents/demo/demo-agent.ts';
import { type Proof, proveAgent } from '../../integrations/agents/prove-agent.ts';
import { createAgentRunner } from '../../integrations/agents/runner.ts';
import { measureAbilities } from '../../integrations/sandbox/abilities.ts';
import { chooseSandbox } from '../../integrations/sandbox/choose-sandbox.ts';
import { toAppError } from '../../lib/app-error.ts';
import { systemClock } from '../../lib/clock.ts';
import { systemRandom } from '../../lib/random.ts';
import { proofBudgetUsd } from '../../operations/agents/contract.ts';
import type { DoctorCheck, DoctorRequest } from '../../operations/health/handlers.ts';
import type { LoadedConfig } from '../../platform/config/load-config.ts';
import { correlationIdHere } from '../../platform/logging/context.ts';
import { agentEntries, sandboxCandidates } from '../work/open-agents.ts';

export interface AgentProofs {
  /** Null when the configuration is not valid: then only the sandboxes are tried. */
  readonly loaded: LoadedConfig | null;
  /** Folder of the configuration. */
  readonly folder: string;
  /** Where programs are looked for. */
  readonly path: string;
  /** The agents that are put to work; the others are only looked for. */
  readonly proves: DoctorRequest['proves'];
  readonly signal: AbortSignal;
  readonly progress: (line: string) => void;
}

/**
 * The sandboxes of this machine, then each agent: proven by a file that it writes in the sandbox it would run in, where its
 * key is in the environment. The default agent must work; others may be missing.
 */
export async function proveAgents(proofs: AgentProofs): Promise<readonly DoctorCheck[]> {
  const root = await mkdtemp(join(tmpdir(), 'cms-doctor-'));
  try {
    const base = { clock: systemClock, random: systemRandom, path: proofs.path };
    const candidates = sandboxCandidates({ ...base, warn: () => undefined }, root).map(triedOnce);
    const { executor } = proofs.loaded?.config ?? {};
    const wanted = executor?.sandbox ?? 'auto';
    const sandbox = await chooseSandbox({
      wanted,
      allowUnsandboxed: executor?.allowUnsandboxed ?? false,
      candidates,
    }).catch(none);
    const lines = await sandboxLines(candidates, wanted, sandbox, root);
    if (proofs.loaded === null) {
      const evidence = 'The configuration is not valid.';
      return [...lines, { name: 'agents', status: 'not_measured', evidence, mend: null }];
    }
    return [...lines, ...(await agentLines(proofs, proofs.loaded, sandbox, root))];
  } finally {
    await rm(root, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** What every proof asks of it again is answered from the first try. */
function triedOnce(sandbox: Sandbox): Sandbox {
  let said: ReturnType<Sandbox['probe']> | null = null;
  return { ...sandbox, probe: () => (said ??= sandbox.probe()) };
}

/** Stands where no sandbox may be taken; says why. */
function none(thrown: unknown): Sandbox {
  const error = toAppError(thrown);
  return {
    name: 'none',
    probe: async () => ({ works: false, evidence: error.message, mend: error.next ?? null }),
    start: () => Promise.reject(error),
  };
}

/** One that does not work is a fault only where no other stands in for it. */
async function sandboxLines(
  candidates: readonly Sandbox[],
  wanted: string,
  chosen: Sandbox,
  root: string,
): Promise<readonly DoctorCheck[]> {
  const stands = (await chosen.probe()).works;
  const lines: DoctorCheck[] = [];
  for (const candidate of candidates.filter(({ name }) => name !== 'none')) {
    const { name } = candidate;
    const { works, evidence, mend } = await candidate.probe();
    const isNeeded = !stands && (wanted === 'auto' || wanted === name);
    const status = works ? 'ok' : isNeeded ? 'failed' : 'warning';
    lines.push({ name: `sandbox ${name}`, status, evidence, mend });
    if (works) lines.push(...(await abilityLines(candidate, root)));
  }
  if (!stands || chosen.name !== 'none') return lines;
  const evidence =
    'executor.allowUnsandboxed consents, and agents run without one: they can do anything this user can.';
  const mend = 'Set executor.allowUnsandboxed to false once a sandbox works.';
  return [...lines, { name: 'sandbox none', status: 'warning', evidence, mend }];
}

/** What it can do here. It works without what is lacking, with less between an agent and the machine. */
async function abilityLines(sandbox: Sandbox, root: string): Promise<readonly DoctorCheck[]> {
  const deps = { tempRoot: join(root, 'able'), nodePath: process.execPath, random: systemRandom };
  try {
    return (await measureAbilities(sandbox, deps)).map(({ name, has, evidence, next }) => ({
      name: `sandbox ${sandbox.name}: ${name}`,
      status: has ? 'ok' : 'warning',
      evidence,
      mend: next,
    }));
  } catch (thrown) {
    const { message, next } = toAppError(thrown);
    const name = `sandbox ${sandbox.name}: abilities`;
    return [{ name, status: 'not_measured', evidence: message, mend: next ?? null }];
  }
}

async function agentLines(
  proofs: AgentProofs,
  loaded: LoadedConfig,
  sandbox: Sandbox,
  root: string,
): Promise<readonly DoctorCheck[]> {
  const { config, secrets } = loaded;
  const isDefault = (name: string): boolean => name === config.executor.default;
  const agents: readonly Agent[] = [
    ...createAgents(agentEntries(config), { path: proofs.path, baseDir: proofs.folder }),
    ...(isDefault('demo') ? [await createDemoAgent(root, [])] : []),
  ];
  const lines: DoctorCheck[] = [];
  for (const agent of agents) {
    const names = agent.command({ ...nothingToDo, workspace: root, home: root }).secrets;
    const has = names.some((name) => secrets.agents[name] !== undefined);
    const why = whyNotProven(agent, names, has, proofs.proves);
    const line =
      why === null
        ? provenLine(await prove(proofs, agent, sandbox, secrets.agents, root))
        : await foundLine(agent, why, proofs.signal);
    const isFault = line.status === 'failed' && !isDefault(agent.name);
    lines.push({ ...line, status: isFault ? 'warning' : line.status });
  }
  return agents.some(({ name }) => isDefault(name))
    ? lines
    : [...lines, absentDefault(config.executor.default)];
}

const nothingToDo = {
  prompt: '',
  promptFile: '',
  budgetUsd: null,
  timeoutMs: 0,
  correlationId: '',
} as const;

/** In words, with what mends it; null when it is proven. */
function whyNotProven(
  agent: Agent,
  names: readonly string[],
  has: boolean,
  proves: AgentProofs['proves'],
): Pick<DoctorCheck, 'evidence' | 'mend'> | null {
  if (proves === 'none')
    return {
      evidence: 'Not proven, because only who may run the service has it work.',
      mend: null,
    };
  const costs = agent.cost !== 'free' || names.length > 0;
  if (costs && proves === 'free')
    return {
      evidence: 'Not proven, because its work costs money and --free leaves that out.',
      mend: null,
    };
  if (names.length === 0 || has) return null;
  return {
    evidence: `Not proven: ${names.join(' or ')} is not set here; with a key in the vault, the dashboard proves it (Settings, Agents).`,
    mend: `export ${names[0]}, then claude-manager doctor`,
  };
}

async function foundLine(
  agent: Agent,
  why: Pick<DoctorCheck, 'evidence' | 'mend'>,
  signal: AbortSignal,
): Promise<DoctorCheck> {
  const { works, evidence } = await agent.probe(signal);
  const name = `agent ${agent.name}`;
  return works
    ? { name, status: 'not_measured', evidence: `${evidence} ${why.evidence}`, mend: why.mend }
    : { name, status: 'failed', evidence, mend: null };
}

async function prove(
  { path, signal, progress }: AgentProofs,
  agent: Agent,
  sandbox: Sandbox,
  keys: Readonly<Record<string, string>>,
  root: string,
): Promise<Proof> {
  const tempRoot = join(root, 'proofs');
  const base = { sandbox, clock: systemClock, random: systemRandom, tempRoot };
  return await proveAgent(agent, {
    ...base,
    runner: createAgentRunner({
      ...base,
      path,
      nodePath: process.execPath,
      secrets: async (name) => keys[name],
    }),
    budgetUsd: proofBudgetUsd,
    correlationId: correlationIdHere(systemRandom),
    signal,
    progress: (line) => progress(line.includes(agent.name) ? line : `${agent.name}: ${line}`),
  });
}

function provenLine({ agent, works, version, steps, costUsd }: Proof): DoctorCheck {
  const last = steps.findLast(({ state }) => state !== 'not_tried');
  const evidence = [
    version === null ? '' : `${version}:`,
    last?.evidence ?? '',
    costUsd === null || costUsd === 0 ? '' : `It cost $${costUsd.toFixed(2)}.`,
  ];
  return {
    name: `agent ${agent}`,
    status: works ? 'ok' : 'failed',
    evidence: evidence.filter(Boolean).join(' '),
    mend: last?.next ?? null,
  };
}

function absentDefault(name: string): DoctorCheck {
  if (name === 'terragon')
    return {
      name: `agent ${name}`,
      status: 'not_measured',
      evidence: 'It works elsewhere and is asked by a comment, so nothing can be tried here.',
      mend: null,
    };
  return {
    name: `agent ${name}`,
    status: 'failed',
    evidence: 'executor.default names it, and there is no such agent.',
    mend: 'Add it under executor.agents, or name another one in executor.default.',
  };
}
