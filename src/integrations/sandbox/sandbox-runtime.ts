import { spawn } from 'node:child_process';
import { lookup } from 'node:dns/promises';
import { access, constants, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import type { EgressRefusal } from '../../domain/egress-refusal.ts';
import type { Sandbox, SandboxedProcess, SandboxSpec } from '../../domain/ports/sandbox.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Random } from '../../lib/random.ts';
import { ownerOf } from './bubblewrap.ts';
import { type LoopbackEgress, openLoopbackEgress } from './egress.ts';
import type { Resolve } from './egress-rules.ts';
import { markedProcesses, processMark } from './marked-processes.ts';
import { probeSandbox } from './probe.ts';
import { hasOwnNetwork, openRouteCount, type RouteCount, tellUnrouted } from './route-count.ts';
import { feed, supervise } from './supervise.ts';
import { underFilter } from './system-calls.ts';
import { nodeFolder } from './system-view.ts';

export interface SandboxRuntimeDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly tempRoot: string;
  /** Where the `srt` program of @anthropic-ai/sandbox-runtime is looked for, as PATH is written. */
  readonly path: string;
  /** Node to show inside; usually process.execPath. */
  readonly nodePath: string;
  readonly onRefusal?: (refusal: EgressRefusal) => void;
  /** Names to addresses; the system's resolver when not given. */
  readonly resolve?: Resolve;
}

const mend = 'npm install -g @anthropic-ai/sandbox-runtime';

/**
 * @anthropic-ai/sandbox-runtime by its `srt` program, where bubblewrap by itself is not to be had (macOS; on Linux it
 * needs bubblewrap, socat, ripgrep and Perl). It closes reads and writes by lists; the way out is our own proxy, so that the
 * rules and what is told of refusals are the ones of every sandbox. Memory is polled. As root the command would keep
 * its capabilities, so it is refused there. It adds variables of its own (its proxies). The command begins with `exec`,
 * else it outlives a killed launcher.
 */
export function createSandboxRuntime(deps: SandboxRuntimeDeps): Sandbox {
  const sandbox: Sandbox = {
    name: 'sandbox-runtime',
    probe: async () => {
      if (process.getuid?.() === 0) {
        const evidence = 'As root the command would keep its capabilities.';
        return { works: false, evidence, mend: 'apt-get install bubblewrap' };
      }
      const [perl] = filtering();
      if (perl !== undefined && !(await isProgram(perl))) {
        const evidence = `${perl} is not there; only by it are commands kept from keyrings and the newer ways into the kernel.`;
        return { works: false, evidence, mend: 'apt-get install perl-base' };
      }
      return await probeSandbox(sandbox, deps, mend);
    },
    start: (spec) => start(deps, spec),
  };
  return sandbox;
}

async function start(deps: SandboxRuntimeDeps, spec: SandboxSpec): Promise<SandboxedProcess> {
  const mark = `${ownerOf(deps.tempRoot)}.${deps.random.bytes(8).toString('hex')}`;
  await mkdir(deps.tempRoot, { recursive: true, mode: 0o700 });
  const folder = await mkdtemp(join(deps.tempRoot, 'sb-'));
  const onRefusal = (refusal: EgressRefusal): void => {
    deps.onRefusal?.(refusal);
    spec.onEgressRefused?.(refusal);
  };
  const egress = await openLoopbackEgress(folder, spec, deps.random.bytes(16).toString('hex'), {
    nodePath: deps.nodePath,
    resolve: deps.resolve ?? systemResolve,
    onRefusal,
  });
  const over = new AbortController();
  let counting: Promise<RouteCount | null> = Promise.resolve(null);
  const cleanUp = async (): Promise<void> => {
    over.abort();
    await tellUnrouted(await counting, onRefusal);
    await egress.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const settings = join(folder, 'settings.json');
    const program = await programOn(deps.path);
    const readable = [folder, ...egress.readable, dirname(dirname(program))];
    await writeFile(settings, JSON.stringify(await settingsFor(deps, spec, egress, readable)));
    const gate = join(folder, 'gate');
    const line = lineOf(spec, egress, gate, filtering());
    const argv = [...dyingWithUs(), program, '--settings', settings, '-c', line];
    const child = spawn(argv[0] ?? '', argv.slice(1), {
      cwd: spec.workspace,
      // Its own sockets lie in TMPDIR; the command gets another one.
      env: { HOME: spec.home, ...spec.env, TMPDIR: folder, [processMark]: mark },
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    });
    feed(child, spec.stdin);
    const running = await supervise(child, {
      clock: deps.clock,
      memoryBytes: spec.limits.memoryBytes,
      folders: [spec.workspace, spec.home],
      members: () => markedProcesses(mark),
      cleanUp,
    });
    counting = letGo(deps.clock, mark, gate, over.signal);
    return running;
  } catch (cause) {
    await cleanUp();
    throw cause;
  }
}

