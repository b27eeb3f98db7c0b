import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { LoadedConfig } from '../../platform/config/load-config.ts';
import type { Vault } from '../../platform/vault/vault.ts';

/** Secrets by name: what the vault holds comes before the environment. */
export interface Credentials {
  /** Undefined when neither has it. Throws what the vault throws when it holds the name and cannot give it out. */
  take(name: string, purpose: string): Promise<string | undefined>;
  /**
   * The same for what is needed all the time: asked for again after half a minute, so that a new value is used soon.
   * After a rotation the value before stands behind the new one for as long as it holds; whoever checks accepts both.
   */
  holder(name: string, purpose: string): Holder;
}

export interface Holder {
  all(): Promise<readonly string[]>;
  first(): Promise<string | undefined>;
  /** It was refused: the next call asks anew. */
  forget(): void;
}

export interface CredentialParts {
  readonly vault: Pick<Vault, 'has' | 'useAll'>;
  readonly environment: (name: string) => string | undefined;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly log: Log;
}

const heldMs = 30_000;

export function createCredentials({
  vault,
  environment,
  clock,
  log,
}: CredentialParts): Credentials {
  const all = async (name: string, purpose: string): Promise<readonly string[]> => {
    if (await vault.has(name)) return await vault.useAll(name, purpose);
    const value = environment(name);
    if (value === undefined) return [];
    log.info(
      { credential: name, purpose, source: 'environment', category: 'security' },
      'credential used',
    );
    return [value];
  };
  return {
    take: async (name, purpose) => (await all(name, purpose))[0],
    holder: (name, purpose) => {
      let held: { readonly until: number; readonly values: Promise<readonly string[]> } | null =
        null;
      const current = async (): Promise<readonly string[]> => {
        const now = clock.monotonicMs();
        if (held !== null && now < held.until) return await held.values;
        const mine = { until: now + heldMs, values: all(name, purpose) };
        held = mine;
        try {
          return await mine.values;
        } catch (error) {
          if (held === mine) held = null;
          throw error;
        }
      };
      return {
        all: current,
        first: async () => (await current())[0],
        forget: () => {
          held = null;
        },
      };
    },
  };
}

/**
 * What `credentials import` takes in: the tokens, the webhook secret and everything that agents may ask for. The
 * database's password stays out, because the vault lies in that database.
 */
export function importable({
  secrets,
}: LoadedConfig): readonly { readonly name: string; readonly value: string | undefined }[] {
  const known = {
    GITHUB_TOKEN: secrets.githubToken,
    GITHUB_WEBHOOK_SECRET: secrets.githubWebhookSecret,
    ANTHROPIC_API_KEY: null,
    CLAUDE_CODE_OAUTH_TOKEN: null,
    ...secrets.agents,
    ...secrets.github,
    ...secrets.receivers,
  };
  return Object.entries(known).map(([name, value]) => ({ name, value: value ?? undefined }));
}
