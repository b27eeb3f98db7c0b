import type { Actor, RepositoryLimits } from '../domain/actor.ts';
import type { Permission } from './operation.ts';

const reading: readonly Permission[] = [
  'tasks:read',
  'repo:read',
  'config:read',
  'health:read',
  'metrics:read',
  'account:own',
  'account:enroll',
];

const auditing: readonly Permission[] = ['audit:read', 'security:read'];

/** What each role may do. */
export const roles: Readonly<Record<string, readonly Permission[]>> = {
  viewer: reading,
  operator: [...reading, 'tasks:write', 'issues:write', 'scans:run', 'repo:write', 'alerts:write'],
  approver: [...reading, 'tasks:write', 'issues:write', 'tasks:approve'],
  auditor: [...reading, ...auditing],
  admin: [
    ...reading,
    ...auditing,
    'tasks:write',
    'tasks:approve',
    'issues:write',
    'repo:write',
    'scans:run',
    'service:run',
    'config:write',
    'alerts:write',
    'security:write',
    'users:manage',
    'credentials:manage',
    'backup:run',
  ],
};

/** The command line acts as admin for the owner of the data folder and as viewer for anybody else. */
export function permissionsOf(actor: Actor): ReadonlySet<Permission> {
  switch (actor.kind) {
    case 'command_line':
      return new Set(roles[actor.isOwner ? 'admin' : 'viewer']);
    case 'user':
      return ofUser(actor);
    case 'token':
      return new Set(actor.scopes.filter(isPermission).filter((one) => isHeld(actor.limits, one)));
    case 'system':
      return new Set(roles['admin']);
    case 'host_user':
    case 'anonymous':
      return new Set();
  }
}

/** A session that is not there yet holds nothing, or only what puts the account in order. */
function ofUser({
  roles: held,
  session,
  limits,
}: Actor & { kind: 'user' }): ReadonlySet<Permission> {
  switch (session?.stage) {
    case 'second_factor':
      return new Set();
    case 'enroll':
      return new Set(['account:enroll']);
    case undefined:
      return new Set(held.flatMap(permissionsOfRole).filter((one) => isHeld(limits, one)));
  }
}

/** What a role may do; nothing for a word that is no role. */
export function permissionsOfRole(role: string): readonly Permission[] {
  return (Object.hasOwn(roles, role) ? roles[role] : undefined) ?? [];
}

function isHeld(limits: RepositoryLimits | undefined, permission: Permission): boolean {
  return limits?.[permission]?.length !== 0;
}

/** The administrator holds all of them. */
const all: ReadonlySet<string> = new Set(roles['admin']);

/** Whether it is a permission of ours. */
export function isPermission(scope: string): scope is Permission {
  return all.has(scope);
}
