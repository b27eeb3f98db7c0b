import { timingSafeEqual } from 'node:crypto';
import type { Actor } from '../../domain/actor.ts';
import { AppError } from '../../lib/app-error.ts';
import type { CredentialFacts } from '../../platform/vault/describe-entry.ts';
import type { Rekeyed } from '../../platform/vault/rekey.ts';
import type { Served } from '../gate.ts';
import { serve } from '../gate.ts';
import type { Credential, ImportReport } from './contract.ts';
import {
  importCredentials,
  liftCredential,
  listCredentials,
  rekeyVault,
  removeCredential,
  rotateCredential,
  setCredential,
  showCredential,
} from './contract.ts';

type Who = Pick<Actor, 'kind' | 'name'>;

export interface CredentialPorts {
  readonly vault: {
    set(
      name: string,
      value: Uint8Array,
      options: { readonly expiresAt: Date | null; readonly by: Who },
    ): Promise<number>;
    list(): Promise<readonly CredentialFacts[]>;
    rotate(name: string, by: Who): Promise<number>;
    remove(name: string, by: Who): Promise<boolean>;
    rekey(options: { readonly dropOld: boolean }, by: Who): Promise<Rekeyed>;
    has(name: string): Promise<boolean>;
    use(name: string, purpose: string, by?: Who): Promise<string>;
    keyPlace(): Promise<string | null>;
  };
  /** Takes the suspension of a GitHub credential away; false when there is none. */
  readonly lift: (credential: string) => Promise<boolean>;
  readonly now: () => Date;
  /** Names that are looked for in the environment, with what stands there. */
  readonly environment: () => readonly {
    readonly name: string;
    readonly value: string | undefined;
  }[];
}

export function credentialHandlers(ports: CredentialPorts): readonly Served[] {
  const { vault } = ports;
  const one = async (name: string): Promise<Credential> => {
    const found = (await vault.list()).find((facts) => facts.name === name);
    if (found === undefined) throw unknown(name);
    return shown(found);
  };
  return [
    serve(setCredential, async ({ name, value, expiresAt }, { actor }) => {
      const end = expiresAt === null ? null : new Date(expiresAt);
      if (end !== null && end <= ports.now()) throw alreadyOver(expiresAt ?? '');
      const before = await vault.keyPlace();
      await store(vault, name, value, end, actor);
      return { ...(await one(name)), madeKeyIn: before === null ? await vault.keyPlace() : null };
    }),
    serve(listCredentials, async () => (await vault.list()).map(shown)),
    serve(showCredential, async ({ name }) => await one(name)),
    serve(rotateCredential, async ({ name }, { actor }) => {
      await vault.rotate(name, actor);
      return await one(name);
    }),
    serve(removeCredential, async ({ name }, { actor }) => {
      if (!(await vault.remove(name, actor))) throw unknown(name);
      return { name, removed: true };
    }),
    serve(liftCredential, async ({ credential }) => {
      if (!(await ports.lift(credential))) throw notSuspended(credential);
      return { credential, lifted: true };
    }),
    serve(rekeyVault, async ({ dropOld }, { actor }) => {
      const { unusedKeys, ...done } = await vault.rekey({ dropOld }, actor);
      return { ...done, unusedKeys: [...unusedKeys] };
    }),
    serve(importCredentials, async ({ replace }, { actor }) => {
      const report: Names = { imported: [], unchanged: [], kept: [], missing: [] };
      const before = await vault.keyPlace();
      for (const { name, value } of ports.environment()) {
        report[await takeIn(vault, name, value, replace, actor)].push(name);
      }
      return { ...report, madeKeyIn: before === null ? await vault.keyPlace() : null };
    }),
  ];
}

type Names = Omit<ImportReport, 'madeKeyIn'>;

async function takeIn(
  vault: CredentialPorts['vault'],
  name: string,
  value: string | undefined,
  replace: boolean,
  by: Who,
): Promise<keyof Names> {
  if (value === undefined) return 'missing';
  if (await vault.has(name)) {
    if (isSame(await vault.use(name, 'import: compared with the environment', by), value)) {
      return 'unchanged';
    }
    if (!replace) return 'kept';
  }
  await store(vault, name, value, null, by);
  return 'imported';
}

async function store(
  vault: CredentialPorts['vault'],
  name: string,
  text: string,
  expiresAt: Date | null,
  { kind, name: who }: Who,
): Promise<void> {
  const value = Buffer.from(text);
  try {
    await vault.set(name, value, { expiresAt, by: { kind, name: who } });
  } finally {
    value.fill(0);
  }
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function shown(facts: CredentialFacts): Credential {
  const text = (moment: Date | null): string | null => moment?.toISOString() ?? null;
  return {
    ...facts,
    createdAt: facts.createdAt.toISOString(),
    changedAt: facts.changedAt.toISOString(),
    expiresAt: text(facts.expiresAt),
    nextRotationAt: text(facts.nextRotationAt),
    previousUntil: text(facts.previousUntil),
    lastUsedAt: text(facts.lastUsedAt),
  };
}

function unknown(name: string): AppError {
  return new AppError({
    kind: 'not_found',
    code: 'credential_unknown',
    message: `The vault holds no credential ${name}.`,
    next: `See \`claude-manager credentials list\`, or store it: claude-manager credentials set ${name}`,
    details: { name },
  });
}

function notSuspended(credential: string): AppError {
  return new AppError({
    kind: 'not_found',
    code: 'credential_not_suspended',
    message: `The credential "${credential}" is not suspended.`,
    next: 'The health check github_credentials names those that are.',
    details: { credential },
  });
}

function alreadyOver(expiresAt: string): AppError {
  return new AppError({
    kind: 'invalid_input',
    code: 'input_invalid',
    message: `credentials.set: expiresAt: ${expiresAt} is over already.`,
    next: 'Correct the named field; nothing was changed.',
  });
}
