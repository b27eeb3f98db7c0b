import { setImmediate as turn } from 'node:timers/promises';
import type { ChangedFile, ExportedChange } from '../../domain/ports/git.ts';
import type { JudgementLimits, SecretScan } from '../pipeline-ports.ts';
import type { Objection } from './objection.ts';

/**
 * Secrets in files whose content no line of the patch shows: binary ones and those in another encoding than UTF-8. Larger
 * ones than may be pushed are not read. What is compressed or encrypted inside of them stays unseen.
 */
export async function secretsUnseen(
  change: Pick<ExportedChange, 'files' | 'content'>,
  limits: Pick<JudgementLimits, 'binaryFileBytes'>,
  secrets: Pick<SecretScan, 'scan'>,
): Promise<readonly Objection[]> {
  const found: Objection[] = [];
  for (const file of change.files) {
    if (!isUnseen(file) || file.bytes > limits.binaryFileBytes) continue;
    const kinds = new Set<string>();
    for (const text of readings(Buffer.from(await change.content(file.path)))) {
      for (let at = 0; at === 0 || at + shared < text.length; at += pieceLength - shared) {
        for (const kind of secrets.scan(text.slice(at, at + pieceLength))) kinds.add(kind);
        // Megabytes of it must not keep everybody else waiting.
        await turn();
      }
    }
    for (const kind of kinds) {
      const text = `${file.path} holds something that looks like a secret (${kind})`;
      found.push({ code: 'secret_found', text });
    }
  }
  return found;
}

/** Characters that are looked at in one go, and how many of them again with the next ones: more than a secret has. */
const pieceLength = 1 << 18;
const shared = 1 << 14;

/** Whether the patch has at most a line that says that it differs. */
export function isUnseen({ status, text, linkTarget }: ChangedFile): boolean {
  return status !== 'deleted' && text === null && linkTarget === null;
}

/** The bytes as every text that they may be; one at a time, since each is as large as the file. */
function* readings(bytes: Buffer): Iterable<string> {
  const plain = bytes.toString('utf8');
  yield shown(plain);
  const single = bytes.toString('latin1');
  if (plain.includes('\u{FFFD}')) yield shown(single);
  // Plain letters in UTF-16 and UTF-32, whichever end comes first and wherever they begin.
  const wide = [...single.matchAll(/(?:[\t\n\r -~]\0{1,3}){5,}[\t\n\r -~]?/gu)];
  if (wide.length > 0) yield wide.map(([letters]) => letters.replaceAll('\0', '')).join('\n');
  const zeros = bytes.reduce((count, byte) => count + Number(byte === 0), 0);
  if (zeros * 5 < bytes.length && !hasWideMark(bytes)) return;
  for (const start of [0, 1]) {
    const even = Buffer.from(bytes.subarray(start, bytes.length - ((bytes.length - start) % 2)));
    yield shown(even.toString('utf16le'));
    yield shown(even.swap16().toString('utf16le'));
  }
}

/** With a line end for whatever is no letter, so that bytes round a text are not taken for a part of it. */
function shown(text: string): string {
  return text.replace(/[^\P{Cc}\t\n\r]|[\p{Cs}\p{Co}\p{Cn}\u{FFFD}]/gu, '\n');
}

/** The mark at the begin of UTF-16, in either order. */
function hasWideMark(bytes: Buffer): boolean {
  const mark = bytes.subarray(0, 2).toString('hex');
  return mark === 'fffe' || mark === 'feff';
}
