/** Fetches as a browser on a page of `origin` does: keeps the cookie, says where it is. `more` goes with every request. */
export function browserFetch(
  origin: string,
  more: Readonly<Record<string, string>> = {},
): typeof fetch & { cookie(): string } {
  let cookie = '';
  const ask = async (...[input, init]: Parameters<typeof fetch>): Promise<Response> => {
    const headers = { ...(init?.headers as Record<string, string>), ...more, origin, cookie };
    const answer = await fetch(input, { ...init, headers });
    for (const line of answer.headers.getSetCookie()) cookie = line.split(';')[0] ?? '';
    return answer;
  };
  return Object.assign(ask, { cookie: () => cookie });
}
