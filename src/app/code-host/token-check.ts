import { messageOf } from '../../lib/app-error.ts';

/**
 * Asks GitHub who the token is and what it may do on each repository; one line each, for people. A token of somebody else
 * than `github.username` names would write under another name than people expect.
 */
export async function checkToken(
  env: Readonly<Record<string, string | undefined>>,
  token: string,
  repositories: readonly string[],
  username: string | null,
): Promise<string[]> {
  const api = (env['GITHUB_API_URL'] ?? 'https://api.github.com').replace(/\/+$/u, '');
  const lines: string[] = [];
  for (const path of [
    '/user',
    ...repositories.filter((name) => !/[*?]/u.test(name)).map((name) => `/repos/${name}`),
  ]) {
    lines.push(await ask(api, path, token, username));
  }
  return lines;
}

async function ask(
  api: string,
  path: string,
  token: string,
  username: string | null,
): Promise<string> {
  try {
    const answer = await fetch(`${api}${path}`, {
      headers: {
        authorization: `Bearer ${token}`,
        accept: 'application/vnd.github+json',
        'user-agent': 'claude-manager',
      },
      signal: AbortSignal.timeout(10_000),
    });
    // The token of an Actions job is not told whose it is; the work goes on as whom the configuration names.
    if (path === '/user' && username !== null && [403, 404].includes(answer.status))
      return `ok: GitHub does not say whose token it is, and github.username names ${username}`;
    if (!answer.ok) return `failed: ${path} answers ${answer.status}`;
    const body = (await answer.json()) as { login?: string; permissions?: { push?: boolean } };
    if (path === '/user') return ownerLine(body.login ?? 'somebody', username);
    return body.permissions?.push === true
      ? `ok: may write ${path.slice(7)}`
      : `failed: may not write ${path.slice(7)}`;
  } catch (error) {
    return `failed: ${api}${path} cannot be reached (${messageOf(error)})`;
  }
}

function ownerLine(login: string, username: string | null): string {
  return username === null || username.toLowerCase() === login.toLowerCase()
    ? `ok: the token belongs to ${login}`
    : `failed: the token belongs to ${login}, and github.username names ${username}`;
}
