import type { Actor } from '../../domain/actor.ts';
import type { ErrorKind } from '../../lib/app-error.ts';
import { AppError, toAppError } from '../../lib/app-error.ts';
import { sha256 } from '../../lib/hash.ts';
import { canonicalJson } from '../../lib/json.ts';
import type { Contract } from '../../operations/operation.ts';
import { refuse } from './problem.ts';

/** The end of a write: what it answered, or how it was refused. */
export type FirstAnswer =
  | { readonly ok: true; readonly answer: unknown }
  | {
      readonly ok: false;
      readonly error: Pick<AppError, 'kind' | 'code' | 'message' | 'details'> & {
        readonly next: string | null;
      };
    };

/** One write under its key. */
export interface KeyedRequest {
  /** Whose key it is; keys of different callers never meet. */
  readonly scope: string;
  readonly key: string;
  /** SHA-256 over operation and input. */
  readonly fingerprint: string;
}

/** Where first answers are kept, at least 24 hours. */
export interface FirstAnswers {
  /**
   * Takes the key for this request, or says what stands under it: `other` input, still `running`, `lost` (its process died
   * before it ended), `secret` (ended, and not kept), or the answer.
   */
  claim(
    request: KeyedRequest,
  ): Promise<'claimed' | 'other' | 'running' | 'lost' | 'secret' | FirstAnswer>;
  /** Null keeps that it ended, and not with what. */
  keep(request: KeyedRequest, answer: FirstAnswer | null): Promise<void>;
  /** Nothing was done: the key is free again. */
  release(request: KeyedRequest): Promise<void>;
}

/** Refusals after which the same request may be sent again under its key, because nothing was done. */
const undone: ReadonlySet<ErrorKind> = new Set([
  'invalid_input',
  'forbidden',
  'unauthenticated',
  'rate_limited',
]);

/** The key of a request; undefined when it has none, AppError when it is none. */
export function keyOf(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (typeof header === 'string' && /^[\u0021-\u007e]{1,255}$/u.test(header)) return header;
  throw refuse({
    kind: 'invalid_input',
    code: 'idempotency_key_malformed',
    message: 'Idempotency-Key must be 1 to 255 visible ASCII characters.',
  });
}

/**
 * Puts a handler under a key: it runs once, whoever asks again under the key is given its first answer. One that is a
 * secret is not kept.
 */
export function underKey(
  answers: FirstAnswers,
  key: string,
  contract: Contract,
  isSecret: boolean,
  actor: Actor,
  input: unknown,
  onRepeat: () => void,
): <T>(work: () => Promise<T>) => Promise<T> {
  const scope = sha256(
    canonicalJson([actor.kind, actor.name, 'owner' in actor ? actor.owner : '']),
  );
  const fingerprint = sha256(canonicalJson([contract.name, input ?? null]));
  const request = { scope, key, fingerprint };
  return async <T>(work: () => Promise<T>): Promise<T> => {
    const found = await answers.claim(request);
    if (typeof found === 'object') {
      onRepeat();
      if (found.ok) return found.answer as T;
      const { next, ...error } = found.error;
      throw new AppError({ ...error, next: next ?? undefined });
    }
    if (found !== 'claimed') throw refusalOf(found);
    return runOnce(answers, request, isSecret, work);
  };
}

async function runOnce<T>(
  answers: FirstAnswers,
  request: KeyedRequest,
  isSecret: boolean,
  work: () => Promise<T>,
): Promise<T> {
  try {
    const answer = await work();
    await answers.keep(request, isSecret ? null : { ok: true, answer });
    return answer;
  } catch (thrown) {
    const error = toAppError(thrown);
    if (undone.has(error.kind)) await answers.release(request);
    else {
      const { kind, code, message, details } = error;
      const next = error.next ?? null;
      await answers.keep(request, { ok: false, error: { kind, code, message, details, next } });
    }
    throw error;
  }
}

function refusalOf(found: 'other' | 'running' | 'lost' | 'secret'): AppError {
  switch (found) {
    case 'other':
      return refuse({
        kind: 'invalid_input',
        code: 'idempotency_key_reused',
        message: 'This Idempotency-Key was used for another request.',
        next: 'Take a new key for each new request.',
      });
    case 'running':
      return refuse({
        kind: 'conflict',
        code: 'idempotency_running',
        message: 'The first request with this Idempotency-Key is still at work.',
        next: 'Ask again a little later with the same key.',
        details: { retryAfterSeconds: 2 },
      });
    case 'lost':
      return refuse({
        kind: 'conflict',
        code: 'idempotency_outcome_unknown',
        message: 'The service stopped while it was at work on the first request with this key.',
        next: 'Look at the state, then repeat it with a new key if it was not done.',
      });
    case 'secret':
      return refuse({
        kind: 'conflict',
        code: 'idempotency_answer_not_kept',
        message: 'This was done already; its answer held a secret that is shown once.',
        next: 'If the secret was lost, remove what was made and make a new one.',
      });
  }
}
