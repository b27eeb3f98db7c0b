import { systemRandom } from '../lib/random.ts';
import type { Redactor } from '../platform/redaction/redactor.ts';
import { createRedactor } from '../platform/redaction/redactor.ts';

const secretName =
  /(?:^|_)(?:TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|API_?KEY|PRIVATE_KEY|ACCESS_KEY|WEBHOOK_URL|DATABASE_URL)$/u;
/** Shorter values are words that stand in ordinary text as well. */
const shortest = 12;

let prepared: Redactor | null = null;

/** Makes the redactor of the first environment that is asked for ahead; its key is drawn only when a secret is found. */
export function prepareRedactor(): void {
  prepared = createRedactor(() => systemRandom.bytes(32));
}

/** A redactor that knows what the environment calls a secret; what the configuration names is added by who reads it. */
export function environmentRedactor(env: Readonly<Record<string, string | undefined>>): Redactor {
  const redactor = prepared ?? createRedactor(systemRandom.bytes(32));
  prepared = null;
  for (const [name, value] of Object.entries(env))
    if (value !== undefined && value.length >= shortest && secretName.test(name))
      redactor.register(name, value);
  return redactor;
}
