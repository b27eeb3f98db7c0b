import { AppError } from '../../lib/app-error.ts';
import type { Identity } from '../../platform/identity/identity.ts';
import type { Person } from '../../platform/identity/people.ts';
import type { CallContext, Served } from '../gate.ts';
import { serve } from '../gate.ts';
import { wholeRoles } from '../repository-rights.ts';
import { sessionAnswer } from '../sessions/own-session.ts';
import type { Grant, UserLine } from './contract.ts';
import {
  bootstrapLink,
  bootstrapUsers,
  createUser,
  disableUser,
  enableUser,
  listUsers,
  removeUser,
  resetPassword,
  setUserRoles,
  showUser,
  unlockUser,
} from './contract.ts';

export type UserPorts = Pick<
  Identity,
  | 'people'
  | 'sessions'
  | 'tokens'
  | 'attempts'
  | 'factors'
  | 'signIn'
  | 'bootstrap'
  | 'rules'
  | 'passwords'
> & {
  /** Tells security log and audit what happened to an account. */
  readonly tell: (
    event: string,
    account: string,
    context: CallContext,
    facts?: Readonly<Record<string, unknown>>,
  ) => Promise<void>;
};

/** What an administrator does with accounts, and how the first one is made. */
export function userHandlers(ports: UserPorts): readonly Served[] {
  const { people, tell } = ports;
  return [
    serve(listUsers, async () => (await people.list()).map(lineOf)),
    serve(showUser, async ({ name }) => {
      const person = await people.get(name);
      const [lockedUntil, sessions, tokens] = await Promise.all([
        ports.attempts.lockedUntil(name),
        ports.sessions.list(person.id),
        ports.tokens.list(person.id),
      ]);
      return {
        ...lineOf(person),
        lockedUntil: lockedUntil?.toISOString() ?? null,
        sessions: sessions.length,
        tokens: tokens.filter(({ revokedAt }) => revokedAt === null).length,
      };
    }),
    serve(createUser, async ({ name, roles, password, mustChangePassword }, context) => {
      requireSensible(roles);
      await ports.rules.require(password, name);
      const person = await people.create({
        name,
        grants: roles,
        password: await ports.passwords.hash(password),
        mustChangePassword,
        createdBy: context.actor.name,
      });
      await tell('user.create', name, context, { roles });
      return lineOf(person);
    }),
    serve(disableUser, async ({ name }, context) => {
      const person = await people.setDisabled(name, true);
      await tell('user.disable', name, context);
      return lineOf(person);
    }),
    serve(enableUser, async ({ name }, context) => {
      const person = await people.setDisabled(name, false);
      await tell('user.enable', name, context);
      return lineOf(person);
    }),
    serve(setUserRoles, async ({ name, roles }, context) => {
      requireSensible(roles);
      const before = await people.get(name);
      const person = await people.setGrants(name, roles);
      await tell('role.change', name, context, { before: before.grants, after: roles });
      return lineOf(person);
    }),
    serve(resetPassword, async (given, context) => {
      const { name, password, removeSecondFactor, mustChangePassword: mustChange } = given;
      const person = await people.get(name);
      await ports.signIn.setPassword(name, { password, mustChange });
      if (removeSecondFactor) await ports.factors.removeAll(person.id);
      await ports.attempts.unlock(name);
      await tell('user.password_reset', name, context, { removeSecondFactor });
      return lineOf(await people.get(name));
    }),
    serve(unlockUser, async ({ name }, context) => {
      const person = await people.get(name);
      const wasLocked = await ports.attempts.unlock(name);
      await tell('user.unlock', name, context, { wasLocked });
      return { name: person.name, wasLocked };
    }),
    serve(removeUser, async ({ name }, context) => {
      const person = await people.get(name);
      await people.remove(name);
      await tell('user.delete', name, context);
      return { name: person.name };
    }),
    serve(bootstrapLink, async () => {
      const { link, expiresAt } = await ports.bootstrap.link();
      return { link, expiresAt: expiresAt.toISOString() };
    }),
    serve(bootstrapUsers, async ({ token, name, password }, context) => {
      const { userId } = await ports.bootstrap.redeem({
        token,
        name,
        password,
        client: context.clientId,
      });
      const session = await ports.sessions.begin({
        userId,
        client: context.clientId,
        method: 'bootstrap',
        awaitsFactor: false,
      });
      await tell('user.create', name, context, { by: 'bootstrap' });
      return { user: name, session: sessionAnswer(session) };
    }),
  ];
}

/** Some roles are about the whole system; a limit on them would promise what nothing keeps. */
function requireSensible(grants: readonly Grant[]): void {
  const wrong = grants.find(
    ({ role, repositories }) => repositories !== null && wholeRoles.has(role),
  );
  if (wrong === undefined) return;
  throw new AppError({
    kind: 'invalid_input',
    code: 'role_not_limitable',
    message: `roles: ${wrong.role} is about the whole system and cannot be limited to repositories.`,
    next: 'Leave its repositories out, or give viewer, operator or approver.',
    details: { issues: [{ field: 'roles', message: `${wrong.role} cannot be limited` }] },
  });
}

function lineOf(person: Person): UserLine {
  return {
    name: person.name,
    roles: person.grants.map(({ role, repositories }) => ({
      role,
      repositories: repositories === null ? null : [...repositories],
    })),
    disabled: person.isDisabled,
    mustChangePassword: person.mustChangePassword,
    hasPassword: person.hasPassword,
    totp: person.hasTotp,
    passkeys: person.passkeys,
    recoveryCodesLeft: person.recoveryCodes,
    createdAt: person.createdAt.toISOString(),
    createdBy: person.createdBy,
    signedInAt: person.signedInAt?.toISOString() ?? null,
  };
}
