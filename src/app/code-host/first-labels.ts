import { colorOf } from '../../integrations/github/labels.ts';
import { messageOf } from '../../lib/app-error.ts';

/**
 * Makes labels on a repository as far as the token may; answers those that are there now, and one line for people about
 * those that are not. A name is there once at most, so asking again makes nothing twice.
 */
export async function makeLabels(
  env: Readonly<Record<string, string | undefined>>,
  token: string,
  repository: string,
  labels: readonly string[],
): Promise<{ readonly there: string[]; readonly remark: string }> {
  const api = (env['GITHUB_API_URL'] ?? 'https://api.github.com').replace(/\/+$/u, '');
  const there: string[] = [];
  for (const label of labels) {
    const why = await make(`${api}/repos/${repository}/labels`, token, label);
    if (why === null) there.push(label);
    else {
      const remark = `failed: the label ${label} could not be made in ${repository} (${why}); GitHub makes it, in grey, when it is first set by somebody who may`;
      return { there, remark };
    }
  }
  return { there, remark: `ok: the labels ${there.join(', ')} are in ${repository}` };
}

/** Why it is not there; null when it is. */
async function make(address: string, token: string, name: string): Promise<string | null> {
  try {
    const answer = await fetch(address, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        accept: 'application/vnd.github+json',
        'content-type': 'application/json',
        'user-agent': 'claude-manager',
      },
      body: JSON.stringify({ name, color: colorOf(name) }),
      signal: AbortSignal.timeout(10_000),
    });
    const text = await answer.text();
    const isThere = answer.ok || (answer.status === 422 && /already.exists/iu.test(text));
    return isThere ? null : `answer ${answer.status}`;
  } catch (error) {
    return messageOf(error);
  }
}
