import type { Identity } from '../../platform/identity/identity.ts';
import type { PasskeyLine } from '../../platform/identity/passkeys.ts';
import type { Person } from '../../platform/identity/people.ts';
import type { NewSession } from '../../platform/identity/sessions.ts';
import { sessionEnded, wrongCode } from '../../platform/identity/sign-in.ts';
import type { CallContext, Served } from '../gate.ts';
import { serve } from '../gate.ts';
import { permissionsOf } from '../permissions.ts';
import { accountOf, askingOf, sessionAnswer } from '../sessions/own-session.ts';
import {
  beginPasskey,
  beginTotp,
  changePassword,
  confirmTotp,
  finishPasskey,
  listPasskeys,
  newRecoveryCodes,
  removePasskey,
  removeTotp,
  showAccount,
} from './contract.ts';

export type AccountPorts = Pick<
  Identity,
  'sessions' | 'signIn' | 'passkeys' | 'people' | 'factors' | 'attempts'
> & {
  readonly needsSecondFactor: () => boolean;
  /** Tells security log and audit what happened to an account. */
  readonly tell: (event: string, account: string, context: CallContext) => Promise<void>;
};

/** What a person may do with the own account. */
export function accountHandlers(ports: AccountPorts): readonly Served[] {
  const { people, passkeys, factors, sessions } = ports;
  const own = (context: CallContext): Promise<Person> => accountOf(people, context, undefined);
  /** Other sessions began under the factors of before; this one goes on under a new secret. */
  const afterChange = async (person: Person, context: CallContext): Promise<NewSession> => {
    const { sessionId } = askingOf(context);
    await sessions.endAll(person.id, sessionId);
    const session = await sessions.renew(sessionId);
    if (session === null) throw sessionEnded();
    return session;
  };
  return [
    serve(showAccount, async (_input, context) => {
      const { actor } = context;
      if (actor.kind !== 'user') return withoutAccount(context);
      const person = await own(context);
      const { session } = actor;
      const hasFactor = person.hasTotp || person.passkeys > 0;
      return {
        user: person.name,
        roles: person.grants.map(({ role, repositories }) => ({
          role,
          repositories: repositories === null ? null : [...repositories],
        })),
        permissions: [...permissionsOf(actor)].toSorted(),
        limits: limitsOf(context),
        hasPassword: person.hasPassword,
        totp: person.hasTotp,
        recoveryCodesLeft: person.recoveryCodes,
        passkeys: (await passkeys.list(person.id)).map(passkeyOf),
        owed: [
          ...(person.mustChangePassword ? (['password'] as const) : []),
          ...(ports.needsSecondFactor() && !hasFactor ? (['second_factor'] as const) : []),
        ],
        session:
          session === undefined
            ? null
            : { id: session.id, provenAt: new Date(session.provenAtMs).toISOString() },
      };
    }),
    serve(changePassword, async (given, context) => {
      const session = await ports.signIn.changePassword(askingOf(context), given);
      await ports.tell('user.password_changed', askingOf(context).name, context);
      return { changed: true, session: sessionAnswer(session) };
    }),
    serve(beginTotp, async (_input, context) => factors.beginTotp(await own(context))),
    serve(confirmTotp, async ({ code }, context) => {
      const person = await own(context);
      const attempt = await ports.attempts.reserveFactor(person.name);
      const recoveryCodes = await factors.confirmTotp(person, code);
      if (recoveryCodes === null) throw wrongCode();
      await attempt.succeeded();
      const session = await afterChange(person, context);
      await ports.tell('auth.2fa.enrol', person.name, context);
      return { recoveryCodes: [...recoveryCodes], session: sessionAnswer(session) };
    }),
    serve(removeTotp, async (_input, context) => {
      const person = await own(context);
      const removed = await factors.removeTotp(person.id);
      if (removed) await ports.tell('auth.2fa.disable', person.name, context);
      return { removed };
    }),
    serve(newRecoveryCodes, async (_input, context) => ({
      recoveryCodes: [...(await factors.newRecoveryCodes((await own(context)).id))],
    })),
    serve(beginPasskey, async (_input, context) => passkeys.beginAdding(await own(context))),
    serve(finishPasskey, async (given, context) => {
      const person = await own(context);
      const passkey = await passkeys.finishAdding(person, given);
      const session = await afterChange(person, context);
      await ports.tell('auth.2fa.enrol', person.name, context);
      return { passkey: passkeyOf(passkey), session: sessionAnswer(session) };
    }),
    serve(listPasskeys, async (_input, context) =>
      (await passkeys.list((await own(context)).id)).map(passkeyOf),
    ),
    serve(removePasskey, async ({ id }, context) => {
      const person = await own(context);
      const removed = await passkeys.remove(person.id, id);
      if (removed) await ports.tell('auth.2fa.disable', person.name, context);
      return { removed };
    }),
  ];
}

/** A token, or whoever sits at the machine, has rights but no account to put in order. */
function withoutAccount(context: CallContext) {
  return {
    user: context.actor.name,
    roles: [],
    permissions: [...permissionsOf(context.actor)].toSorted(),
    limits: limitsOf(context),
    hasPassword: false,
    totp: false,
    recoveryCodesLeft: 0,
    passkeys: [],
    owed: [],
    session: null,
  };
}

function limitsOf({ actor }: CallContext): Record<string, string[]> {
  const limits = actor.kind === 'user' || actor.kind === 'token' ? (actor.limits ?? {}) : {};
  return Object.fromEntries(
    Object.entries(limits).map(([permission, patterns]) => [permission, [...patterns]]),
  );
}

function passkeyOf({ id, name, createdAt, usedAt }: PasskeyLine) {
  return {
    id,
    name,
    createdAt: createdAt.toISOString(),
    usedAt: usedAt?.toISOString() ?? null,
  };
}
