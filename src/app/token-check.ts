import { messageOf } from '../lib/app-error.ts';

/** Asks GitHub who the token is and what it may do on each repository; one line each, for people. */
export async function checkToken(
  env: Readonly<Record<string, string | undefined>>,
  token: string,
  repositories: readonly string[],
): Promise<string[]> {
  const api = (env['GITHUB_API_URL'] ?? 'https://api.github.com').replace(/\/+$/u, '');
  const lines: string[] = [];
  for (const path of [
    '/user',
    ...repositories.filter((name) => !/[*?]/u.test(name)).map((name) => `/repos/${name}`),
  ]) {
    lines.push(await ask(api, path, token));
  }
  return lines;
}

async function ask(api: string, path: string, token: string): Promise<string> {
  try {
    const answer = await fetch(`${api}${path}`, {
      headers: {
        authorization: `Bearer ${token}`,
        accept: 'application/vnd.github+json',
        'user-agent': 'claude-manager',
      },
      signal: AbortSignal.timeout(10_000),
    });
    if (!answer.ok) return `failed: ${path} answers ${answer.status}`;
    const body = (await answer.json()) as { login?: string; permissions?: { push?: boolean } };
    if (path === '/user') return `ok: the token belongs to ${body.login ?? 'somebody'}`;
    return body.permissions?.push === true
      ? `ok: may write ${path.slice(7)}`
      : `failed: may not write ${path.slice(7)}`;
  } catch (error) {
    return `failed: ${api}${path} cannot be reached (${messageOf(error)})`;
  }
}
