import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { AppError, messageOf } from '../../lib/app-error.ts';
import type { Audit } from '../../platform/audit/audit.ts';
import type { Served } from '../gate.ts';
import { serve } from '../gate.ts';
import { verifyAudit } from './contract.ts';

export interface VerifyPorts {
  readonly audit: Pick<Audit, 'verify' | 'bundle' | 'verifierKey'>;
}

/** `security.verify`. */
export function verifyHandlers({ audit }: VerifyPorts): readonly Served[] {
  return [
    serve(verifyAudit, async ({ export: file }, { door, progress }) => {
      if (file !== undefined && door !== 'cli' && door !== 'library') throw notHere();
      if (file !== undefined) {
        await writeWhole(file, audit.bundle());
        progress(`wrote ${file}`);
      }
      const found = await audit.verify();
      return {
        ...found,
        anchors: [...found.anchors],
        gaps: [...found.gaps],
        verifierKey: audit.verifierKey,
        exported: file ?? null,
      };
    }),
  ];
}

/** Written beside its place and put there when whole. Throws AppError `file_unwritable`. */
export async function writeWhole(file: string, lines: AsyncIterable<string>): Promise<void> {
  const draft = `${file}.part`;
  try {
    await pipeline(lines, createWriteStream(draft, { mode: 0o600 }));
    await rename(draft, file);
  } catch (cause) {
    await rm(draft, { force: true });
    if (!(cause instanceof Error && 'syscall' in cause)) throw cause;
    throw new AppError({
      kind: 'invalid_input',
      code: 'file_unwritable',
      message: `${file} cannot be written: ${messageOf(cause)}.`,
      next: 'Name a file in a folder where this user may write.',
      details: { field: 'export' },
      cause,
    });
  }
}

function notHere(): AppError {
  return new AppError({
    kind: 'invalid_input',
    code: 'export_elsewhere',
    message:
      'The field export names a file on the machine of the service; only its own command line may.',
    next: 'Run `claude-manager security verify --export FILE` there.',
    details: { field: 'export' },
  });
}
