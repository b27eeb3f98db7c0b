import type { Kysely } from 'kysely';
import type { EffectResult } from '../../domain/effect.ts';
import { type HostPayload, readWrite } from '../../domain/host-payload.ts';
import type { HostWrite } from '../../domain/ports/code-host.ts';
import type { GitPush } from '../../domain/ports/git.ts';
import type { RepositoryRef } from '../../domain/repository.ts';
import { AppError } from '../../lib/app-error.ts';
import { changeItem, type Doing, insertComment, insertItem } from './local-items.ts';
import { remoteOf } from './local-repository.ts';
import type { LocalTables } from './tables.ts';

export interface LocalWritesDeps {
  readonly db: Kysely<LocalTables>;
  readonly git: GitPush;
}

/** Makes one write; each can be repeated, because a marker makes at most one row. */
export async function makeLocalWrite(
  deps: LocalWritesDeps,
  write: HostWrite,
  doing: Doing,
): Promise<EffectResult> {
  if (write.stillOurs?.() === false) throw leaseLost();
  const { db } = deps;
  const { repository: ref, marker } = write;
  const read = readWrite(write);
  switch (read.kind) {
    case 'create_issue': {
      const { title, labels } = read.payload;
      const issue = { title, labels, marker, body: marked(read.payload.body, marker) };
      const made = await insertItem(db, ref.name, { kind: 'issue', ...issue }, doing);
      return { ...answer(made.item.number), adopted: !made.isNew };
    }
    case 'comment': {
      const { number, body } = read.payload;
      const comment = { number, marker, body: marked(body, marker) };
      const isNew = await insertComment(db, ref.name, comment, doing);
      return { ...answer(number), adopted: !isNew };
    }
    case 'update_issue':
      return updateIssue(deps, ref, read.payload, marker, doing);
    case 'set_issue_state':
      return setState(deps, ref, read.payload, doing);
    case 'add_label':
      await changeLabels(db, ref, read.payload.number, { add: read.payload.labels }, doing);
      return answer(read.payload.number);
    case 'remove_label':
      await changeLabels(db, ref, read.payload.number, { remove: read.payload.label }, doing);
      return answer(read.payload.number);
    case 'push_branch': {
      const { sha } = read.payload;
      const result = await deps.git.push({ ...read.payload, remote: remoteOf(ref) });
      return { ...answer(null), sha, adopted: result === 'adopted' };
    }
    case 'open_pull_request':
      return openPullRequest(deps, ref, read.payload, marker, doing);
    case 'rerun_checks':
    case 'reply_to_remark':
    case 'resolve_thread':
      throw unknownHere(read.kind);
    default:
      return read satisfies never;
  }
}

/** Adds or takes away labels, with an event for each that really changed. */
export async function changeLabels(
  db: Kysely<LocalTables>,
  ref: RepositoryRef,
  number: number,
  change: { readonly add?: readonly string[]; readonly remove?: string },
  doing: Doing,
): Promise<void> {
  await changeItem(
    db,
    ref.name,
    number,
    ({ labels }) => {
      const added = (change.add ?? []).filter((label) => !labels.includes(label));
      const removed = labels.filter((label) => label === change.remove);
      return {
        set: { labels: [...labels.filter((label) => label !== change.remove), ...added] },
        events: [
          ...added.map((label) => ({ type: 'labeled', label })),
          ...removed.map((label) => ({ type: 'unlabeled', label })),
        ],
      };
    },
    doing,
  );
}

/** The words with the marker behind them. */
export function marked(body: string, marker: string): string {
  return `${body}\n\n${marker}`;
}

// A new body keeps the marker of the creation, by which the issue is found again.
async function updateIssue(
  { db }: LocalWritesDeps,
  ref: RepositoryRef,
  { number, title, body }: HostPayload<'update_issue'>,
  marker: string,
  doing: Doing,
): Promise<EffectResult> {
  await changeItem(
    db,
    ref.name,
    number,
    (item) => {
      const newBody = body === undefined ? item.body : marked(body, item.marker ?? marker);
      const newTitle = title ?? item.title;
      return {
        set: { title: newTitle, body: newBody },
        events: [
          ...(newTitle === item.title ? [] : [{ type: 'renamed' }]),
          ...(newBody === item.body ? [] : [{ type: 'edited' }]),
        ],
      };
    },
    doing,
  );
  return answer(number);
}

async function setState(
  { db }: LocalWritesDeps,
  ref: RepositoryRef,
  { number, state, reason }: HostPayload<'set_issue_state'>,
  doing: Doing,
): Promise<EffectResult> {
  await changeItem(
    db,
    ref.name,
    number,
    (item) => {
      if (item.state === state) return {};
      const closing = state === 'closed';
      return {
        set: { state, state_reason: closing ? (reason ?? 'completed') : 'reopened' },
        events: [{ type: closing ? 'closed' : 'reopened' }],
      };
    },
    doing,
  );
  return answer(number);
}

async function openPullRequest(
  { db, git }: LocalWritesDeps,
  ref: RepositoryRef,
  payload: HostPayload<'open_pull_request'>,
  marker: string,
  doing: Doing,
): Promise<EffectResult> {
  const { title, head, base, draft } = payload;
  const sha = await git.remoteRef(remoteOf(ref), head);
  if (sha === null) throw refused(`there is no branch ${head}`);
  const item = { title, draft, marker, body: marked(payload.body, marker), labels: [] };
  const branches = { head_branch: head, head_sha: sha, base_branch: base };
  const contained = await git.containedBy({ folder: ref.name, commit: sha, branch: base });
  if (contained !== null) throw refused(`there are no commits between ${base} and ${head}`);
  const made = await insertItem(db, ref.name, { kind: 'pull', ...item, ...branches }, doing);
  return { ...answer(made.item.number), sha, adopted: !made.isNew };
}

function answer(number: number | null): EffectResult {
  return { number, url: null, sha: null, adopted: false };
}

function refused(why: string): AppError {
  return new AppError({
    kind: 'invalid_input',
    code: 'pull_request_refused',
    message: `The pull request cannot be opened: ${why}.`,
  });
}

function unknownHere(kind: string): AppError {
  return new AppError({
    kind: 'invalid_input',
    code: 'local_host_has_none',
    message: `A folder has no pipelines and no review threads, so "${kind}" cannot be done.`,
  });
}

function leaseLost(): AppError {
  return new AppError({
    kind: 'conflict',
    code: 'effect_lease_lost',
    message: 'Another process sends this effect now; nothing was made here.',
  });
}
