import type { Actor } from '../../domain/actor.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Random } from '../../lib/random.ts';
import { accountHandlers } from '../../operations/account/handlers.ts';
import type { Served } from '../../operations/gate.ts';
import { permissionsOf } from '../../operations/permissions.ts';
import { reaches, rightsOf } from '../../operations/repository-rights.ts';
import { sessionHandlers } from '../../operations/sessions/handlers.ts';
import { tokenHandlers } from '../../operations/tokens/handlers.ts';
import { userHandlers } from '../../operations/users/handlers.ts';
import type { Accounts } from '../../pipeline/pipeline-ports.ts';
import type { Audit } from '../../platform/audit/audit.ts';
import type { Config } from '../../platform/config/schema.ts';
import type { Database } from '../../platform/database/database.ts';
import type { IdentityDeps, IdentityEvent, SecretBox } from '../../platform/identity/deps.ts';
import { createIdentity, type Identity } from '../../platform/identity/identity.ts';
import type { Passwords } from '../../platform/identity/passwords.ts';
import type { SessionOwner } from '../../platform/identity/sessions.ts';
import type { IdentityTables } from '../../platform/identity/tables.ts';
import type { TokenOwner } from '../../platform/identity/tokens.ts';
import { currentCorrelationId } from '../../platform/logging/context.ts';
import type { Logger } from '../../platform/logging/logger.ts';
import type { Sealing } from '../../platform/vault/sealing.ts';

/** Who somebody is, for the doors. */
export interface IdentityRooms {
  readonly identity: Identity;
  /**
   * The actor of a session cookie, with the rights of this moment; null when it is unknown, ended, or the account was
   * disabled. `touch: false` is for what a page asks by itself: it does not keep an idle session alive.
   */
  authenticateSession(
    secret: string,
    options?: { readonly touch?: boolean },
  ): Promise<Actor | null>;
  /** The actor of an API token; null when it is unknown, expired, revoked, or its owner may not act. */
  authenticateToken(bearer: string): Promise<Actor | null>;
  /**
   * The account of this name for a program that embeds us; null when there is none. A disabled account, or one that
   * lacks the second factor that is required, holds nothing.
   */
  actorNamed(name: string): Promise<Actor | null>;
  /** What the pipeline asks of accounts. */
  readonly accounts: Accounts;
  /** What can be asked about accounts, sessions and tokens. */
  readonly served: readonly Served[];
  /** For whoever starts the service and has no account yet: the link to the first one. Null when there is one. */
  welcome(): Promise<string | null>;
  /** Forgets now and then what has ended; answers what stops it. */
  keepTidy(): () => Promise<void>;
  /** False until the first account was made; until then a door has nothing to offer but to make it. */
  isBootstrapped(): Promise<boolean>;
}

export interface IdentityParts {
  readonly database: Pick<Database, 'kysely'>;
  readonly audit: Pick<Audit, 'record'>;
  /** Closes what must be read again under a key outside the database. */
  readonly vault: Sealing;
  readonly config: () => Config;
  /** Where browsers reach us. */
  readonly origin: () => string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Pick<Logger, 'info' | 'warn'>;
  /** Replaces the hash of passwords; tests take a quick one. */
  readonly passwords?: Passwords;
}

