import type { FastifyInstance, FastifyRequest } from 'fastify';
import { AppError } from '../../lib/app-error.ts';
import { clientIdOf } from '../../platform/ratelimit/client-address.ts';
import { isSignature, isSignedBy } from './signature.ts';

export interface ReceivedDelivery {
  /** X-GitHub-Delivery: the same for each repeat. */
  readonly id: string;
  readonly event: string;
  /** As it came; known to be JSON. */
  readonly body: Uint8Array;
}

export interface WebhookRouteDeps {
  /** `/webhooks/github`. */
  readonly path: string;
  /** Newest first; after a rotation the one before as well. Empty while there is none. */
  readonly secrets: () => Promise<readonly string[]>;
  /** Resolves once the delivery cannot be lost any more; false when it was known. */
  readonly store: (delivery: ReceivedDelivery) => Promise<boolean>;
  /** Milliseconds of a clock that is never put back. */
  readonly nowMs: () => number;
  /** Told how long a delivery that is signed well took from its first byte until it was stored, or was not. */
  readonly onStored: (ended: { readonly durationMs: number; readonly isDone: boolean }) => void;
  /** The refusal of a sender whose address may not send here at all; null for anybody else. */
  readonly refuseSender: (address: string) => Promise<AppError | null>;
  /** Counts a forged delivery and answers the refusal: of the signature, or of a sender who goes on. */
  readonly forged: (clientId: string) => Promise<AppError>;
}

/** What GitHub sends at most. */
const largestDeliveryBytes = 25 * 1024 * 1024;

/**
 * The address that GitHub sends to. Who signs well is never limited, so the signature is looked at before anybody counts;
 * who does not is counted. Nothing of the body is read before it is known to be GitHub's.
 */
export function webhookRoute(deps: WebhookRouteDeps): (app: FastifyInstance) => Promise<void> {
  const began = new WeakMap<FastifyRequest, number>();
  const store = async (request: FastifyRequest, delivery: ReceivedDelivery): Promise<boolean> => {
    let isDone = false;
    try {
      const isNew = await deps.store(delivery);
      isDone = true;
      return isNew;
    } finally {
      deps.onStored({ durationMs: deps.nowMs() - (began.get(request) ?? deps.nowMs()), isDone });
    }
  };
  return async (app) => {
    await app.register(async (scope) => {
      scope.removeAllContentTypeParsers();
      scope.addContentTypeParser(
        'application/json',
        { parseAs: 'buffer', bodyLimit: largestDeliveryBytes },
        (_request, body, done) => done(null, body),
      );
      scope.post(deps.path, {
        bodyLimit: largestDeliveryBytes,
        onRequest: async (request) => {
          began.set(request, deps.nowMs());
          const refusal = await deps.refuseSender(request.ip);
          if (refusal !== null) throw refusal;
          if (!isSignature(one(request, 'x-hub-signature-256')))
            throw await deps.forged(clientIdOf(request.ip, request.headers));
          if ((one(request, 'content-encoding') ?? 'identity') !== 'identity') throw compressed();
        },
        handler: async (request, reply) => {
          const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
          const secrets = await deps.secrets();
          if (secrets.length === 0) throw noSecret();
          if (!isSignedBy(secrets, body, one(request, 'x-hub-signature-256')))
            throw await deps.forged(clientIdOf(request.ip, request.headers));
          const isNew = await store(request, readDelivery(request, body));
          return reply
            .code(202)
            .header('cache-control', 'no-store')
            .send({ accepted: true, known: !isNew });
        },
      });
    });
  };
}

function readDelivery(request: FastifyRequest, body: Buffer): ReceivedDelivery {
  const id = one(request, 'x-github-delivery') ?? '';
  const event = one(request, 'x-github-event') ?? '';
  if (!/^[\w-]{1,100}$/u.test(id)) throw malformed('X-GitHub-Delivery is missing or malformed.');
  if (!/^[a-z][a-z0-9_]{0,99}$/u.test(event))
    throw malformed('X-GitHub-Event is missing or malformed.');
  try {
    JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw malformed('The body is not JSON.');
  }
  return { id, event, body };
}

function one({ headers }: FastifyRequest, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}

function malformed(message: string): AppError {
  return new AppError({
    kind: 'invalid_input',
    code: 'delivery_malformed',
    message,
    next: 'Send what GitHub sends, with the content type application/json.',
  });
}

function compressed(): AppError {
  return new AppError({
    kind: 'invalid_input',
    code: 'media_type_unsupported',
    message: 'Deliveries are taken uncompressed.',
    next: 'Send JSON with Content-Type: application/json.',
  });
}

/** No failure of this service: as long as nothing can be verified, nothing is taken, whoever sends it. */
function noSecret(): AppError {
  return new AppError({
    kind: 'forbidden',
    code: 'webhook_secret_missing',
    message: 'Deliveries cannot be verified: there is no GITHUB_WEBHOOK_SECRET.',
    next: 'Store it with `claude-manager credentials set GITHUB_WEBHOOK_SECRET`, or export it, and run `claude-manager webhooks setup`.',
  });
}
