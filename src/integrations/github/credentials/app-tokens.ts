import { createPrivateKey, createSign } from 'node:crypto';
import { z } from 'zod';
import { AppError, messageOf } from '../../../lib/app-error.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { Exchange, HttpRequest } from '../exchange.ts';
import { githubError, json, malformed } from '../github-error.ts';
import { when } from '../schemas.ts';

/** A GitHub App: it signs for itself and gets a token of an hour for each account it is installed on. */
export interface GithubApp {
  /** `<slug>[bot]`: as whom its writes appear. */
  login(): Promise<string>;
  /** A new token for the account. AppError `github_app_not_installed`, `github_app_key`, or what GitHub refused. */
  mint(owner: string): Promise<InstallationToken>;
}

export interface InstallationToken {
  readonly token: string;
  readonly expiresAt: Date;
}

export interface GithubAppDeps {
  readonly apiUrl: string;
  /** App id or client id. */
  readonly appId: string;
  /** PEM; asked for each signature, so that it is in memory for a moment only. */
  readonly privateKey: () => Promise<string>;
  /** When not known it is looked up by the account. */
  readonly installationId: number | null;
  readonly exchange: Exchange;
  readonly clock: Pick<Clock, 'now'>;
}

const Installation = z.object({ id: z.number() });
const Minted = z.object({ token: z.string().min(1), expires_at: when });
const App = z.object({ slug: z.string().min(1) });

export function createGithubApp(deps: GithubAppDeps): GithubApp {
  const base = deps.apiUrl.replace(/\/+$/u, '');
  const installations = new Map<string, number>();
  let slug: string | null = null;
  const ask = async <Schema extends z.ZodType>(
    method: 'GET' | 'POST',
    path: string,
    schema: Schema,
  ): Promise<z.infer<Schema> | null> => {
    const request: HttpRequest = {
      method,
      url: `${base}${path}`,
      // Making one more token has no effect that anybody sees.
      isRead: true,
      headers: {
        accept: 'application/vnd.github+json',
        'user-agent': 'claude-manager-service',
        'x-github-api-version': '2022-11-28',
        authorization: `Bearer ${await appJwt(deps)}`,
      },
    };
    const answer = await deps.exchange(request);
    if (answer.status === 404) return null;
    if (answer.status >= 300) throw githubError(request, answer);
    const read = schema.safeParse(json(answer.text));
    if (read.success) return read.data;
    throw malformed(request, { ...answer, text: '' }, 'it is not what GitHub documents');
  };
  const installationOf = async (owner: string): Promise<number> => {
    const known = deps.installationId ?? installations.get(owner);
    if (known !== undefined && known !== null) return known;
    const name = encodeURIComponent(owner);
    const found =
      (await ask('GET', `/orgs/${name}/installation`, Installation)) ??
      (await ask('GET', `/users/${name}/installation`, Installation));
    if (found === null) throw notInstalled(deps.appId, owner);
    installations.set(owner, found.id);
    return found.id;
  };
  return {
    login: async () => {
      slug ??= (await ask('GET', '/app', App))?.slug ?? null;
      if (slug === null) throw notInstalled(deps.appId, 'this GitHub');
      return `${slug}[bot]`;
    },
    mint: async (owner) => {
      const id = await installationOf(owner);
      const minted = await ask('POST', `/app/installations/${id}/access_tokens`, Minted);
      // It was installed anew under another number, or removed.
      if (minted === null) {
        installations.delete(owner);
        throw notInstalled(deps.appId, owner);
      }
      return { token: minted.token, expiresAt: minted.expires_at };
    },
  };
}

/**
 * The app's own signature (docs.github.com, "Generating a JSON Web Token"): RS256, begun a minute ago because clocks
 * differ, good for nine minutes of the ten that GitHub allows.
 */
async function appJwt({ appId, privateKey, clock }: GithubAppDeps): Promise<string> {
  const now = Math.floor(clock.now().getTime() / 1000);
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const head = part({ alg: 'RS256', typ: 'JWT' });
  const unsigned = `${head}.${part({ iat: now - 60, exp: now + 540, iss: appId })}`;
  try {
    const key = createPrivateKey(await privateKey());
    if (key.asymmetricKeyType !== 'rsa') throw new Error('it is no RSA key');
    return `${unsigned}.${createSign('RSA-SHA256').update(unsigned).sign(key, 'base64url')}`;
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new AppError({
      kind: 'unauthenticated',
      code: 'github_app_key',
      message: `The private key of the GitHub App ${appId} cannot be used: ${messageOf(cause)}.`,
      next: 'Store the PEM file that GitHub gave: claude-manager credentials set GITHUB_APP_PRIVATE_KEY < key.pem',
    });
  }
}

function notInstalled(appId: string, owner: string): AppError {
  return new AppError({
    kind: 'forbidden',
    code: 'github_app_not_installed',
    message: `The GitHub App ${appId} is not installed on ${owner}.`,
    next: 'Install it there with access to the repositories, or give another credential in github.credentials.',
    details: { appId, owner },
  });
}
