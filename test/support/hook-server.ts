import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One hook as GitHub keeps it. */
export interface KeptHook {
  readonly id: number;
  active: boolean;
  events: readonly string[];
  config: Readonly<Record<string, string>>;
}

/** Deliveries that GitHub tells of, and those it was asked to send again. */
export interface HookServer {
  readonly apiUrl: string;
  readonly hooks: KeptHook[];
  readonly deliveries: { id: number; guid: string; status_code: number; delivered_at: string }[];
  readonly redelivered: number[];
  /** Pages of deliveries that were read. */
  readonly pagesAsked: number;
  close(): Promise<void>;
}

/** The hooks of any repository, as docs.github.com describes them; the secret is never told. */
export async function createHookServer(): Promise<HookServer> {
  const hooks: KeptHook[] = [];
  const deliveries: HookServer['deliveries'] = [];
  const redelivered: number[] = [];
  let pagesAsked = 0;
  const answer = async (
    request: IncomingMessage,
  ): Promise<[status: number, body: unknown, link?: string]> => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const text = Buffer.concat(parts).toString();
    const body = (text === '' ? {} : JSON.parse(text)) as Partial<KeptHook>;
    const [, id, tail = ''] =
      /^\/repos\/[^/]+\/[^/]+\/hooks(?:\/(\d+))?(\/[^?]*)?/u.exec(request.url ?? '') ?? [];
    const shown = ({ config, ...one }: KeptHook) => ({
      ...one,
      config: { ...config, secret: '********' },
    });
    if (tail === '/deliveries') {
      const url = new URL(request.url ?? '', apiUrl());
      const from = Number(url.searchParams.get('cursor') ?? 0);
      const until = from + Number(url.searchParams.get('per_page') ?? 30);
      url.searchParams.set('cursor', String(until));
      pagesAsked += 1;
      const page = deliveries.slice(from, until).map((one) => ({ ...one, event: 'issues' }));
      return until < deliveries.length ? [200, page, `<${url.href}>; rel="next"`] : [200, page];
    }
    const [, again] = /^\/deliveries\/(\d+)\/attempts$/u.exec(tail) ?? [];
    if (again !== undefined) {
      redelivered.push(Number(again));
      return [202, {}];
    }
    if (request.method === 'GET') return [200, hooks.map(shown)];
    if (request.method === 'POST') {
      const { active = true, events = ['push'], config = {} } = body;
      const made = { id: hooks.length + 1, active, events, config };
      hooks.push(made);
      return [201, shown(made)];
    }
    const hook = hooks.find((one) => one.id === Number(id));
    if (hook === undefined) return [404, { message: 'Not Found' }];
    Object.assign(hook, body);
    return [200, shown(hook)];
  };
  const server = createServer((request, response) => {
    void answer(request).then(([status, body, link]) =>
      response
        .writeHead(status, {
          'content-type': 'application/json',
          ...(link === undefined ? {} : { link }),
        })
        .end(JSON.stringify(body)),
    );
  });
  const apiUrl = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    apiUrl: apiUrl(),
    get pagesAsked() {
      return pagesAsked;
    },
    hooks,
    deliveries,
    redelivered,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
