import { type ChildProcessByStdio, execFile, spawn } from 'node:child_process';
import { lookup } from 'node:dns/promises';
import { type FileHandle, mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import type { EgressRefusal } from '../../domain/egress-refusal.ts';
import type { Sandbox, SandboxedProcess, SandboxSpec } from '../../domain/ports/sandbox.ts';
import type { Clock } from '../../lib/clock.ts';
import { idOf } from '../../lib/hash.ts';
import type { Random } from '../../lib/random.ts';
import { type ControlGroup, createControlGroup } from './control-group.ts';
import { type EgressOpening, openEgress } from './egress.ts';
import type { Resolve } from './egress-rules.ts';
import { markedProcesses, processMark } from './marked-processes.ts';
import { mountArguments } from './mounts.ts';
import { giveFolders } from './ownership.ts';
import { probeSandbox } from './probe.ts';
import { openRouteCount, type RouteCount, tellUnrouted } from './route-count.ts';
import { feed, supervise } from './supervise.ts';
import { systemCallFilter } from './system-calls.ts';
import { nodeFolder, type SandboxUser, systemArguments } from './system-view.ts';

export interface BubblewrapDeps {
  readonly clock: Clock;
  readonly random: Random;
  /** Own folder of the service for sockets and generated files; short, because a unix socket's path ends at 107 bytes. */
  readonly tempRoot: string;
  /** Node to show inside; usually process.execPath. */
  readonly nodePath: string;
  /** The user of foreign code. Null keeps ours, which is right unless we are root (`agentUserOf`). */
  readonly runAs: SandboxUser | null;
  readonly onRefusal?: (refusal: EgressRefusal) => void;
  /** Names to addresses; the system's resolver when not given. */
  readonly resolve?: Resolve;
}

/** The user that foreign code gets: an own one where we are root, else ours. */
export function agentUserOf(uid: number | undefined): SandboxUser | null {
  return uid === 0 ? { uid: 61_000, gid: 61_000 } : null;
}

/**
 * Foreign code in namespaces of its own (https://github.com/containers/bubblewrap): read-only system, writable
 * workspace, home and /tmp, no network but an allow-listing proxy, nothing of the service's files or processes, and no
 * further namespaces of users.
 */
export function createBubblewrap(deps: BubblewrapDeps): Sandbox {
  const sandbox: Sandbox = {
    name: 'bubblewrap',
    probe: () => probeSandbox(sandbox, deps, 'apt-get install bubblewrap'),
    start: (spec) => start(deps, spec),
  };
  return sandbox;
}

async function start(deps: BubblewrapDeps, spec: SandboxSpec): Promise<SandboxedProcess> {
  const id = deps.random.bytes(8).toString('hex');
  const mark = `${ownerOf(deps.tempRoot)}.${id}`;
  await mkdir(deps.tempRoot, { recursive: true, mode: 0o700 });
  const folder = await mkdtemp(join(deps.tempRoot, 'sb-'));
  const group = await createControlGroup(`cms-${mark}`, spec.limits);
  const onRefusal = (refusal: EgressRefusal): void => {
    deps.onRefusal?.(refusal);
    spec.onEgressRefused?.(refusal);
  };
  const egress = await openEgress(folder, spec, {
    nodePath: deps.nodePath,
    resolve: deps.resolve ?? systemResolve,
    onRefusal,
  });
  let counting: Promise<RouteCount | null> = Promise.resolve(null);
  const cleanUp = async () => {
    await tellUnrouted(await counting, onRefusal);
    await egress.close();
    await group?.remove();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    if (deps.runAs !== null) await giveFolders(deps.runAs, [spec.workspace, spec.home]);
    const filter = await filterIn(folder);
    const argv = await bwrapCommand(deps, spec, folder, group, egress);
    const child = spawn(argv[0] ?? '', argv.slice(1), {
      cwd: '/',
      env: { ...spec.env, ...egress.env, [processMark]: mark },
      stdio: ['pipe', 'pipe', 'pipe', 'pipe', 'pipe', filter?.fd ?? 'ignore'],
      detached: true,
    }) as ChildProcessByStdio<Writable, Readable, Readable>;
    feed(child, spec.stdin);
    const supervised = supervise(child, {
      clock: deps.clock,
      memoryBytes: group === null ? spec.limits.memoryBytes : null,
      folders: [spec.workspace, spec.home],
      members: async () => (group === null ? markedProcesses(mark) : group.members()),
      cleanUp,
    });
    await Promise.allSettled([supervised]);
    await filter?.close();
    const running = await supervised;
    counting = letGo(child.stdio[infoFd] as Readable, child.stdio[gateFd] as Writable);
    await counting;
    return running;
  } catch (cause) {
    await cleanUp();
    throw cause;
  }
}

/** Numbers of the open files by which bwrap tells whom it started, the command waits for us, and bwrap gets its filter. */
const infoFd = 3;
const gateFd = 4;
const filterFd = 5;

/** Waits for a line, and ends without one: then we are gone. `--block-fd` would wait before it dies with us. */
const waiting = [
  '/bin/sh',
  '-c',
  `read _ <&${gateFd} || exit 125; exec ${gateFd}<&-; exec "$@"`,
  'sh',
];

/** The command waits until we count what has no way out. */
async function letGo(info: Readable, gate: Writable): Promise<RouteCount | null> {
  gate.on('error', () => gate.destroy());
  const pid = /"child-pid": (\d+)/.exec(await text(info).catch(() => ''))?.[1];
  const count = pid === undefined ? null : await openRouteCount(Number(pid));
  gate.end('\n');
  return count;
}

async function filterIn(folder: string): Promise<FileHandle | null> {
  const filter = systemCallFilter(process.arch);
  if (filter === null) return null;
  const path = join(folder, 'system-calls');
  await writeFile(path, filter);
  return await open(path);
}

async function bwrapCommand(
  deps: BubblewrapDeps,
  spec: SandboxSpec,
  folder: string,
  group: ControlGroup | null,
  egress: EgressOpening,
): Promise<readonly string[]> {
  const user = deps.runAs ?? { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const node = await nodeFolder(deps.nodePath);
  const readable = [...spec.readable, ...(node === null ? [] : [node])]
    .filter((path) => !path.startsWith('/usr/'))
    .map((path) => ({ source: path, target: path, writable: false }));
  const own = [spec.workspace, spec.home].map((path) => ({
    source: path,
    target: path,
    writable: true,
  }));
  return [
    ...joinGroup(group),
    'bwrap',
    '--info-fd',
    String(infoFd),
    ...(systemCallFilter(process.arch) === null ? [] : ['--seccomp', String(filterFd)]),
    ...namespaces(deps.runAs),
    ...(await systemArguments(folder, user, spec.home)),
    '--proc',
    '/proc',
    '--dev',
    '/dev',
    ...(await inMemory('/dev/shm', spec, group)),
    ...(await inMemory('/tmp', spec, group)),
    ...mountArguments([...readable, ...own, ...egress.mounts]),
    '--remount-ro',
    '/',
    '--chdir',
    spec.workspace,
    '--',
    ...waiting,
    ...dropPrivileges(deps.runAs),
    ...processLimits(spec, group),
    ...egress.wrap(spec.argv),
  ];
}

/**
 * A writable file system in memory. A control group counts it as memory of the run; without one it gets a size of its
 * own, else it would take half of the machine's memory.
 */
async function inMemory(
  path: string,
  spec: SandboxSpec,
  group: ControlGroup | null,
): Promise<readonly string[]> {
  const isSized = group === null && (await takesSizes());
  const size = isSized ? ['--size', String(spec.limits.memoryBytes)] : [];
  return ['--perms', '1777', ...size, '--tmpfs', path];
}

let sizes: Promise<boolean> | null = null;

/** Bubblewrap knows `--size` since 0.7. */
function takesSizes(): Promise<boolean> {
  sizes ??= promisify(execFile)('bwrap', ['--help'], {
    env: { PATH: '/usr/local/bin:/usr/bin:/bin' },
  }).then(
    ({ stdout }) => stdout.includes('--size '),
    () => false,
  );
  return sizes;
}

/** As root no user namespace: mounts then work below closed folders, and `setpriv` leaves root for good. */
function namespaces(runAs: SandboxUser | null): readonly string[] {
  const always = ['--die-with-parent', '--new-session', '--hostname', 'sandbox'];
  if (runAs === null) return ['--unshare-all', ...always, '--cap-drop', 'ALL'];
  return [
    '--unshare-ipc',
    '--unshare-pid',
    '--unshare-net',
    '--unshare-uts',
    '--unshare-cgroup-try',
    ...always,
  ];
}

function dropPrivileges(runAs: SandboxUser | null): readonly string[] {
  if (runAs === null) return [];
  return [
    'setpriv',
    `--reuid=${runAs.uid}`,
    `--regid=${runAs.gid}`,
    '--clear-groups',
    '--no-new-privs',
    '--inh-caps=-all',
    '--bounding-set=-all',
    '--',
  ];
}

/** Joins before bwrap starts, so that nobody is ever outside of the group. */
function joinGroup(group: ControlGroup | null): readonly string[] {
  if (group === null) return [];
  const script =
    'while [ "$1" != -- ]; do echo $$ > "$1" || exit 125; shift; done; shift; exec "$@"';
  return ['/bin/sh', '-c', script, 'sh', ...group.joinFiles, '--'];
}

function processLimits(spec: SandboxSpec, group: ControlGroup | null): readonly string[] {
  const processes = group === null ? [`--nproc=${spec.limits.processes}`] : [];
  return ['prlimit', `--fsize=${spec.limits.fileBytes}`, '--core=0', ...processes, '--'];
}

/** Stable for one temp root: by it a later service knows what an ended one left. */
export function ownerOf(tempRoot: string): string {
  return idOf('sandbox-owner', tempRoot).slice(0, 12);
}

const systemResolve: Resolve = async (name) =>
  (await lookup(name, { all: true })).map(({ address }) => address);
