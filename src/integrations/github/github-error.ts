import { z } from 'zod';
import { AppError, type ErrorKind } from '../../lib/app-error.ts';
import { type HttpAnswer, type HttpRequest, mayChange } from './exchange.ts';

/** GitHub's refusals as errors of ours: by status, and for writes by whether the effect may have happened. */
export function githubError(request: HttpRequest, answer: HttpAnswer): AppError {
  const words = wordsOf(answer.text);
  const write = mayChange(request);
  const what = `${request.method} ${new URL(request.url).pathname}`;
  const { kind, code, next } = classify(answer, words, write);
  return new AppError({
    kind,
    code,
    message: `GitHub answered ${answer.status} to ${what}${words === '' ? '' : `: ${words}`}`,
    next,
    details: factsOf(request, answer),
  });
}

/** A 2xx that is not what it should be. For a write it may have happened. */
export function malformed(request: HttpRequest, answer: HttpAnswer, why: string): AppError {
  const write = mayChange(request);
  return new AppError({
    kind: write ? 'unknown_outcome' : 'unavailable',
    code: 'github_malformed_answer',
    message: `GitHub's answer to ${request.method} ${new URL(request.url).pathname} is not readable: ${why}`,
    details: factsOf(request, answer),
  });
}

interface Classified {
  readonly kind: ErrorKind;
  readonly code: string;
  readonly next?: string;
}

function classify(answer: HttpAnswer, words: string, write: boolean): Classified {
  if (answer.status >= 500)
    return { kind: write ? 'unknown_outcome' : 'unavailable', code: 'github_server_error' };
  // A credential that somebody has to renew is no refusal of the thing that was asked.
  if (
    answer.status === 401 ||
    (answer.status === 403 && /bad credentials|account was suspended/iu.test(words))
  )
    return authentication;
  if (answer.status === 403 && /archived/iu.test(words))
    return {
      kind: 'forbidden',
      code: 'github_archived',
      next: 'Unarchive the repository or take it out of the configuration.',
    };
  if (answer.status === 403 && /issue is locked|locked conversation/iu.test(words))
    return {
      kind: 'forbidden',
      code: 'github_locked',
      next: 'Unlock the conversation, or give the token write access to the repository.',
    };
  return byStatus[answer.status] ?? { kind: 'internal', code: 'github_unexpected_status' };
}

const authentication: Classified = {
  kind: 'unauthenticated',
  code: 'github_authentication',
  next: 'Set GITHUB_TOKEN to a valid token for this GitHub, or renew the stored one.',
};

const byStatus: Readonly<Record<number, Classified>> = {
  403: {
    kind: 'forbidden',
    code: 'github_forbidden',
    next: 'Give the token write access to issues, pull requests and contents of this repository.',
  },
  404: {
    kind: 'not_found',
    code: 'github_not_found',
    next: 'Check the name, and that the token may see the repository.',
  },
  409: { kind: 'conflict', code: 'github_conflict' },
  410: {
    kind: 'not_found',
    code: 'github_gone',
    next: 'If issues are disabled in the repository, enable them in its settings.',
  },
  422: { kind: 'invalid_input', code: 'github_validation' },
  451: { kind: 'forbidden', code: 'github_unavailable_for_legal_reasons' },
};

function factsOf(request: HttpRequest, answer: HttpAnswer): Readonly<Record<string, unknown>> {
  return {
    method: request.method,
    url: request.url,
    upstreamStatus: answer.status,
    githubRequestId: answer.headers['x-github-request-id'] ?? null,
  };
}

const ErrorBody = z.object({
  message: z.string(),
  errors: z
    .array(
      z.union([
        z.string(),
        z.object({
          message: z.string().optional(),
          resource: z.string().optional(),
          field: z.string().optional(),
          code: z.string().optional(),
        }),
      ]),
    )
    .optional()
    .catch(undefined),
});

function wordsOf(text: string): string {
  const body = ErrorBody.safeParse(json(text));
  if (!body.success) return '';
  const more = (body.data.errors ?? []).map((one) =>
    typeof one === 'string'
      ? one
      : (one.message ?? [one.resource, one.field, one.code].filter(Boolean).join(' ')),
  );
  return [body.data.message, ...more].join('; ').slice(0, 500);
}

/** Undefined when it is not JSON. */
export function json(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
