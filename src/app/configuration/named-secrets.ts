import type { LoadedConfig } from '../../platform/config/load-config.ts';

/** Every secret that the environment holds, by name. */
export function allSecrets({
  secrets,
}: Pick<LoadedConfig, 'secrets'>): Readonly<Record<string, string>> {
  const named = {
    GITHUB_TOKEN: secrets.githubToken,
    GITHUB_WEBHOOK_SECRET: secrets.githubWebhookSecret,
    DATABASE_URL: secrets.databaseUrl,
    ...secrets.agents,
    ...secrets.github,
    ...secrets.receivers,
  };
  return Object.fromEntries(
    Object.entries(named).flatMap(([name, value]) => (value === null ? [] : [[name, value]])),
  );
}
