import type { Config } from './schema.ts';

/** Values from the environment that never become part of the configuration. */
export interface Secrets {
  readonly githubToken: string | null;
  readonly githubWebhookSecret: string | null;
  readonly databaseUrl: string | null;
  /** What agents may ask for, by the name of the variable: ANTHROPIC_API_KEY and those in `executor.agents.*.secrets`. */
  readonly agents: Readonly<Record<string, string>>;
}

const builtIn = ['ANTHROPIC_API_KEY', 'CLAUDE_CODE_OAUTH_TOKEN', 'OPENAI_API_KEY', 'CODEX_API_KEY'];

export function readSecrets(
  env: Readonly<Record<string, string | undefined>>,
  config: Config,
): Secrets {
  const named = Object.values(config.executor.agents).flatMap(({ secrets }) => secrets ?? []);
  const agents = [...new Set([...builtIn, ...named])].flatMap((name) => {
    const value = filled(env[name]);
    return value === null ? [] : [[name, value] as const];
  });
  return {
    githubToken: filled(env['GITHUB_TOKEN']),
    githubWebhookSecret: filled(env['GITHUB_WEBHOOK_SECRET']),
    databaseUrl: filled(env['DATABASE_URL']),
    agents: Object.fromEntries(agents),
  };
}

function filled(value: string | undefined): string | null {
  return value === undefined || value.trim() === '' ? null : value.trim();
}
