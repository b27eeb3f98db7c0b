import { AppError } from '../../lib/app-error.ts';

/** The first descriptor after standard error, as sd_listen_fds(3) counts. */
const firstDescriptor = 3;

/**
 * The listening socket that a supervisor holds for this process, told as sd_listen_fds(3) says; null when it holds none.
 * Node closes it for the programs that we start, so no agent ever holds it. Throws AppError `invalid_input` code
 * `sockets_unclear`.
 */
export function inheritedSocketOf(
  env: Readonly<Record<string, string | undefined>>,
  pid: number,
): number | null {
  if (env['LISTEN_PID'] !== String(pid)) return null;
  const count = env['LISTEN_FDS'] ?? '';
  if (count === '1') return firstDescriptor;
  throw new AppError({
    kind: 'invalid_input',
    code: 'sockets_unclear',
    message: `The supervisor holds ${count === '' ? 'no' : count} sockets for this service (LISTEN_FDS), which listens on one.`,
    next: 'Name one address in the socket unit, with one ListenStream=.',
  });
}
