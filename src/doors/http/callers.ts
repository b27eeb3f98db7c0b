import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Actor } from '../../domain/actor.ts';
import { AppError } from '../../lib/app-error.ts';
import type { RequestGuards } from './request-guards.ts';

/** Tells who somebody is; null for a secret that is nobody's (any more). */
export interface Authenticator {
  /** Without `touch` the session does not count as used: a page that only watches lets it end. */
  authenticateSession(
    secret: string,
    options?: { readonly touch?: boolean },
  ): Promise<Actor | null>;
  authenticateToken(secret: string): Promise<Actor | null>;
}

/** Who sent a request, and what spoke for them. */
export interface Sender {
  readonly actor: Actor;
  /** What to say of a token that is nobody's, once the gate has counted the call; null when there was none. */
  readonly refusal: AppError | null;
}

export interface Callers {
  /** Throws AppError `forbidden` when a cookie or the place speaks and another site's page is behind the request. */
  senderOf(request: FastifyRequest, options?: { readonly touch?: boolean }): Promise<Sender>;
  /** Puts a new session into its cookie. */
  keepSession(
    request: FastifyRequest,
    reply: FastifyReply,
    session: { readonly secret: string; readonly expiresAt: string },
  ): void;
  dropSession(request: FastifyRequest, reply: FastifyReply): void;
}

const anonymous: Actor = { kind: 'anonymous', name: 'anonymous' };

/**
 * `owner` acts for direct connections from this machine when sessions are switched off; null while they are on.
 */
export function createCallers(parts: {
  readonly authenticator: Authenticator;
  readonly guards: RequestGuards;
  readonly owner: Actor | null;
  readonly isHttps: (request: FastifyRequest) => boolean;
}): Callers {
  const { authenticator, guards, owner, isHttps } = parts;
  return {
    senderOf: async (request, options = {}) => {
      const { authorization } = request.headers;
      if (authorization !== undefined) {
        const [, secret] = /^Bearer ([\w.~+/=-]{1,512})$/iu.exec(authorization) ?? [];
        const actor = secret === undefined ? null : await authenticator.authenticateToken(secret);
        return actor === null
          ? { actor: anonymous, refusal: unknownToken() }
          : { actor, refusal: null };
      }
      guards.checkOrigin(request);
      if (owner !== null && isDirect(request)) return { actor: owner, refusal: null };
      const secret = request.cookies[cookieName(isHttps(request))];
      const actor =
        secret === undefined ? null : await authenticator.authenticateSession(secret, options);
      return { actor: actor ?? anonymous, refusal: null };
    },
    keepSession: (request, reply, { secret, expiresAt }) => {
      const secure = isHttps(request);
      void reply.setCookie(cookieName(secure), secret, {
        ...cookieFlags(secure),
        expires: new Date(expiresAt),
      });
    },
    dropSession: (request, reply) => {
      const secure = isHttps(request);
      void reply.clearCookie(cookieName(secure), cookieFlags(secure));
    },
  };
}

/** From this machine itself: nothing stands between that could speak for somebody else. */
export function isDirect({ raw, headers }: FastifyRequest): boolean {
  const address = raw.socket.remoteAddress ?? '';
  const isLoopback = address === '::1' || /^(?:::ffff:)?127\./u.test(address);
  const isForwarded = Object.keys(headers).some(
    (name) =>
      name === 'forwarded' ||
      name === 'via' ||
      name.startsWith('x-forwarded-') ||
      name === 'x-real-ip',
  );
  return isLoopback && !isForwarded;
}

/** The prefix makes browsers hold the cookie to this host and to https; plain http on this machine cannot have it. */
function cookieName(isHttps: boolean): string {
  return isHttps ? '__Host-claude-manager' : 'claude-manager';
}

function cookieFlags(secure: boolean) {
  return { path: '/', httpOnly: true, sameSite: 'strict', secure } as const;
}

function unknownToken(): AppError {
  return new AppError({
    kind: 'unauthenticated',
    code: 'token_invalid',
    message: 'The API token is not known, has expired or was revoked.',
    next: 'Make a new one with `claude-manager tokens create`.',
  });
}
