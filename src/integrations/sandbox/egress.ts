import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EgressRefusal } from '../../domain/egress-refusal.ts';
import type { SandboxSpec } from '../../domain/ports/sandbox.ts';
import { bridgeProgram, type Plan } from './egress-bridge.ts';
import { startEgressProxy } from './egress-proxy.ts';
import { createEgressRules, type Resolve } from './egress-rules.ts';
import type { Mount } from './mounts.ts';

/** The one way out of a sandbox without a network. */
export interface EgressOpening {
  readonly mounts: readonly Mount[];
  /** Proxy variables as programs know them. */
  readonly env: Readonly<Record<string, string>>;
  /** Puts the bridge in front of a command. */
  wrap(argv: readonly string[]): readonly string[];
  close(): Promise<void>;
}

export interface EgressParts {
  readonly nodePath: string;
  readonly resolve: Resolve;
  readonly onRefusal: (refusal: EgressRefusal) => void;
}

const inside = '/run/claude-manager';

/** Opens what `spec.egress` lists; with an empty list there is no network at all. */
export async function openEgress(
  folder: string,
  spec: SandboxSpec,
  parts: EgressParts,
): Promise<EgressOpening> {
  if (spec.egress.length === 0) return closed;
  const rules = createEgressRules(spec.egress, parts.resolve);
  const short = await shortFolder(folder);
  const socket = join(short, 's');
  const proxy = await startEgressProxy({ path: socket }, rules, parts.onRefusal);
  await chmod(socket, 0o666);
  const port = freePort(rules.loopback.map((target) => target.port));
  const bridge = await writeBridge(folder);
  const program = `${inside}/bridge.mjs`;
  const offered = `${inside}/egress.sock`;
  const plan: Plan = { proxy: { path: offered }, listen: port, forwards: rules.loopback };
  return {
    mounts: [
      { source: socket, target: offered, writable: true },
      { source: bridge, target: program, writable: false },
    ],
    env: proxyVariables(`http://127.0.0.1:${port}`),
    wrap: (argv) => [parts.nodePath, program, JSON.stringify(plan), ...argv],
    close: async () => {
      await proxy.close();
      if (short !== folder) await rm(short, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** The same way out over a port of this machine's loopback, for a sandbox that brings connections there by itself. */
export interface LoopbackEgress {
  /** Null when nothing may be reached. */
  readonly port: number | null;
  readonly env: Readonly<Record<string, string>>;
  /** What the bridge needs to be readable inside. */
  readonly readable: readonly string[];
  wrap(argv: readonly string[]): readonly string[];
  close(): Promise<void>;
}

/** Where a sandbox that is told of our port offers it inside. */
const offeredInside = 3128;

/** `password` keeps other users of this machine out: a port, unlike a socket file, is open to all of them. */
export async function openLoopbackEgress(
  folder: string,
  spec: SandboxSpec,
  password: string,
  parts: EgressParts,
): Promise<LoopbackEgress> {
  if (spec.egress.length === 0) return { ...closed, port: null, readable: [] };
  const rules = createEgressRules(spec.egress, parts.resolve);
  const authorization = `Basic ${Buffer.from(`cms:${password}`).toString('base64')}`;
  const proxy = await startEgressProxy(
    { host: '127.0.0.1', authorization },
    rules,
    parts.onRefusal,
  );
  const bridge = await writeBridge(folder);
  const plan: Plan = { proxy: { port: offeredInside, authorization }, forwards: rules.loopback };
  return {
    port: proxy.port,
    readable: [bridge],
    env: proxyVariables(`http://cms:${password}@127.0.0.1:${offeredInside}`),
    wrap: (argv) => [parts.nodePath, bridge, JSON.stringify(plan), ...argv],
    close: () => proxy.close(),
  };
}

const closed: EgressOpening = {
  mounts: [],
  env: {},
  wrap: (argv) => argv,
  close: async () => undefined,
};

/** Readable for the agent's own user. */
async function writeBridge(folder: string): Promise<string> {
  const path = join(folder, 'bridge.mjs');
  await writeFile(path, bridgeProgram, { mode: 0o644 });
  return path;
}

function proxyVariables(url: string): Readonly<Record<string, string>> {
  const direct = 'localhost,127.0.0.1,::1';
  return {
    HTTP_PROXY: url,
    HTTPS_PROXY: url,
    NO_PROXY: direct,
    http_proxy: url,
    https_proxy: url,
    no_proxy: direct,
    NODE_USE_ENV_PROXY: '1',
  };
}

/** A unix socket's path has room for 107 bytes (unix(7)); a deep data folder needs another place for it. */
async function shortFolder(folder: string): Promise<string> {
  return Buffer.byteLength(folder) <= 100 ? folder : await mkdtemp(join(tmpdir(), 'cms-'));
}

function freePort(taken: readonly number[]): number {
  let port = 3128;
  while (taken.includes(port)) port += 1;
  return port;
}
