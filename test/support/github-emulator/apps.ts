import { createPublicKey, createVerify } from 'node:crypto';
import type { Answer } from './route.ts';
import { RestError } from './route.ts';
import type { Account, State } from './state.ts';

export interface AppSeed {
  readonly id: number;
  /** Its writes appear as `<slug>[bot]`, a login that takes roles like any other. */
  readonly slug: string;
  /** PEM. */
  readonly publicKey: string;
  /** Accounts that it is installed on. */
  readonly installedOn: readonly string[];
  /** GitHub's tokens last an hour. */
  readonly tokenSeconds?: number;
}

/** GitHub Apps: their own signature, and tokens of their installations that end. Not checked against the OpenAPI extract. */
export interface Apps {
  add(app: AppSeed): void;
  /** Whose installation token it is, if it still holds; undefined when it is none or has ended. */
  accountOf(token: string): Account | undefined;
  isAppToken(token: string): boolean;
  /** Tokens made so far, over all apps. */
  minted(): number;
  /** Every token made so far is refused from now on. */
  revokeTokens(): void;
  /** Answers a request to an endpoint that takes the app's signature; undefined for every other path. */
  answer(method: string, path: string, token: string): Answer | undefined;
}

interface Installation {
  readonly id: number;
  readonly owner: string;
  readonly app: AppSeed;
}

export function createApps(state: State): Apps {
  const apps = new Map<string, AppSeed>();
  const installations: Installation[] = [];
  const tokens = new Map<string, { readonly account: Account; readonly endsMs: number }>();
  let made = 0;
  const now = (): number => state.clock.now().getTime();
  const mint = (one: Installation): Answer => {
    made += 1;
    const token = `ghs_${String(made).padStart(4, '0')}${'Installation'.repeat(3)}`;
    const endsMs = now() + (one.app.tokenSeconds ?? 3600) * 1000;
    const account = state.accounts.get(`${one.app.slug}[bot]`.toLowerCase());
    if (account === undefined) throw new Error(`the app ${one.app.slug} has no account`);
    tokens.set(token, { account, endsMs });
    const expires = new Date(endsMs).toISOString().replace(/\.\d+Z$/, 'Z');
    return { status: 201, body: { token, expires_at: expires, permissions: {} } };
  };
  return {
    add: (app) => {
      apps.set(String(app.id), app);
      const login = `${app.slug}[bot]`;
      const account: Account = {
        id: state.nextId(),
        login,
        type: 'Bot',
        suspended: false,
        tokens: new Set(),
      };
      state.accounts.set(login.toLowerCase(), account);
      for (const owner of app.installedOn) {
        installations.push({ id: state.nextId(), owner: owner.toLowerCase(), app });
      }
    },
    accountOf: (token) => {
      const found = tokens.get(token);
      return found !== undefined && found.endsMs > now() ? found.account : undefined;
    },
    isAppToken: (token) => token.startsWith('ghs_'),
    minted: () => made,
    revokeTokens: () => tokens.clear(),
    answer: (method, fullPath, token) => {
      const path = fullPath.split('?')[0] ?? '';
      const [, installed] =
        /^\/(?:orgs|users|repos\/[^/]+)\/([^/]+)\/installation$/.exec(path) ?? [];
      const [, id] = /^\/app\/installations\/(\d+)\/access_tokens$/.exec(path) ?? [];
      if (path !== '/app' && installed === undefined && id === undefined) return undefined;
      const app = signedBy(apps, token, Math.floor(now() / 1000));
      if (path === '/app') {
        return { status: 200, body: { id: app.id, slug: app.slug, name: app.slug } };
      }
      const owner = /^\/repos\/([^/]+)\//.exec(path)?.[1] ?? installed;
      const one = installations.find((each) =>
        id === undefined
          ? each.app === app && each.owner === owner?.toLowerCase()
          : each.app === app && each.id === Number(id),
      );
      if (one === undefined) throw new RestError(404, 'Not Found');
      if (id === undefined) return { status: 200, body: { id: one.id, app_id: app.id } };
      if (method !== 'POST') throw new RestError(404, 'Not Found');
      return mint(one);
    },
  };
}

/** RS256 by the key of the app that it names, begun already, ending within ten minutes, as GitHub wants it. */
function signedBy(apps: ReadonlyMap<string, AppSeed>, jwt: string, nowSeconds: number): AppSeed {
  const [head = '', body = '', signature = ''] = jwt.split('.');
  const claims = decoded(body);
  const app = apps.get(String(claims['iss']));
  if (app === undefined) throw new RestError(404, 'Integration not found');
  const isSigned =
    decoded(head)['alg'] === 'RS256' &&
    createVerify('RSA-SHA256')
      .update(`${head}.${body}`)
      .verify(createPublicKey(app.publicKey), signature, 'base64url');
  if (!isSigned) throw new RestError(401, 'A JSON web token could not be decoded');
  const [from, until] = [Number(claims['iat']), Number(claims['exp'])];
  if (!(from <= nowSeconds))
    throw new RestError(401, "'Issued at' claim ('iat') must be an Integer");
  if (!(until > nowSeconds && until <= nowSeconds + 600))
    throw new RestError(401, "'Expiration time' claim ('exp') is too far in the future");
  return app;
}

function decoded(part: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>;
  } catch {
    return {};
  }
}
