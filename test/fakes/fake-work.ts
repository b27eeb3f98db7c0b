import type { AgentEvent } from '../../src/domain/agent-event.ts';
import type { Agent, AgentRunner, AgentRunResult } from '../../src/domain/ports/agent.ts';
import type { ChangedFile, Mirrors, Workspaces } from '../../src/domain/ports/git.ts';
import type { RepositoryRef } from '../../src/domain/repository.ts';
import type { CommandRunner, Sealing } from '../../src/pipeline/pipeline-ports.ts';
import { fakeCommit } from './fake-repository.ts';

/** What the next run of the agent does and what is found in its workspace; tests change it in place. */
export interface FakeWork {
  files: readonly ChangedFile[];
  patch: string;
  /** Bytes of changed files that the patch does not show. */
  readonly contents: Map<string, Uint8Array>;
  result: AgentRunResult;
  events: readonly AgentEvent[];
  /** Commands of the policy that fail. */
  failing: ReadonlySet<string>;
  /** Called while the agent is at work. */
  during: (() => Promise<void>) | null;
  /** Thrown instead of making a workspace. */
  broken: Error | null;
  /** Head of a branch of the target that is no base branch; null otherwise. */
  heads: (ref: RepositoryRef, branch: string) => string | null;
  /** Prompts the agent was given. */
  readonly prompts: string[];
  /** Run ids of workspaces that are there. */
  readonly workspaces: Set<string>;
  /** The commit of finished work is not here: the machine that made it is gone. */
  isAway: boolean;
}

/** The result of an agent that says it is done. */
export function completed(message = 'Did it.'): AgentRunResult {
  return {
    end: { kind: 'completed', exitCode: 0, message, failure: null, resetsAt: null },
    stopped: null,
    usage: null,
    durationMs: 1000,
    sandbox: 'none',
  };
}

export function changedFile(path: string, change: Partial<ChangedFile> = {}): ChangedFile {
  const plain = { status: 'modified', mode: '100644', bytes: 5, linkTarget: null, text: 'text\n' };
  return { path, ...plain, ...change } as ChangedFile;
}

export function createFakeWork(): FakeWork {
  return {
    files: [changedFile('src/a.ts')],
    patch: '+text',
    contents: new Map(),
    result: completed(),
    events: [{ type: 'message', text: 'working' }],
    failing: new Set(),
    during: null,
    broken: null,
    heads: () => null,
    prompts: [],
    workspaces: new Set(),
    isAway: false,
  };
}

export function fakeAgent(name: string, cost: Agent['cost']): Agent {
  return {
    name,
    cost,
    probe: async () => ({ works: true, version: '1', evidence: 'fake' }),
    command: () => ({ argv: [name], env: {}, secrets: [], stdin: null, egress: [] }),
    parser: () => ({ line: () => [], end: () => completed().end, usage: () => null }),
  };
}

/** The parts round an agent: workspace, runner, commands, mirror. No process is started, no file is written. */
export function fakeWorkPorts(work: FakeWork): {
  mirrors: Mirrors;
  workspaces: Workspaces;
  runner: AgentRunner;
  sealing: Sealing;
  commands: CommandRunner;
} {
  return {
    mirrors: {
      refresh: async (ref, _remote, branch) => ({
        gitDir: '/mirror',
        commit: work.heads(ref, branch) ?? fakeCommit(ref.name),
      }),
    },
    workspaces: {
      create: async ({ runId, mirror }) => {
        if (work.broken !== null) throw work.broken;
        work.workspaces.add(runId);
        return {
          runId,
          folder: `/work/${runId}`,
          baseCommit: mirror.commit,
          export: async () => ({
            gitDir: `/clean/${runId}`,
            tree: fakeCommit('tree'),
            files: work.files,
            patch: work.patch,
            patchIsCut: false,
            baseLinks: new Map(),
            content: async (path) => work.contents.get(path) ?? Buffer.alloc(0),
            refused: [],
            commit: async (message) => fakeCommit(runId, message),
          }),
          remove: async () => void work.workspaces.delete(runId),
        };
      },
      sweep: async () => [],
      holds: async () => !work.isAway,
    },
    runner: {
      run: async (request) => {
        work.prompts.push(request.assignment.prompt);
        for (const event of work.events) request.onEvent(event);
        if (work.during !== null) await work.during();
        return work.result;
      },
    },
    sealing: { sandbox: 'none', isUnsealedByConsent: true },
    commands: {
      run: async ({ command }) => {
        const passed = !work.failing.has(command);
        return {
          command,
          passed,
          exitCode: passed ? 0 : 1,
          durationMs: 1,
          output: `ran ${command}`,
        };
      },
    },
  };
}
