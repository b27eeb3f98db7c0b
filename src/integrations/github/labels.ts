import { type RepositoryRef, repositoryKey } from '../../domain/repository.ts';
import { AppError } from '../../lib/app-error.ts';
import { sha256 } from '../../lib/hash.ts';
import type { GithubClient } from './github-client.ts';
import { orNull, pathOf } from './github-reads.ts';
import { Label } from './schemas.ts';

/** Makes the labels that are missing, with a color of ours; each is looked at once in the life of the host. */
export function createLabels(
  client: GithubClient,
): (ref: RepositoryRef, labels: readonly string[]) => Promise<void> {
  const known = new Set<string>();
  return async (ref, labels) => {
    for (const label of labels) {
      const key = `${repositoryKey(ref)} ${label.toLowerCase()}`;
      if (known.has(key)) continue;
      await ensure(client, ref, label);
      known.add(key);
    }
  };
}

async function ensure(client: GithubClient, ref: RepositoryRef, label: string): Promise<void> {
  const path = `${pathOf(ref)}/labels`;
  const one = `${path}/${encodeURIComponent(label)}`;
  if ((await orNull(client.get(one, Label, { lane: 'follow' }))) !== null) return;
  try {
    await client.write(
      {
        method: 'POST',
        path,
        lane: 'propose',
        createsContent: true,
        body: { name: label, color: colorOf(label), description: 'Set by Claude Manager.' },
      },
      Label,
    );
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    if (error.code === 'github_validation' && /already.exists/iu.test(error.message)) return;
    // GitHub makes a missing label by itself in the grey of its own; without the right to, it leaves it out.
    if (error.kind === 'forbidden' || error.kind === 'not_found') return;
    if (error.kind !== 'unknown_outcome') throw error;
    // The label is made at most once by its name, and what it was made for has not been sent.
    throw new AppError({
      kind: 'unavailable',
      code: 'github_label',
      message: `It is not known whether the label ${label} was made.`,
      details: error.details,
      cause: error,
    });
  }
}

const palette = ['0e8a16', '1d76db', '5319e7', 'b60205', 'c5def5', 'd93f0b', 'fbca04', '006b75'];

/** One of ours, always the same for a name; six hex characters. */
export function colorOf(label: string): string {
  return palette[Number.parseInt(sha256(label).slice(0, 4), 16) % palette.length] ?? 'ededed';
}
