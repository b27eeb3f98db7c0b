import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { EgressRefusal } from '../../domain/egress-refusal.ts';
import type { Sandbox } from '../../domain/ports/sandbox.ts';
import type { Random } from '../../lib/random.ts';
import { createControlGroup } from './control-group.ts';
import { probePlace } from './probe.ts';

/** One thing that a sandbox can do on this machine or cannot, tried out. */
export interface SandboxAbility {
  readonly name: 'own user' | 'kernel limits' | 'processor share' | 'system calls' | 'way out';
  readonly has: boolean;
  readonly evidence: string;
  /** What a person can do about it; null when nothing is lacking or nothing can be done. */
  readonly next: string | null;
}

interface AbilityDeps {
  readonly tempRoot: string;
  readonly nodePath: string;
  readonly random: Random;
}

/** What the program inside tells of itself. */
interface Inside {
  readonly uid: number;
  /** Mode of its filter of system calls, 2 where one holds (proc(5), `Seccomp`). */
  readonly seccomp: number | null;
  /** Status of an answer of the listed address; null when there was none. */
  readonly listed: number | null;
}

const limits = { memoryBytes: 2 ** 30, processes: 64, fileBytes: 2 ** 20 };

/** An address of documentation (RFC 5737), which nobody has. */
const unlisted = '192.0.2.1';

/** Tries out what a sandbox that works can do here, by a program in it. */
export async function measureAbilities(
  sandbox: Sandbox,
  deps: AbilityDeps,
): Promise<readonly SandboxAbility[]> {
  const refusals: EgressRefusal[] = [];
  const inside = await lookInside(sandbox, deps, (refusal) => refusals.push(refusal));
  const isOut = inside.listed === 200 && refusals.some(({ host }) => host === unlisted);
  return [
    ownUser(inside.uid),
    ...(await kernelLimits(sandbox, deps.random)),
    {
      name: 'system calls',
      has: inside.seccomp === 2,
      evidence:
        inside.seccomp === 2
          ? 'A filter of system calls holds inside.'
          : `No filter of system calls holds inside on ${process.platform}-${process.arch}.`,
      next: inside.seccomp === 2 ? null : 'Run agents on Linux on x64 or arm64.',
    },
    {
      name: 'way out',
      has: isOut,
      evidence: isOut
        ? 'A listed address answered from inside, another one was refused and told.'
        : `From inside a listed address answered ${inside.listed ?? 'nothing'}, and ${refusals.length} refusals were told.`,
      next: isOut ? null : 'Agents that need their model over the network cannot work in it.',
    },
  ];
}

function ownUser(uid: number): SandboxAbility {
  const ours = process.getuid?.() ?? -1;
  const has = uid !== ours;
  return {
    name: 'own user',
    has,
    evidence: has
      ? `Agents are user ${uid}, the service is ${ours}.`
      : `Agents are user ${uid} as the service is; only namespaces and mounts are between them.`,
    next: has
      ? null
      : 'Run the service as root with bubblewrap: agents then get a user of their own.',
  };
}

async function kernelLimits(
  sandbox: Sandbox,
  random: Random,
): Promise<readonly [SandboxAbility, SandboxAbility]> {
  const name = `cms-doctor-${random.bytes(8).toString('hex')}`;
  const group =
    sandbox.name === 'bubblewrap' ? await createControlGroup(name, { ...limits, cpus: 0.5 }) : null;
  await group?.remove();
  const has = group !== null;
  const shares = group?.sharesProcessors ?? false;
  const next =
    'Use bubblewrap as root where the control group of the service hands on memory, pids and cpu (cgroup.subtree_control), as in a container.';
  return [
    {
      name: 'kernel limits',
      has,
      evidence: has
        ? 'Control groups limit memory and processes.'
        : 'No control group could be made: processes are limited by rlimit for the whole user, memory is looked at four times a second and more often near its limit.',
      next: has ? null : next,
    },
    {
      name: 'processor share',
      has: shares,
      evidence: shares
        ? 'A share of the processors was given and read back.'
        : 'Processor time is not shared out: `executor.limits.cpus` has no effect here.',
      next: shares ? null : next,
    },
  ];
}

async function lookInside(
  sandbox: Sandbox,
  deps: AbilityDeps,
  onEgressRefused: (refusal: EgressRefusal) => void,
): Promise<Inside> {
  const server = createServer((_, answer) => answer.end('from outside'));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const listed = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { workspace, home, remove } = await probePlace(deps.tempRoot);
  try {
    const running = await sandbox.start({
      argv: [deps.nodePath, '-e', program(listed)],
      env: { PATH: '/usr/local/bin:/usr/bin:/bin' },
      workspace,
      home,
      readable: [],
      stdin: null,
      egress: [listed],
      onEgressRefused,
      limits,
    });
    const [said, complaint] = await Promise.all([text(running.stdout), text(running.stderr)]);
    await running.exited;
    const [line] = said.split('\n').filter((one) => one.startsWith('{'));
    if (line === undefined) throw new Error(`the program inside told nothing: ${complaint.trim()}`);
    return JSON.parse(line) as Inside;
  } finally {
    server.closeAllConnections();
    server.close();
    await remove();
  }
}

function program(listed: string): string {
  return `
    const http = require('node:http');
    const { readFileSync } = require('node:fs');
    const proxy = new URL(process.env.HTTP_PROXY);
    const who = decodeURIComponent(proxy.username) + ':' + decodeURIComponent(proxy.password);
    const headers = who === ':' ? {} : { 'proxy-authorization': 'Basic ' + btoa(who) };
    const ask = (host) => new Promise((done) => {
      const to = { host: proxy.hostname, port: proxy.port, headers, path: 'http://' + host + '/', timeout: 10000 };
      http.get(to, (answer) => { answer.resume(); done(answer.statusCode); })
        .on('error', () => done(null)).on('timeout', function () { this.destroy(); });
    });
    (async () => {
      let status = '';
      try { status = readFileSync('/proc/self/status', 'utf8'); } catch {}
      const seccomp = /^Seccomp:\\s+(\\d)/m.exec(status);
      const listed = await ask('${listed}');
      await ask('${unlisted}');
      console.log(JSON.stringify({ uid: process.getuid(), seccomp: seccomp === null ? null : Number(seccomp[1]), listed }));
      process.exit(0);
    })();
  `;
}