/**
 * `srt` goes on when its parent is gone, so on Linux the kernel ends it with us, and with it a namespace of processes
 * round it in which nobody survives.
 */
function dyingWithUs(): readonly string[] {
  if (process.platform !== 'linux') return [];
  const own = '--user --map-current-user --ipc --pid --fork --kill-child --mount-proc';
  return `setpriv --pdeathsig KILL -- unshare ${own} --`.split(' ');
}

const lookEveryMs = 50;

/** The command waits for a file of ours; by then we count what has no way out. */
async function letGo(
  clock: Clock,
  mark: string,
  gate: string,
  over: AbortSignal,
): Promise<RouteCount | null> {
  if (process.platform !== 'linux') return null;
  while (!over.aborted) {
    for (const pid of await markedProcesses(mark)) {
      const count = (await hasOwnNetwork(pid)) ? await openRouteCount(pid) : null;
      if (count === null) continue;
      await writeFile(gate, '');
      return count;
    }
    // Its end wakes us; that is no failure.
    await clock.sleep(lookEveryMs, over).catch(() => undefined);
  }
  return null;
}

/** `srt` keeps neither keyrings nor the newer ways into the kernel from a command: our own filter does, and without it nothing starts. */
const filtering = (): readonly string[] =>
  process.platform === 'linux' ? underFilter(process.arch) : [];

const isProgram = async (file: string): Promise<boolean> =>
  await access(file, constants.X_OK).then(
    () => true,
    () => false,
  );

/** Goes on with the command when the file is there. */
const waiting = 'until [ -e "$0" ]; do sleep 0.02; done; exec "$@"';

/** The shell line of the sandbox: limits, the variables of our proxy over its own, the bridge, the command. */
function lineOf(
  spec: SandboxSpec,
  egress: LoopbackEgress,
  gate: string,
  filter: readonly string[],
): string {
  const limits = [`--fsize=${spec.limits.fileBytes}`, '--core=0'];
  // `srt` and its helpers count as well: they belong to the same user.
  const argv = [
    ...(process.platform === 'linux'
      ? [
          '/bin/sh',
          '-c',
          waiting,
          gate,
          'prlimit',
          ...limits,
          `--nproc=${spec.limits.processes}`,
          '--',
          ...filter,
        ]
      : []),
    'env',
    `TMPDIR=${spec.env['TMPDIR'] ?? '/tmp'}`,
    ...Object.entries(egress.env).map(([name, value]) => `${name}=${value}`),
    ...egress.wrap(spec.argv),
  ];
  return `exec ${argv.map(quoted).join(' ')}`;
}

/** What may be read on Linux: everything else below `/` is closed. */
const systemFolders = [
  '/usr',
  '/bin',
  '/sbin',
  '/lib',
  '/lib32',
  '/lib64',
  '/etc/ssl',
  '/etc/pki',
  '/etc/ca-certificates',
  '/etc/ld.so.cache',
  '/etc/ld.so.conf',
  '/etc/ld.so.conf.d',
  '/etc/alternatives',
  '/etc/localtime',
  '/etc/nsswitch.conf',
];

async function settingsFor(
  deps: SandboxRuntimeDeps,
  spec: SandboxSpec,
  egress: LoopbackEgress,
  /** What it needs itself: its sockets, our bridge, its filter of system calls. */
  needed: readonly string[],
): Promise<object> {
  const isLinux = process.platform === 'linux';
  const node = await nodeFolder(deps.nodePath);
  const own = [spec.workspace, spec.home];
  const allowRead = [...own, ...spec.readable, ...needed, ...(node === null ? [] : [node])];
  return {
    network: {
      allowedDomains: [],
      deniedDomains: [],
      // Ours decides; its own would tell nobody of what it refuses.
      ...(egress.port === null ? {} : { httpProxyPort: egress.port }),
    },
    filesystem: {
      denyRead: isLinux ? ['/', '/sys'] : ['/root', '/home', '/Users', '/run', '/var/run'],
      allowRead: isLinux ? [...allowRead, ...systemFolders] : allowRead,
      // On Linux /tmp is closed like everything else, which makes it an empty writable one that ends with the run.
      allowWrite: isLinux ? own : [...own, '/tmp'],
      denyWrite: [],
    },
  };
}

/** The file behind the name; it lies in `dist/` of its package. The name itself when there is none, for the error. */
async function programOn(path: string): Promise<string> {
  for (const folder of path.split(delimiter)) {
    const found = await realpath(join(folder, 'srt')).catch(() => null);
    if (found !== null) return found;
  }
  return 'srt';
}

function quoted(argument: string): string {
  return `'${argument.replaceAll("'", `'\\''`)}'`;
}

const systemResolve: Resolve = async (name) =>
  (await lookup(name, { all: true })).map(({ address }) => address);
