import type { Config } from './schema.ts';

/** Values from the environment that never become part of the configuration. */
export interface Secrets {
  readonly githubToken: string | null;
  readonly githubWebhookSecret: string | null;
  readonly databaseUrl: string | null;
  /** What agents may ask for, by the name of the variable: ANTHROPIC_API_KEY and those in `executor.agents.*.secrets`. */
  readonly agents: Readonly<Record<string, string>>;
  /** What `github.app` and `github.credentials` name. */
  readonly github: Readonly<Record<string, string>>;
  /** What `alerts.webhookCredential`, `notifications.webhooks` and `telemetry.otlp.credential` name. */
  readonly receivers: Readonly<Record<string, string>>;
}

const builtIn = ['ANTHROPIC_API_KEY', 'CLAUDE_CODE_OAUTH_TOKEN', 'OPENAI_API_KEY', 'CODEX_API_KEY'];

export function readSecrets(
  env: Readonly<Record<string, string | undefined>>,
  config: Config,
): Secrets {
  const named = Object.values(config.executor.agents).flatMap(({ secrets }) => secrets ?? []);
  const valuesOf = (names: readonly string[]): Record<string, string> =>
    Object.fromEntries(
      [...new Set(names)].flatMap((name) => {
        const value = filled(env[name]);
        return value === null ? [] : [[name, value] as const];
      }),
    );
  return {
    githubToken: filled(env['GITHUB_TOKEN']),
    githubWebhookSecret: filled(env['GITHUB_WEBHOOK_SECRET']),
    databaseUrl: filled(env['DATABASE_URL']),
    agents: valuesOf([...builtIn, ...named]),
    github: valuesOf(githubNames(config)),
    receivers: valuesOf(receiverNames(config)),
  };
}

function githubNames({ github }: Config): readonly string[] {
  const apps = [github.app, ...github.credentials.map(({ app }) => app)];
  return [
    ...apps.flatMap((app) => app?.privateKey ?? []),
    ...github.credentials.flatMap(({ token }) => token ?? []),
  ];
}

function receiverNames({ alerts, notifications, telemetry }: Config): readonly string[] {
  const named = [alerts.webhookCredential, telemetry.otlp.credential];
  return [
    ...named.filter((name) => name !== null),
    ...notifications.webhooks.map(({ secret }) => secret),
  ];
}

function filled(value: string | undefined): string | null {
  return value === undefined || value.trim() === '' ? null : value.trim();
}