export function openIdentity(parts: IdentityParts): IdentityRooms {
  const { clock, random, vault } = parts;
  const deps: IdentityDeps = {
    db: parts.database.kysely<IdentityTables>(),
    clock,
    random,
    box: boxOf(vault),
    settings: () => settingsOf(parts.config(), parts.origin()),
    report: (event) => report(parts, event),
  };
  const identity = createIdentity(
    deps,
    parts.passwords === undefined ? {} : { passwords: parts.passwords },
  );
  const now = (): Date => clock.now();
  const needsSecondFactor = (): boolean => parts.config().security.authentication.require_2fa;
  const actorNamed = async (name: string): Promise<Actor | null> => {
    const person = await identity.people.find(name);
    if (person === null) return null;
    const lacksFactor = needsSecondFactor() && !person.hasTotp && person.passkeys === 0;
    const grants = person.isDisabled || lacksFactor ? [] : person.grants;
    return { kind: 'user', name: person.name, ...rightsOf(grants) };
  };
  const tell: Tell = (event, account, { actor, clientId }, facts = {}) =>
    report(parts, {
      event,
      outcome: 'ok',
      user: account,
      client: clientId,
      facts: { by: actor.name, ...facts },
    });
  return {
    identity,
    served: [
      ...userHandlers({ ...identity, tell }),
      ...sessionHandlers({ ...identity, now }),
      ...accountHandlers({
        ...identity,
        needsSecondFactor,
        tell,
      }),
      ...tokenHandlers({ ...identity, now, tell }),
    ],
    welcome: async () => {
      if (await identity.people.any()) return null;
      const { link } = await identity.bootstrap.link();
      return `There are no accounts yet. Make the first administrator within 15 minutes at\n  ${link}\nor run \`claude-manager users bootstrap\` for a new link.`;
    },
    keepTidy: () => {
      const tidy = (): void => {
        identity.sweep().catch((error: unknown) => {
          parts.log.warn('ended sessions could not be swept', { error });
        });
      };
      tidy();
      const timer = setInterval(tidy, 3_600_000).unref();
      return async () => clearInterval(timer);
    },
    authenticateSession: async (secret, options) => {
      const owner = await identity.sessions.owner(secret, options);
      return owner === null ? null : actorOfSession(owner);
    },
    authenticateToken: async (bearer) => {
      const owner = await identity.tokens.owner(bearer);
      return owner === null ? null : actorOfToken(owner);
    },
    actorNamed,
    accounts: {
      lostApproval: async (name, repository) => {
        const actor = await actorNamed(name);
        if (actor === null) return identity.people.wasRemoved(name);
        return !reaches(actor, 'tasks:approve', repository);
      },
    },
    isBootstrapped: () => identity.people.any(),
  };
}

type Tell = Parameters<typeof userHandlers>[0]['tell'];

/** The vault hands out bytes that are to be wiped; what is sealed here is text of ASCII. */
function boxOf(vault: Sealing): SecretBox {
  return {
    seal: (plain, purpose) => vault.seal(plain, purpose),
    open: async (sealed, purpose) => {
      const plain = await vault.open(sealed, purpose);
      try {
        return plain.toString('latin1');
      } finally {
        plain.fill(0);
      }
    },
  };
}

function settingsOf(
  { security: { authentication, rate_limiting: limiting } }: Config,
  origin: string,
): ReturnType<IdentityDeps['settings']> {
  return {
    idleMs: authentication.session_timeout_minutes * 60_000,
    absoluteMs: authentication.session_max_minutes * 60_000,
    maxAttempts: authentication.max_login_attempts,
    lockMs: limiting.block_duration_minutes * 60_000,
    requireSecondFactor: authentication.require_2fa,
    minPasswordLength: authentication.password_min_length,
    origin,
  };
}

function actorOfSession(owner: SessionOwner): Actor {
  const { name, grants, sessionId, stage, provenAt, method: authentication } = owner;
  const { roles, limits } = rightsOf(grants);
  const session = { id: sessionId, provenAtMs: provenAt.getTime() };
  return stage === 'full'
    ? { kind: 'user', name, roles, authentication, limits, session }
    : { kind: 'user', name, roles: [], authentication, session: { ...session, stage } };
}

/** What the token was given and its owner holds at this moment. */
function actorOfToken({ name, grants, tokenId, tokenName, scopes }: TokenOwner): Actor {
  const rights = rightsOf(grants);
  const held: ReadonlySet<string> = permissionsOf({ kind: 'user', name, ...rights });
  return {
    kind: 'token',
    name: tokenName,
    owner: name,
    token: { id: tokenId },
    scopes: scopes.filter((scope) => held.has(scope)),
    limits: rights.limits,
  };
}

async function report({ audit, log }: IdentityParts, told: IdentityEvent): Promise<void> {
  const { event, outcome, user, client, facts } = told;
  const line = { category: 'security', event, account: user, client, ...facts };
  if (outcome === 'ok') log.info('identity', line);
  else log.warn('identity', line);
  await audit.record(null, {
    event,
    outcome,
    actor: { kind: 'system', name: 'identity' },
    target: user,
    correlationId: currentCorrelationId() ?? 'none',
    facts: { client, ...facts },
  });
}
