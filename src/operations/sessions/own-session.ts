import { AppError } from '../../lib/app-error.ts';
import type { Person } from '../../platform/identity/people.ts';
import type { NewSession } from '../../platform/identity/sessions.ts';
import { type Asking, sessionEnded } from '../../platform/identity/sign-in.ts';
import type { CallContext } from '../gate.ts';
import { permissionsOf } from '../permissions.ts';

type Who = Pick<CallContext, 'actor' | 'clientId'>;

/** The session that the caller is in; AppError `session_ended` for who is in none. */
export function askingOf({ actor, clientId }: Who): Asking {
  if (actor.kind !== 'user' || actor.session === undefined) throw sessionEnded();
  return { sessionId: actor.session.id, name: actor.name, client: clientId };
}

/** The account that a call is about: the own one, or with `users:manage` the one that is named. */
export async function accountOf(
  people: { get(name: string): Promise<Person> },
  { actor }: Pick<CallContext, 'actor'>,
  named: string | undefined,
): Promise<Person> {
  const own = actor.kind === 'user' ? actor.name : null;
  const isOwn = own !== null && (named === undefined || named.toLowerCase() === own.toLowerCase());
  if (isOwn) return people.get(own);
  if (named === undefined) throw nobody();
  if (permissionsOf(actor).has('users:manage')) return people.get(named);
  throw new AppError({
    kind: 'forbidden',
    code: 'permission_missing',
    message: `${actor.name} may not touch the account of somebody else: that needs users:manage.`,
    next: 'Ask an administrator.',
    details: { permission: 'users:manage' },
  });
}

/** A new session as a door needs it; the secret is for its cookie alone. */
export function sessionAnswer({ secret, expiresAt }: NewSession): {
  secret: string;
  expiresAt: string;
} {
  return { secret, expiresAt: expiresAt.toISOString() };
}

function nobody(): AppError {
  return new AppError({
    kind: 'invalid_input',
    code: 'user_missing',
    message: 'user: who calls has no account of their own, so an account must be named.',
    next: 'Name the account; nothing was changed.',
    details: { issues: [{ field: 'user', message: 'name an account' }] },
  });
}
