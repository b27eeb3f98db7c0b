import { matchesGlob } from 'node:path';
import type { Actor, RepositoryLimits } from '../domain/actor.ts';
import { AppError } from '../lib/app-error.ts';
import type { Permission } from './operation.ts';
import { permissionsOf, permissionsOfRole } from './permissions.ts';

/** A role, everywhere (null) or only in repositories that match one of the patterns. */
export interface RoleGrant {
  readonly role: string;
  readonly repositories: readonly string[] | null;
}

/** What is done to or seen of one repository; a role that is limited to some holds these only there. */
const ofRepositories: ReadonlySet<Permission> = new Set([
  'tasks:read',
  'tasks:write',
  'tasks:approve',
  'issues:write',
  'repo:read',
  'repo:write',
  'scans:run',
]);

/** What tells nothing of any repository and everybody with an account needs. */
const ofEverybody: ReadonlySet<Permission> = new Set([
  'account:own',
  'account:enroll',
  'health:read',
]);

/** Roles whose rights are not those of single repositories. */
export const wholeRoles: ReadonlySet<string> = new Set(['admin', 'auditor']);

/** The roles of an account and where its permissions are limited; whole rights win over limited ones. */
export function rightsOf(grants: readonly RoleGrant[]): {
  readonly roles: readonly string[];
  readonly limits: RepositoryLimits;
} {
  const whole = new Set<string>();
  const limits = new Map<string, Set<string>>();
  for (const { role, repositories } of grants) {
    for (const permission of permissionsOfRole(role)) {
      if (repositories === null || ofEverybody.has(permission)) whole.add(permission);
      else {
        const patterns = limits.get(permission) ?? new Set();
        if (ofRepositories.has(permission)) for (const one of repositories) patterns.add(one);
        limits.set(permission, patterns);
      }
    }
  }
  return {
    roles: [...new Set(grants.map(({ role }) => role))],
    limits: Object.fromEntries(
      [...limits]
        .filter(([permission]) => !whole.has(permission))
        .map(([permission, patterns]) => [permission, [...patterns]]),
    ),
  };
}

/** The patterns within which the actor holds the permission; null = everywhere, none = nowhere. */
export function reachOf(actor: Actor, permission: Permission): readonly string[] | null {
  if (!permissionsOf(actor).has(permission)) return [];
  const limits = actor.kind === 'user' || actor.kind === 'token' ? actor.limits : undefined;
  return limits?.[permission] ?? null;
}

/** Whether the actor holds the permission in this repository: `owner/name`, or the folder of a local one. */
export function reaches(actor: Actor, permission: Permission, repository: string): boolean {
  const patterns = reachOf(actor, permission);
  const name = repository.toLowerCase();
  return patterns?.some((pattern) => matchesGlob(name, pattern.toLowerCase())) ?? true;
}

/**
 * Throws AppError `forbidden` `repository_out_of_reach` unless the actor holds the permission in this repository; null
 * stands for all of them.
 */
export function requireReach(
  actor: Actor,
  permission: Permission,
  repository: string | null,
): void {
  const isIn =
    repository === null
      ? reachOf(actor, permission) === null
      : reaches(actor, permission, repository);
  if (isIn) return;
  throw new AppError({
    kind: 'forbidden',
    code: 'repository_out_of_reach',
    message: `${actor.name} holds ${permission} only in some repositories, and ${repository ?? 'all of them together'} is not among them.`,
    next: 'Name a repository within your roles, or ask an administrator.',
    details: { permission, repository, limitedTo: reachOf(actor, permission) },
  });
}
