import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { Actor } from '../../domain/actor.ts';
import type { Served } from '../../operations/gate.ts';
import type { DemoPorts } from '../../operations/service/demo-handler.ts';
import { demoHandlers } from '../../operations/service/demo-handler.ts';
import { runService } from '../../operations/service/run-service.ts';
import { withServer } from '../../operations/service/server.ts';
import { approveTask } from '../../operations/tasks/contract.ts';
import type { Manager, OpenOptions } from '../open-options.ts';
import { prepareDemo } from './demo.ts';

/** Opens the engine on the demo's configuration and turns the loop; approvals pass the gate like anybody's. */
/** Opens a manager on a configuration (compose.ts). */
export type OpenFull = (options: OpenOptions) => Promise<Manager>;

/** `demo`, on samples below the folder where it was typed. */
export function demoOperations(options: OpenOptions, openFull: OpenFull): readonly Served[] {
  const actor = { kind: 'command_line', name: userInfo().username, isOwner: true } as const;
  return demoHandlers({
    prepare: () => prepareDemo(join(options.folder, '.claude-manager', 'demo')),
    run: runDemoWith(options, actor, openFull),
  });
}

function runDemoWith(options: OpenOptions, actor: Actor, openFull: OpenFull): DemoPorts['run'] {
  return async (configFile, { approve, once, port, signal, progress }) => {
    const manager = await openFull({
      ...options,
      needs: 'engine',
      flags: { ...options.flags, config: configFile },
    });
    try {
      if (manager.engine === null) throw new Error('the engine was not opened');
      const { service, sandbox, openServer } = manager.engine;
      if (sandbox === 'none') {
        progress('no sandbox on this machine: only the bundled agent runs, on its own samples');
      }
      const approveAll = async (): Promise<number> => {
        const waiting = await service.cycle.tasks.list({ states: ['proposed'] });
        for (const { id } of waiting) {
          await manager.gate.execute(
            approveTask.name,
            { id },
            { door: 'cli', actor, clientId: 'local' },
          );
        }
        if (waiting.length > 0) progress(`${waiting.length} approved by ${actor.name}`);
        return waiting.length;
      };
      const run = () =>
        runService(service, {
          once,
          maxMs: null,
          signal,
          progress,
          ...(approve ? { onProposed: approveAll } : {}),
        });
      if (once) return { ...(await run()), sandbox };
      // Samples on this machine, for whoever sits at it: nobody has to sign in.
      const server = await openServer({ port, security: false });
      progress(`dashboard: ${server.address}`);
      return { ...(await withServer(server, signal, run)), sandbox };
    } finally {
      await manager.close();
    }
  };
}
