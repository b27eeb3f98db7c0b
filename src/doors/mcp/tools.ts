import type { Actor } from '../../domain/actor.ts';
import type { Contract } from '../../operations/operation.ts';
import { permissionsOf } from '../../operations/permissions.ts';
import type { InputSchema } from '../../operations/unknown-fields.ts';
import { inputSchemaOf } from '../../operations/unknown-fields.ts';

/** An operation as an editor or an agent sees it. */
export interface Tool {
  /** `tasks_list`: some clients take no dots. */
  readonly name: string;
  readonly contract: Contract;
  readonly inputSchema: InputSchema;
}

/**
 * Whether a program that talks to a model may ask for it. A model reads foreign text and can be talked into anything, so it
 * reads and proposes: approving, administering and what cannot be taken back stay with people, whatever a contract says.
 */
export function isOffered({ doors, kind, effect, dangerous, permission }: Contract): boolean {
  return (
    doors.includes('mcp') &&
    kind === 'call' &&
    effect !== 'admin' &&
    dangerous !== true &&
    permission !== 'tasks:approve' &&
    (effect === 'read' || permission === 'issues:write')
  );
}

/** The tools that this actor may use, by name. */
export function toolsFor(contracts: readonly Contract[], actor: Actor): ReadonlyMap<string, Tool> {
  const held = permissionsOf(actor);
  const tools = contracts
    .filter((one) => isOffered(one) && (one.permission === 'public' || held.has(one.permission)))
    .map((contract) => {
      const name = contract.name.replaceAll('.', '_');
      return [name, { name, contract, inputSchema: inputSchemaOf(contract) }] as const;
    });
  return new Map(tools);
}
