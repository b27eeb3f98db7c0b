import type { EffectRequest } from '../../domain/effect.ts';
import type { CodeHost, HostWrite } from '../../domain/ports/code-host.ts';

/** Members of payloads that people read; the others are names, numbers and ids, which a secret cannot be. */
const texts = ['title', 'body'] as const;

/** The same request with the secrets taken out of its texts: what is published cannot be taken back. */
export function cleanRequest<Request extends Pick<EffectRequest, 'payload'>>(
  request: Request,
  redact: (text: string) => string,
): Request {
  const changed = texts.flatMap((name) => {
    const value = request.payload[name];
    return typeof value === 'string' ? [[name, redact(value)] as const] : [];
  });
  return { ...request, payload: { ...request.payload, ...Object.fromEntries(changed) } };
}

/** A host to which nothing is written with a secret that is known by the time of the write. */
export function withCleanWrites<Host extends CodeHost>(
  host: Host,
  redact: (text: string) => string,
): Host {
  const clean = (write: HostWrite): HostWrite => cleanRequest(write, redact);
  return {
    ...host,
    send: (write) => host.send(clean(write)),
    find: (write) => host.find(clean(write)),
  };
}
