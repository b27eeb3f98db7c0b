import { AppError } from '../../lib/app-error.ts';
import type { Identity } from '../../platform/identity/identity.ts';
import { type TokenLine as Stored, unknownToken } from '../../platform/identity/tokens.ts';
import type { CallContext, Served } from '../gate.ts';
import { serve } from '../gate.ts';
import { isPermission, permissionsOf } from '../permissions.ts';
import { rightsOf } from '../repository-rights.ts';
import { accountOf } from '../sessions/own-session.ts';
import type { TokenLine } from './contract.ts';
import { createToken, listTokens, revokeToken } from './contract.ts';

export type TokenPorts = Pick<Identity, 'people' | 'tokens'> & {
  readonly now: () => Date;
  /** Tells security log and audit what happened to an account. */
  readonly tell: (
    event: string,
    account: string,
    context: CallContext,
    facts?: Readonly<Record<string, unknown>>,
  ) => Promise<void>;
};

const dayMs = 86_400_000;

/** API tokens: some of the rights of their owner, for a while. */
export function tokenHandlers({ people, tokens, now, tell }: TokenPorts): readonly Served[] {
  return [
    serve(createToken, async ({ name, scopes, expiresInDays, user }, context) => {
      const { actor } = context;
      if (actor.kind === 'token') throw fromToken();
      const owner = await accountOf(people, context, user);
      if (owner.isDisabled) throw disabledOwner(owner.name);
      requireHeld(owner, scopes);
      const { line, secret } = await tokens.create({
        userId: owner.id,
        name,
        scopes: [...new Set(scopes)],
        expiresAt: new Date(now().getTime() + expiresInDays * dayMs),
        createdBy: actor.name,
      });
      await tell('token.create', owner.name, context, { token: line.id, scopes });
      return { token: lineOf(line), secret };
    }),
    serve(listTokens, async ({ user, all }, context) => {
      const isEverybody = all && permissionsOf(context.actor).has('users:manage');
      if (isEverybody) return (await tokens.list(null)).map(lineOf);
      const owner = await accountOf(people, context, user);
      return (await tokens.list(owner.id)).map(lineOf);
    }),
    serve(revokeToken, async ({ id }, context) => {
      const token = await tokens.get(id);
      const { actor } = context;
      const isOwn = actor.kind === 'user' && actor.name === token.owner;
      // Whose it is, is not told to who may not know.
      if (!isOwn && !permissionsOf(actor).has('users:manage')) throw unknownToken(id);
      const revoked = await tokens.revoke(id);
      await tell('token.revoke', token.owner, context, { token: id });
      return lineOf(revoked);
    }),
  ];
}

function requireHeld(
  owner: { readonly name: string; readonly grants: Parameters<typeof rightsOf>[0] },
  scopes: readonly string[],
): void {
  const held: ReadonlySet<string> = permissionsOf({
    kind: 'user',
    name: owner.name,
    ...rightsOf(owner.grants),
  });
  const wrong = scopes.filter((scope) => !held.has(scope));
  if (wrong.length === 0) return;
  const unknown = wrong.filter((scope) => !isPermission(scope));
  throw new AppError({
    kind: 'invalid_input',
    code: unknown.length > 0 ? 'scope_unknown' : 'scope_not_held',
    message:
      unknown.length > 0
        ? `scopes: there is no permission ${unknown.join(', ')}.`
        : `scopes: ${owner.name} does not hold ${wrong.join(', ')}, so a token of theirs cannot.`,
    next: `${owner.name} holds: ${[...held].join(', ')}.`,
    details: { issues: [{ field: 'scopes', message: wrong.join(', ') }] },
  });
}

function lineOf(line: Stored): TokenLine {
  return {
    id: line.id,
    owner: line.owner,
    name: line.name,
    scopes: [...line.scopes],
    createdAt: line.createdAt.toISOString(),
    createdBy: line.createdBy,
    expiresAt: line.expiresAt.toISOString(),
    usedAt: line.usedAt?.toISOString() ?? null,
    revokedAt: line.revokedAt?.toISOString() ?? null,
  };
}

function fromToken(): AppError {
  return new AppError({
    kind: 'forbidden',
    code: 'token_makes_no_token',
    message: 'A token cannot make another one, or it would outlive its end.',
    next: 'Sign in, or use `claude-manager tokens create`.',
  });
}

function disabledOwner(name: string): AppError {
  return new AppError({
    kind: 'conflict',
    code: 'user_disabled',
    message: `The account ${name} is disabled; a token of it would be refused.`,
    next: `Enable it first: \`claude-manager users enable ${name}\`.`,
  });
}
