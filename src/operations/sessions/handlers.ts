import type { Identity } from '../../platform/identity/identity.ts';
import type { Person } from '../../platform/identity/people.ts';
import type { Evidence, SignedIn as SignedInNow } from '../../platform/identity/sign-in.ts';
import type { CallContext, Served } from '../gate.ts';
import { serve } from '../gate.ts';
import { permissionsOf } from '../permissions.ts';
import type { SignedIn } from './contract.ts';
import {
  listSessions,
  passkeyOptions,
  proveSession,
  revokeSessions,
  signIn,
  signInPasskey,
  signOut,
  verifySecondFactor,
} from './contract.ts';
import { accountOf, askingOf, sessionAnswer } from './own-session.ts';

export type SessionPorts = Pick<Identity, 'sessions' | 'signIn' | 'passkeys' | 'people'> & {
  readonly now: () => Date;
};

/** Signing in and out, and what a person may do with the own sessions. */
export function sessionHandlers(ports: SessionPorts): readonly Served[] {
  const { sessions, people, passkeys } = ports;
  /** A sign-in in a browser that has a session already takes its place. */
  const replacing = async (
    { actor }: CallContext,
    signedIn: Promise<SignedInNow>,
  ): Promise<SignedIn> => {
    const answer = answerOf(await signedIn);
    if (actor.kind === 'user' && actor.session !== undefined) {
      const before = await people.find(actor.name);
      if (before !== null) await sessions.end(before.id, actor.session.id);
    }
    return answer;
  };
  const sessionsOf = async ({ id, name }: Person) =>
    (await sessions.list(id)).map((line) => ({ ...line, user: name }));
  return [
    serve(signIn, async ({ user, password }, context) =>
      replacing(
        context,
        ports.signIn.byPassword({ name: user, password, client: context.clientId }),
      ),
    ),
    serve(passkeyOptions, () => passkeys.beginProof()),
    serve(signInPasskey, async ({ challenge, answer }, context) =>
      replacing(context, ports.signIn.byPasskey({ challenge, answer, client: context.clientId })),
    ),
    serve(verifySecondFactor, async ({ code, recoveryCode }, context) =>
      answerOf(
        await ports.signIn.secondFactor(
          askingOf(context),
          code === undefined
            ? { kind: 'recovery', code: recoveryCode ?? '' }
            : { kind: 'totp', code },
        ),
      ),
    ),
    serve(signOut, async (_input, { actor }) => {
      if (actor.kind !== 'user' || actor.session === undefined) return { ended: false };
      const person = await people.get(actor.name);
      return { ended: await sessions.end(person.id, actor.session.id) };
    }),
    serve(listSessions, async ({ user, all }, context) => {
      const { actor } = context;
      const current = actor.kind === 'user' ? actor.session?.id : undefined;
      const isEverybody = all && permissionsOf(actor).has('users:manage');
      const found = isEverybody
        ? await sessions.everybody()
        : await sessionsOf(await accountOf(people, context, user));
      return found.map((line) => ({
        id: line.id,
        user: line.user,
        createdAt: line.createdAt.toISOString(),
        seenAt: line.seenAt.toISOString(),
        expiresAt: line.expiresAt.toISOString(),
        client: line.client,
        method: line.method,
        current: line.id === current,
      }));
    }),
    serve(revokeSessions, async ({ id, user }, context) => {
      const person = await accountOf(people, context, user);
      const { actor } = context;
      if (id !== undefined) return { ended: (await sessions.end(person.id, id)) ? 1 : 0 };
      const current = actor.kind === 'user' ? (actor.session?.id ?? null) : null;
      return { ended: await sessions.endAll(person.id, current) };
    }),
    serve(proveSession, async (given, context) => {
      const session = await ports.signIn.prove(askingOf(context), evidenceOf(given));
      return { provenAt: ports.now().toISOString(), session: sessionAnswer(session) };
    }),
  ];
}

function evidenceOf(given: {
  readonly password?: string | undefined;
  readonly code?: string | undefined;
  readonly challenge?: string | undefined;
  readonly answer?: unknown;
}): Evidence {
  if (given.password !== undefined) return { kind: 'password', password: given.password };
  if (given.code !== undefined) return { kind: 'totp', code: given.code };
  return { kind: 'passkey', challenge: given.challenge ?? '', answer: given.answer };
}

function answerOf({ factors, session, ...rest }: SignedInNow): SignedIn {
  return { ...rest, factors: [...factors], session: sessionAnswer(session) };
}
