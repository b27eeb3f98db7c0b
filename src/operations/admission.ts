import { z } from 'zod';
import type { Actor } from '../domain/actor.ts';
import { AppError } from '../lib/app-error.ts';
import type { Contract } from './operation.ts';
import { isPermission, permissionsOf } from './permissions.ts';

/** Code of a program that embeds us. */
export interface SecuredBlock {
  /** As it stands in the audit log. */
  readonly operation: string;
  /** All of them must be held; names as in the permission matrix. At least one: without a right nothing is secured. */
  readonly permissions: readonly string[];
}

/** For so long a person counts as just seen; then a dangerous act asks for the password or a second factor again. */
export const provenForMs = 5 * 60_000;
/** Two machines on one database may disagree by so much. */
const clocksDifferMs = 5000;

/** Throws AppError `internal` when a contract says too little to be held to: without a policy nothing is served. */
export function requirePolicy(contract: Contract): void {
  const { name, permission, effect, doors, deadlineMs } = contract;
  const missing = [
    ...(/^[a-z]+(\.[a-z-]+)+$/u.test(name) ? [] : ['a name']),
    ...(permission === 'public' || isPermission(permission) ? [] : ['a permission']),
    ...(['read', 'write', 'admin'].includes(effect) ? [] : ['an effect']),
    ...(doors.length > 0 ? [] : ['a door']),
    ...(deadlineMs === null || deadlineMs > 0 ? [] : ['a deadline, or null for none']),
  ];
  if (missing.length === 0) return;
  throw new AppError({
    kind: 'internal',
    code: 'catalogue_defect',
    message: `operation ${name} has no policy: it lacks ${missing.join(', ')}`,
    details: { operation: name, missing },
  });
}

/** Whether the actor holds the permission of the operation. */
export function holds({ permission }: Contract, actor: Actor): boolean {
  return permission === 'public' || permissionsOf(actor).has(permission);
}

/** Throws AppError `forbidden` unless the actor holds the permission of the operation. */
export function permit(contract: Contract, actor: Actor): void {
  if (holds(contract, actor)) return;
  throw new AppError({
    kind: 'forbidden',
    code: 'permission_missing',
    message: `${actor.name} may not do ${contract.name}: it needs the permission ${contract.permission}.`,
    next: 'Ask an administrator, or act as the owner of the data folder.',
    details: { permission: contract.permission, actor: actor.kind },
  });
}

/**
 * Throws AppError `forbidden` code `proof_needed` when a dangerous act is asked for by somebody who has not just proven
 * who they are. The owner at the command line has the machine's own proof; a token acts only by a scope that names the
 * permission, so one act never rides on a public one.
 */
export function requireProof(contract: Contract, actor: Actor, nowMs: number): void {
  if (contract.dangerous !== true || isProven(contract, actor, nowMs)) return;
  throw new AppError({
    kind: 'forbidden',
    code: 'proof_needed',
    message: `${contract.name} asks again who you are: the last proof is older than ${provenForMs / 60_000} minutes, or there was none.`,
    next: 'Give your password or second factor again and repeat it, or do it at the command line as the owner of the data folder.',
    details: { operation: contract.name, withinSeconds: provenForMs / 1000 },
  });
}

function isProven(contract: Contract, actor: Actor, nowMs: number): boolean {
  switch (actor.kind) {
    case 'system':
      return true;
    case 'command_line':
      return actor.isOwner;
    case 'user': {
      const age = nowMs - (actor.session?.provenAtMs ?? Number.NEGATIVE_INFINITY);
      return age >= -clocksDifferMs && age <= provenForMs;
    }
    case 'token':
      return contract.permission !== 'public' && actor.scopes.includes(contract.permission);
    case 'host_user':
    case 'anonymous':
      return false;
  }
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
  const parsed = z.safeParse(contract.input, input);
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
