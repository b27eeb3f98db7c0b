import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ServiceRole } from '../../src/domain/service-role.ts';
import { program, programEnv } from './program.ts';
import type { ServiceProcess } from './service-process.ts';

/** One process of the service, as a supervisor starts it. */
export interface FleetProcess {
  readonly role: ServiceRole;
  readonly pid: number;
  /** Of its server; null while none listens. */
  address(): string | null;
  said(): string;
  isOver(): boolean;
  /** Null while it runs. */
  exitCode(): number | null;
  signal(name: NodeJS.Signals): void;
  /** Sends the signal and waits for the end. */
  end(name: NodeJS.Signals): Promise<void>;
}

/** Starts one process of the service on a place and waits until it has begun; `port` also lets it listen. */
export async function startRole(
  place: Pick<ServiceProcess, 'folder' | 'env'>,
  role: ServiceRole,
  { port = false, env = {} }: { port?: boolean; env?: Readonly<Record<string, string>> } = {},
): Promise<FleetProcess> {
  const child = spawn(
    process.execPath,
    [
      program,
      '--config',
      join(place.folder, 'config.json'),
      '--verbose',
      'start',
      '--role',
      role,
      ...(port ? ['--port', '0'] : []),
    ],
    {
      cwd: place.folder,
      env: programEnv(place.folder, { ...place.env, ...env }),
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    said += part;
  });
  const isOver = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const begun = (): boolean => /listening on|of the service, process/u.test(said);
  for (let waited = 0; !begun(); waited += 20) {
    if (isOver()) throw new Error(`${role} ended at its start:\n${said}`);
    if (waited > 60_000) throw new Error(`${role} does not begin:\n${said}`);
    await delay(20);
  }
  return {
    role,
    pid: child.pid ?? 0,
    address: () => /listening on (http:\S+)/u.exec(said)?.[1] ?? null,
    said: () => said,
    isOver,
    exitCode: () => child.exitCode,
    signal: (name) => void child.kill(name),
    end: (name) => ended(child, name),
  };
}

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const over = once(child, 'exit');
  child.kill(signal);
  await over;
}
