import { AppError } from '../../lib/app-error.ts';
import type { Chain } from './archive-folder.ts';
import { formatLsn } from './lsn.ts';
import { readBase, readPiece } from './read-archive.ts';

/**
 * Reads every base and piece from end to end.
 * Throws AppError as `readBase` does, and `archive_gap` when a piece between others is missing.
 */
export async function verifyChains(chains: readonly Chain[], key: Uint8Array): Promise<void> {
  for (const chain of chains) {
    for (const [index, piece] of chain.pieces.entries()) {
      const before = chain.pieces[index - 1];
      if (before !== undefined && before.until !== piece.from)
        throw gap(chain, before.until, piece.from);
      await readPiece(piece, key, chain);
    }
    for (const base of chain.bases) await readBase(base, key, chain);
  }
}

function gap({ folder }: Chain, from: number, until: number): AppError {
  return new AppError({
    kind: 'not_well',
    code: 'archive_gap',
    message: `The log from ${formatLsn(from)} to ${formatLsn(until)} is missing in ${folder}.`,
    next: 'Put the pieces back; without them what lies between cannot be restored. See `claude-manager backups list`.',
    details: { folder, from: formatLsn(from), until: formatLsn(until) },
  });
}
