import { codePoints } from '../../domain/input.ts';
import type { RepositoryRef } from '../../domain/repository.ts';
import { repositoryKey } from '../../domain/repository.ts';
import { AppError } from '../../lib/app-error.ts';
import { idOf } from '../../lib/hash.ts';
import type { PipelinePorts } from '../../pipeline/pipeline-ports.ts';
import type { Served } from '../gate.ts';
import { serve } from '../gate.ts';
import { requireReach } from '../repository-rights.ts';
import { createIssue } from './contract.ts';

export type IssuePorts = Pick<PipelinePorts, 'tasks' | 'effects' | 'secrets' | 'settings'> & {
  /** The watched repositories and the manager repository. */
  readonly known: () => Promise<readonly RepositoryRef[]>;
  /** What a caller typed, as a repository. */
  readonly repository: (name: string) => RepositoryRef;
};

/**
 * `issues.create`: an effect with an intent, so that a lost answer or a dead process makes no second issue. The same
 * words under the same correlation id are one issue, however often they are sent.
 */
export function issueHandlers(ports: IssuePorts): readonly Served[] {
  return [
    serve(createIssue, async ({ repository: name, title, body, labels }, context) => {
      const { actor, correlationId } = context;
      requireReach(actor, 'issues:write', ports.repository(name).name);
      const repository = await knownRepository(ports, name);
      refuseTooLong(repository, body);
      refuseSecrets(ports, `${title}\n${body}`);
      refuseOurLabels(ports, labels);
      const [intent = ''] = await ports.tasks.transact((transaction) =>
        ports.effects.intend(transaction, [
          {
            kind: 'create_issue',
            repository,
            taskId: idOf('issue', repositoryKey(repository), correlationId, title, body),
            attempt: 0,
            ordinal: 0,
            payload: { title, body, labels },
          },
        ]),
      );
      const { number, url, adopted } = await ports.effects.settle(intent);
      if (number === null) throw new Error(`the issue of intent ${intent} has no number`);
      return { repository: repository.name, number, url, adopted };
    }),
  ];
}

async function knownRepository(ports: IssuePorts, name: string): Promise<RepositoryRef> {
  const wanted = repositoryKey(ports.repository(name));
  const known = await ports.known();
  const found = known.find((ref) => repositoryKey(ref) === wanted);
  if (found !== undefined) return found;
  throw new AppError({
    kind: 'not_found',
    code: 'repository_not_watched',
    message: `${name} is neither watched nor the manager repository.`,
    next: `Known: ${known.map((ref) => ref.name).join(', ') || 'none'}. Add it to github.reposToScan or repositories.`,
  });
}

/** GitHub takes 65,536 characters, and the hidden marker that makes the issue one and no more needs some of them. */
const markerRoom = 256;

function refuseTooLong({ host }: RepositoryRef, body: string): void {
  const most = 65_536 - markerRoom;
  if (host !== 'github' || codePoints(body) <= most) return;
  const message = `this is longer than the ${most} characters that GitHub leaves us of 65536`;
  throw new AppError({
    kind: 'invalid_input',
    code: 'input_invalid',
    message: `issues.create: body: ${message}`,
    next: 'Shorten the body; nothing was written.',
    details: { issues: [{ field: 'body', message }] },
  });
}

/** What is published cannot be taken back. */
function refuseSecrets({ secrets }: IssuePorts, text: string): void {
  const kinds = secrets.scan(text);
  if (kinds.length === 0) return;
  throw new AppError({
    kind: 'invalid_input',
    code: 'secret_in_text',
    message: `The issue holds what looks like a secret (${kinds.join(', ')}); it was not written.`,
    next: 'Take the secret out, and replace it where it was used if others saw it.',
  });
}

/** They mean a proposal and its approval; whoever may write an issue may not say either by the way. */
function refuseOurLabels({ settings }: IssuePorts, labels: readonly string[]): void {
  const { approved, proposal } = settings.labels();
  const ours = [approved.toLowerCase(), proposal.toLowerCase()];
  const taken = labels.find((label) => ours.includes(label.toLowerCase()));
  if (taken === undefined) return;
  throw new AppError({
    kind: 'invalid_input',
    code: 'label_reserved',
    message: `The label "${taken}" says that we propose or a person approves; it cannot be set here.`,
    next: 'Leave it out; approve a proposal with tasks.approve.',
  });
}
