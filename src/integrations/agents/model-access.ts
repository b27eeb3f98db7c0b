import type { AgentUsage } from '../../domain/agent-event.ts';
import type { AgentCommand } from '../../domain/ports/agent.ts';
import type { Random } from '../../lib/random.ts';
import { createModelMeter } from './model-meter.ts';
import { startModelProxy } from './model-proxy.ts';

/** What a run's command became: with made-up keys in place of model keys, and other secrets as it declared them. */
export interface ModelAccess {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly egress: readonly string[];
  /** Names of secrets without which it cannot work. */
  readonly missing: readonly string[];
  usage(): AgentUsage | null;
  close(): Promise<void>;
}

export type Secrets = (name: string) => Promise<string | undefined>;

interface Family {
  readonly baseVariable: string;
  /** Best first; the first that has a value is used. */
  readonly keys: Readonly<Record<string, (key: string) => Readonly<Record<string, string>>>>;
  readonly placeholders: readonly string[];
  readonly paths: RegExp;
}

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

const families: readonly Family[] = [
  {
    baseVariable: 'ANTHROPIC_BASE_URL',
    keys: {
      ANTHROPIC_API_KEY: (key) => ({ 'x-api-key': key }),
      ANTHROPIC_AUTH_TOKEN: bearer,
      CLAUDE_CODE_OAUTH_TOKEN: (key) => ({ ...bearer(key), 'anthropic-beta': 'oauth-2025-04-20' }),
    },
    placeholders: ['ANTHROPIC_API_KEY'],
    paths: /^\/v1\/(messages(\/count_tokens)?|models(\/[\w.:-]+)?)$/,
  },
  {
    baseVariable: 'OPENAI_BASE_URL',
    keys: { OPENAI_API_KEY: bearer, CODEX_API_KEY: bearer },
    placeholders: ['OPENAI_API_KEY', 'CODEX_API_KEY'],
    paths: /^\/(v1\/)?(responses|chat\/completions|models)(\/[\w.:-]+)*$/,
  },
];

/**
 * Model keys of an agent that takes a base address stay with us, behind a proxy; every other declared secret goes into
 * the environment, because there is no other way to hand it over.
 */
export async function openModelAccess(
  command: AgentCommand,
  parts: {
    readonly secrets: Secrets;
    readonly random: Random;
    /** Hosts that the policy and the agent ask for. */
    readonly egress: readonly string[];
    readonly onUsage: (usage: AgentUsage) => void;
  },
): Promise<ModelAccess> {
  const family = families.find(
    ({ baseVariable, keys }) =>
      command.env[baseVariable] !== undefined && command.secrets.some((name) => name in keys),
  );
  const plain = await readSecrets(
    command.secrets.filter((name) => family === undefined || !(name in family.keys)),
    parts.secrets,
  );
  const env = { ...command.env, ...plain.values };
  if (family === undefined) {
    const { argv } = command;
    return { ...closed, argv, env, egress: parts.egress, missing: plain.missing };
  }
  const credential = await findCredential(family, parts.secrets);
  if (credential === null) {
    const missing = [...plain.missing, Object.keys(family.keys)[0] ?? ''];
    return { ...closed, argv: command.argv, env, egress: parts.egress, missing };
  }
  const base = command.env[family.baseVariable] ?? '';
  const target = new URL(base);
  const placeholder = `placeholder-${parts.random.bytes(16).toString('hex')}`;
  const meter = createModelMeter(parts.onUsage);
  const proxy = await startModelProxy({
    target,
    credential,
    placeholder,
    meter,
    paths: family.paths,
  });
  const local = `http://127.0.0.1:${proxy.port}`;
  return {
    argv: command.argv.map((argument) => argument.replaceAll(`"${base}"`, `"${local}"`)),
    env: {
      ...env,
      [family.baseVariable]: local,
      ...Object.fromEntries(family.placeholders.map((name) => [name, placeholder])),
    },
    egress: [...parts.egress.filter((entry) => !isHost(entry, target)), `127.0.0.1:${proxy.port}`],
    missing: plain.missing,
    usage: () => meter.total(),
    close: () => proxy.close(),
  };
}

const closed = { usage: () => null, close: async () => undefined };

/** Any value of the family, so that a token of a subscription serves where no key is set. */
async function findCredential(
  family: Family,
  secrets: Secrets,
): Promise<Readonly<Record<string, string>> | null> {
  for (const [name, headers] of Object.entries(family.keys)) {
    const value = await secrets(name);
    if (value !== undefined && value !== '') return headers(value);
  }
  return null;
}

async function readSecrets(
  names: readonly string[],
  secrets: Secrets,
): Promise<{ values: Readonly<Record<string, string>>; missing: readonly string[] }> {
  const values: Record<string, string> = {};
  const missing: string[] = [];
  for (const name of names) {
    const value = await secrets(name);
    if (value === undefined) missing.push(name);
    else values[name] = value;
  }
  return { values, missing };
}

/** The model's own host is not opened beside the proxy: with a foreign key it would be a way out for anything. */
function isHost(entry: string, target: URL): boolean {
  const bare = entry.replace(/^[a-z]+:\/\//i, '').replace(/\/.*$/, '');
  return bare === target.hostname || bare === target.host;
}
