import type { Actor } from '../domain/actor.ts';
import { AppError } from '../lib/app-error.ts';
import type { Contract } from './operation.ts';
import { permissionsOf } from './permissions.ts';

/** Code of a program that embeds us. */
export interface SecuredBlock {
  /** As it stands in the audit log. */
  readonly operation: string;
  /** All of them must be held; names as in the permission matrix. At least one: without a right nothing is secured. */
  readonly permissions: readonly string[];
}

/** Throws AppError `forbidden` unless the actor holds the permission of the operation. */
export function permit(contract: Contract, actor: Actor): void {
  if (contract.permission === 'public' || permissionsOf(actor).has(contract.permission)) return;
  throw new AppError({
    kind: 'forbidden',
    code: 'permission_missing',
    message: `${actor.name} may not do ${contract.name}: it needs the permission ${contract.permission}.`,
    next: 'Ask an administrator, or act as the owner of the data folder.',
    details: { permission: contract.permission, actor: actor.kind },
  });
}

/** Throws AppError `forbidden` unless the actor is somebody and holds every permission that the block names. */
export function permitAll({ operation, permissions }: SecuredBlock, actor: Actor): void {
  const held: ReadonlySet<string> = permissionsOf(actor);
  const missing = permissions.filter((permission) => !held.has(permission));
  if (missing.length === 0 && permissions.length > 0 && actor.kind !== 'anonymous') return;
  throw new AppError({
    kind: 'forbidden',
    code: 'permission_missing',
    message:
      permissions.length === 0
        ? `${operation} names no permission, so there is nothing to hold it to.`
        : `${actor.name} may not do ${operation}: it needs ${missing.join(', ')}.`,
    next: 'Name the permissions the code needs, and act as a user who holds them.',
    details: { missing, actor: actor.kind },
  });
}

/** The input as its schema reads it; AppError `invalid_input` names each field that is wrong. */
export function validated(contract: Contract, input: unknown): unknown {
  const parsed = contract.input.safeParse(input);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(({ path, message }) => ({
    field: path.join('.'),
    message,
  }));
  const first = issues[0];
  throw new AppError({
    kind: 'invalid_input',
    code: 'input_invalid',
    message: `${contract.name}: ${first?.field === '' ? '' : `${first?.field}: `}${first?.message}`,
    next: 'Correct the named field; nothing was changed.',
    details: { issues },
  });
}
