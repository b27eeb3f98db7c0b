/** A plain client for trying the emulator; the product has its own. */
export interface Requester {
  get(path: string, headers?: Record<string, string>): Promise<Reply>;
  delete(path: string): Promise<Reply>;
  post(path: string, body: unknown): Promise<Reply>;
  put(path: string, body?: unknown): Promise<Reply>;
  patch(path: string, body: unknown): Promise<Reply>;
}
export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

export function createRequester(apiUrl: string, token: string): Requester {
  const ask = async (
    method: string,
    path: string,
    body?: unknown,
    extra: Record<string, string> = {},
  ): Promise<Reply> => {
    const headers = { authorization: `Bearer ${token}`, 'user-agent': 'requester', ...extra };
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const answer = await fetch(apiUrl + path, { method, headers, ...sent });
    const text = await answer.text();
    const read: unknown = text === '' ? null : JSON.parse(text);
    return { status: answer.status, headers: answer.headers, body: read };
  };
  return {
    get: (path, headers) => ask('GET', path, undefined, headers),
    delete: (path) => ask('DELETE', path),
    post: (path, body) => ask('POST', path, body),
    put: (path, body) => ask('PUT', path, body),
    patch: (path, body) => ask('PATCH', path, body),
  };
}
