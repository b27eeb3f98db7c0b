import type { FastifyRequest } from 'fastify';
import { ownHeader } from '../../operations/api-client/client.ts';
import { refuse } from './problem.ts';
import type { HttpSettings } from './settings.ts';

/** Characters of an address; what is longer belongs in a body. */
export const longestAddress = 8192;

const loopbackNames = ['localhost', '127.0.0.1', '[::1]'];

/** Looks at where a request comes from and whom it believes to talk to, before anything else does. */
export interface RequestGuards {
  /** Throws unless it is for us: against pages that point a name of theirs at this machine. */
  checkTarget(request: FastifyRequest): void;
  /** Throws when another site's page is behind it. Called for whatever a cookie or the place of the caller speaks for. */
  checkOrigin(request: FastifyRequest): void;
}

export function createRequestGuards(settings: HttpSettings): RequestGuards {
  const publicUrl = settings.publicUrl === null ? null : new URL(settings.publicUrl);
  const names = new Set(
    [...loopbackNames, bound(settings.host), ...settings.allowedHosts, publicUrl?.hostname ?? '']
      .filter((name) => name !== '')
      .map((name) => name.toLowerCase()),
  );
  return {
    checkTarget: ({ raw, headers }) => {
      if ((raw.url?.length ?? 0) > longestAddress)
        throw refuse({
          kind: 'invalid_input',
          code: 'address_too_long',
          message: `The address is longer than the ${longestAddress} characters that this service takes.`,
        });
      const hosts = raw.rawHeaders.filter(
        (name, index) => index % 2 === 0 && name.toLowerCase() === 'host',
      );
      const [, name] =
        /^(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::\d{1,5})?$/u.exec((headers.host ?? '').toLowerCase()) ??
        [];
      if (hosts.length !== 1) throw badRequest('A request names its host once.');
      if (name === undefined || !names.has(name)) {
        throw refuse({
          kind: 'forbidden',
          code: 'host_not_allowed',
          message: 'This service does not answer to that host name.',
          next: 'Use its own address, or name the host in server.allowedHosts.',
        });
      }
      if (raw.url?.startsWith('/') !== true) throw badRequest('The address must begin with "/".');
    },
    checkOrigin: (request) => {
      const { headers, method } = request;
      const site = headers['sec-fetch-site'];
      const isRead = method === 'GET' || method === 'HEAD';
      if (site !== undefined && site !== 'same-origin' && !(isRead && site === 'none'))
        throw foreign();
      if (headers.origin === undefined ? !isRead : !isOwn(headers.origin, request, publicUrl))
        throw foreign();
      if (!isRead && headers[ownHeader] === undefined) throw foreign();
    },
  };
}

function isOwn(origin: string, { headers }: FastifyRequest, publicUrl: URL | null): boolean {
  if (publicUrl !== null && origin === publicUrl.origin) return true;
  const host = headers.host?.toLowerCase() ?? '';
  return origin === `http://${host}` || origin === `https://${host}`;
}

/** An address that stands for all of them is no name. */
function bound(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '';
  return host.includes(':') ? `[${host}]` : host;
}

function foreign() {
  return refuse({
    kind: 'forbidden',
    code: 'foreign_origin',
    message: 'The request does not come from a page of this service.',
    next: `Use the dashboard, send an API token, or send Origin and the header ${ownHeader}: 1.`,
  });
}

function badRequest(message: string) {
  return refuse({ kind: 'invalid_input', code: 'request_malformed', message });
}
