import { AppError } from '../../lib/app-error.ts';
import type { ArchiveFile, Chain } from './archive-folder.ts';
import { formatLsn } from './lsn.ts';

/** Moments of one chain between which any can be restored. */
export interface Restorable {
  readonly chain: Chain;
  readonly from: Date;
  readonly until: Date;
  /** In the order of the log, without a hole from the first base on. */
  readonly bases: readonly ArchiveFile[];
  readonly pieces: readonly ArchiveFile[];
  /** The place at which the next piece is missing, when there are later ones. */
  readonly missing: number | null;
}

/** What is needed to restore a moment. */
export interface Chosen {
  readonly chain: Chain;
  readonly base: ArchiveFile;
  /** From the base on, without a hole. */
  readonly pieces: readonly ArchiveFile[];
  /** The moment; the last one of the archive when the latest was asked for. */
  readonly at: Date;
  /** Nothing after the moment is in the pieces that could be left out. */
  readonly isEnd: boolean;
}

/** The spans of a chain: more than one when pieces are missing. Names alone are looked at. */
export function restorableOf(chain: Chain): readonly Restorable[] {
  const spans: Restorable[] = [];
  let run: ArchiveFile[] = [];
  const close = (next: ArchiveFile | null): void => {
    const [first] = run;
    const last = run.at(-1);
    if (first === undefined || last === undefined) return;
    const bases = chain.bases.filter(
      ({ from, until }) => from >= first.from && until <= last.until,
    );
    const [oldest] = bases;
    if (oldest !== undefined && oldest.at <= last.at)
      spans.push({
        chain,
        from: oldest.at,
        until: last.at,
        bases,
        pieces: run,
        missing: next === null ? null : last.until,
      });
    run = [];
  };
  for (const piece of chain.pieces) {
    const last = run.at(-1);
    if (last !== undefined && piece.from !== last.until) close(piece);
    run.push(piece);
  }
  close(null);
  return spans;
}

/**
 * Chooses the base and the pieces for a moment, or for the latest one: the newest base that was complete by then, and the
 * log from it on up to the first piece that reaches the moment.
 * Throws AppError `archive_empty`, and `archive_out_of_range` with the spans that can be restored.
 */
export function choose(chains: readonly Chain[], at: Date | 'latest', folder: string): Chosen {
  const spans = chains.flatMap((chain) => restorableOf(chain));
  if (spans.length === 0) throw empty(folder);
  const span =
    at === 'latest'
      ? spans.reduce((best, one) => (one.until >= best.until ? one : best))
      : spans.findLast(({ from, until }) => from <= at && at <= until);
  if (span === undefined) throw outOfRange(at, spans);
  const moment = at === 'latest' ? span.until : at;
  const base = span.bases.findLast((one) => one.at <= moment);
  if (base === undefined) throw outOfRange(at, spans);
  const after = span.pieces.filter(({ until }) => until > base.from);
  const reaching = after.findIndex((one) => one.at >= moment && one.until >= base.until);
  if (reaching === -1) throw outOfRange(at, spans);
  return {
    chain: span.chain,
    base,
    pieces: after.slice(0, reaching + 1),
    at: moment,
    isEnd: at === 'latest',
  };
}

function empty(folder: string): AppError {
  return new AppError({
    kind: 'not_found',
    code: 'archive_empty',
    message: `There is no archive in ${folder} from which a moment could be restored.`,
    next: 'See `claude-manager backups verify-archive` for what is missing, or restore a backup: `claude-manager backups list`.',
    details: { folder },
  });
}

function outOfRange(at: Date | 'latest', spans: readonly Restorable[]): AppError {
  const texts = spans.map(({ from, until, missing }) => {
    const hole =
      missing === null ? '' : ` (the piece that begins at ${formatLsn(missing)} is missing)`;
    return `${from.toISOString()} to ${until.toISOString()}${hole}`;
  });
  return new AppError({
    kind: 'invalid_input',
    code: 'archive_out_of_range',
    message: `${at === 'latest' ? 'The latest moment' : at.toISOString()} cannot be restored. What can: ${texts.join('; ')}.`,
    next: 'Name a moment between these, or `latest`.',
    details: { spans: texts },
  });
}
