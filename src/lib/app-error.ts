/** What sort of thing went wrong. Doors translate a kind into an exit code or an HTTP status; nothing else decides by text. */
export const errorKinds = [
  'invalid_input',
  'not_found',
  'unauthenticated',
  'forbidden',
  'conflict',
  'not_well',
  'rate_limited',
  'unavailable',
  'timeout',
  'unknown_outcome',
  'internal',
] as const;
export type ErrorKind = (typeof errorKinds)[number];

export interface AppErrorOptions {
  readonly kind: ErrorKind;
  /** Stable, snake_case, for example `config_not_found`. */
  readonly code: string;
  /** What happened and why, in one or two sentences a user can read. */
  readonly message: string;
  /** What the user does next, as an imperative sentence. */
  readonly next?: string | undefined;
  /** Facts for logs and for `--json`; never a secret. */
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  readonly cause?: unknown;
}

/** The one error type that crosses rooms. */
export class AppError extends Error {
  readonly kind: ErrorKind;
  readonly code: string;
  readonly next: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(options: AppErrorOptions) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.kind = options.kind;
    this.code = options.code;
    this.next = options.next;
    this.details = options.details ?? {};
  }
}

/** Turns whatever was thrown into an AppError; what is not ours becomes `internal` and keeps its cause. */
export function toAppError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  if (isBrokenConnection(thrown)) {
    return new AppError({
      kind: 'unavailable',
      code: 'connection_lost',
      message: messageOf(thrown),
      next: 'Nothing, if it comes back by itself; else see that the database and the network are up.',
      cause: thrown,
    });
  }
  const next = nextOfSystemError(thrown);
  if (next !== null) {
    return new AppError({
      kind: 'unavailable',
      code: 'machine_refused',
      message: messageOf(thrown),
      next,
      cause: thrown,
    });
  }
  return new AppError({
    kind: 'internal',
    code: 'unexpected_error',
    message: messageOf(thrown),
    cause: thrown,
  });
}

/**
 * Whether the other end of a connection went away, has no room for now, or waited too long for us or for another one:
 * Node's codes, and SQLSTATE classes 08, 40, 53, 57P, 25P03 and 55P03 of PostgreSQL (appendix A). Its driver says the end of
 * a connection in words only.
 */
function isBrokenConnection(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false;
  const code = 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : '';
  if (
    /^(E(CONN(REFUSED|RESET|ABORTED)|PIPE|TIMEDOUT|HOSTUNREACH|NETUNREACH|AI_AGAIN))$/u.test(code)
  )
    return true;
  if (/^(08|40|53)[0-9A-Z]{3}$|^57P[0-9A-Z]{2}$|^(25|55)P03$/u.test(code)) return true;
  return /^Connection terminated|^timeout exceeded when trying to connect/u.test(thrown.message);
}

/** What the user does about an error of the machine that is no defect of ours; null for every other error. */
function nextOfSystemError(thrown: unknown): string | null {
  switch (thrown instanceof Error && 'code' in thrown ? thrown.code : null) {
    case 'ENOSPC':
    case 'EDQUOT':
      return 'Free some space on that disk, or choose another folder; nothing that was acknowledged is lost.';
    case 'EROFS':
    case 'EACCES':
    case 'EPERM':
      return 'Let this user write there, or choose another folder with dataDir and logDir.';
    case 'EMFILE':
    case 'ENFILE':
      return 'Raise the limit of open files (ulimit -n).';
    default:
      return null;
  }
}

/** The readable message of anything that can be thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** What the system said of a file, without its call and the name that it was called with: `ENOENT: no such file or directory`. */
export function systemReason(thrown: unknown): string {
  return messageOf(thrown).replace(/, \w+(?: '.*)?$/su, '');
}
