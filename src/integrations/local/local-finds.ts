import type { Kysely } from 'kysely';
import type { EffectResult } from '../../domain/effect.ts';
import { type HostPayload, readWrite } from '../../domain/host-payload.ts';
import type { HostWrite, Markers } from '../../domain/ports/code-host.ts';
import type { GitPush } from '../../domain/ports/git.ts';
import { repositoryKey } from '../../domain/repository.ts';
import { itemOf } from './local-items.ts';
import { remoteOf } from './local-repository.ts';
import { marked } from './local-writes.ts';
import type { Item, LocalTables } from './tables.ts';

export interface LocalFindsDeps {
  readonly db: Kysely<LocalTables>;
  readonly git: GitPush;
  readonly markers: Markers;
}

/** Looks for what a write made: rows by marker, branches by commit, states by comparing. */
export async function findLocalWrite(
  deps: LocalFindsDeps,
  write: HostWrite,
): Promise<EffectResult | null> {
  const { db, git } = deps;
  const { repository: ref } = write;
  const read = readWrite(write);
  if (read.kind === 'push_branch') {
    const { branch, sha } = read.payload;
    const there = await git.remoteRef(remoteOf(ref), branch);
    return there === sha ? { ...adopted(null), sha } : null;
  }
  if (read.kind === 'create_issue') return byMarker(deps, write, 'local_items');
  if (read.kind === 'comment') return byMarker(deps, write, 'local_comments');
  if (read.kind === 'open_pull_request') return pullRequest(db, ref.name, read.payload);
  if (
    read.kind === 'rerun_checks' ||
    read.kind === 'reply_to_remark' ||
    read.kind === 'resolve_thread'
  ) {
    return null;
  }
  // Labels stand on pull requests too.
  const kind = read.kind === 'add_label' || read.kind === 'remove_label' ? null : 'issue';
  const item = await itemOf(db, ref.name, read.payload.number, kind);
  if (item === undefined) return null;
  const isSo =
    (read.kind === 'update_issue' && saysSo(item, read.payload, write.marker)) ||
    (read.kind === 'set_issue_state' && item.state === read.payload.state) ||
    (read.kind === 'remove_label' && !item.labels.includes(read.payload.label)) ||
    (read.kind === 'add_label' &&
      read.payload.labels.every((label) => item.labels.includes(label)));
  return isSo ? adopted(item.number) : null;
}

async function byMarker(
  { db, markers }: LocalFindsDeps,
  write: HostWrite,
  table: 'local_items' | 'local_comments',
): Promise<EffectResult | null> {
  if (markers.read(write.marker, repositoryKey(write.repository)) === null) return null;
  const row = await db
    .selectFrom(table)
    .select('number')
    .where('repository', '=', write.repository.name)
    .where('marker', '=', write.marker)
    .executeTakeFirst();
  return row === undefined ? null : adopted(row.number);
}

async function pullRequest(
  db: Kysely<LocalTables>,
  folder: string,
  { head, base }: HostPayload<'open_pull_request'>,
): Promise<EffectResult | null> {
  const row = await db
    .selectFrom('local_items')
    .select(['number', 'head_sha'])
    .where('repository', '=', folder)
    .where('kind', '=', 'pull')
    .where('head_branch', '=', head)
    .where('base_branch', '=', base)
    .orderBy('number', 'desc')
    .executeTakeFirst();
  return row === undefined ? null : { ...adopted(row.number), sha: row.head_sha };
}

function saysSo(item: Item, { title, body }: HostPayload<'update_issue'>, marker: string): boolean {
  return (
    (title === undefined || item.title === title) &&
    (body === undefined || item.body === marked(body, item.marker ?? marker))
  );
}

function adopted(number: number | null): EffectResult {
  return { number, url: null, sha: null, adopted: true };
}
