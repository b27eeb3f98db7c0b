import type { Command } from 'commander';
import { AppError } from '../../../lib/app-error.ts';
import type {
  Credential,
  ImportReport,
  RekeyReport,
} from '../../../operations/credentials/contract.ts';
import {
  importCredentials,
  liftCredential,
  listCredentials,
  rekeyVault,
  removeCredential,
  rotateCredential,
  setCredential,
  showCredential,
} from '../../../operations/credentials/contract.ts';
import { printable, table } from '../output/terminal.ts';
import type { Run } from '../run.ts';

/** `credentials …`. A value is read from standard input or asked for without echo; it is never an argument. */
export function addCredentialCommands(program: Command, run: Run): void {
  const credentials = program
    .command('credentials')
    .description('the vault: store, list, rotate, remove credentials, change its key');
  credentials
    .command('set <name>')
    .description(
      `${setCredential.summary}. The value comes from standard input, or is asked for on a terminal.`,
    )
    .option('--expires <moment>', 'not given out from then on, such as 2027-01-31T00:00:00Z')
    .action(async (name: string, flags: { expires?: string }, command: Command) => {
      const value = await readValue(name);
      await run<object, Stored>(
        setCredential,
        () => ({ name, value, expiresAt: flags.expires ?? null }),
        (stored) => `Stored ${stored.name}, version ${stored.version}.\n${keyText(stored)}`,
      )(name, flags, command);
    });
  credentials
    .command('list')
    .description(listCredentials.summary)
    .action(run<object, readonly Credential[]>(listCredentials, () => ({}), listText));
  credentials
    .command('show <name>')
    .description(showCredential.summary)
    .action(run<string, Credential>(showCredential, ([name]) => ({ name }), detailText));
  credentials
    .command('rotate <name>')
    .description(rotateCredential.summary)
    .action(
      run<string, Credential>(
        rotateCredential,
        ([name]) => ({ name }),
        ({ name, version, previousUntil }) =>
          `Rotated ${name}, now version ${version}.${previousUntil === null ? '' : ` The value before holds until ${previousUntil}.`}\n`,
      ),
    );
  credentials
    .command('remove <name>')
    .description(removeCredential.summary)
    .action(
      run<string, { name: string }>(
        removeCredential,
        ([name]) => ({ name }),
        ({ name }) => `Removed ${name}.\n`,
      ),
    );
  credentials
    .command('lift <credential>')
    .description(liftCredential.summary)
    .action(
      run<string, { credential: string }>(
        liftCredential,
        ([credential]) => ({ credential }),
        ({ credential }) => `${printable(credential)} is used again.\n`,
      ),
    );
  credentials
    .command('rekey')
    .description(rekeyVault.summary)
    .option('--drop-old', 'take keys that nothing is under any more out of the key file')
    .action(
      run<{ dropOld?: boolean }, RekeyReport>(
        rekeyVault,
        ([flags]) => ({ dropOld: flags.dropOld === true }),
        rekeyText,
      ),
    );
  credentials
    .command('import')
    .description(importCredentials.summary)
    .option('--replace', 'also where the vault holds another value')
    .action(
      run<{ replace?: boolean }, ImportReport>(
        importCredentials,
        ([flags]) => ({ replace: flags.replace === true }),
        importText,
      ),
    );
}

type Stored = Credential & Pick<ImportReport, 'madeKeyIn'>;

function keyText({ madeKeyIn }: Pick<ImportReport, 'madeKeyIn'>): string {
  return madeKeyIn === null
    ? ''
    : `The key of the vault was made in ${printable(madeKeyIn)}. Keep a copy of it apart from the database: without it nothing opens.\n`;
}

const maxBytes = 65_536;

/** One line end after the value is cut off, so that `echo` and a file from an editor both work. */
async function readValue(name: string): Promise<string> {
  if (process.stdin.isTTY === true) {
    const { password, isCancel } = await import('@clack/prompts');
    const answer = await password({ message: `Value of ${name} (not shown)` });
    if (isCancel(answer) || answer === '') throw noValue(name);
    return answer;
  }
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    size += chunk.length;
    // Longer than any value is told by the operation, without reading an endless stream to its end.
    chunks.push(chunk);
    if (size > maxBytes + 2) break;
  }
  const bytes = Buffer.concat(chunks);
  const text = bytes.toString('utf8');
  const isText = Buffer.from(text).equals(bytes);
  for (const chunk of [...chunks, bytes]) chunk.fill(0);
  if (!isText && size <= maxBytes + 2) throw noText(name);
  const value = text.replace(/\r?\n$/u, '');
  if (value === '') throw noValue(name);
  return value;
}

function noValue(name: string): AppError {
  return new AppError({
    kind: 'invalid_input',
    code: 'value_missing',
    message: `No value for ${name} came on standard input.`,
    next: `Type it when asked, or pass it in: claude-manager credentials set ${printable(name)} < file`,
  });
}

function noText(name: string): AppError {
  return new AppError({
    kind: 'invalid_input',
    code: 'value_no_text',
    message: `What came on standard input for ${name} is no UTF-8 text.`,
    next: 'Encode binary values, for example as base64.',
  });
}

function listText(credentials: readonly Credential[]): string {
  if (credentials.length === 0)
    return 'The vault is empty. `claude-manager credentials import` takes in what the environment holds.\n';
  return table([
    ['NAME', 'VERSION', 'STATE', 'CHANGED', 'EXPIRES', 'ROTATES', 'USED', 'LAST USED FOR'],
    ...credentials.map((one) => [
      one.name,
      String(one.version),
      one.state,
      one.changedAt.slice(0, 10),
      one.expiresAt?.slice(0, 10) ?? '-',
      one.nextRotationAt?.slice(0, 10) ?? '-',
      String(one.usageCount),
      one.lastPurpose ?? '-',
    ]),
  ]);
}

function detailText(one: Credential): string {
  const lines: readonly (readonly [string, string | null])[] = [
    ['version', String(one.version)],
    ['state', one.state],
    ['created', one.createdAt],
    ['changed', one.changedAt],
    ['expires', one.expiresAt],
    ['rotated every', one.rotateEveryDays === null ? null : `${one.rotateEveryDays} days`],
    ['next rotation', one.nextRotationAt],
    ['last rotation failed', one.rotationError],
    ['value before holds until', one.previousUntil],
    ['used', `${one.usageCount} times`],
    ['last used', one.lastUsedAt],
    ['last purpose', one.lastPurpose],
  ];
  return `${one.name}\n${lines
    .flatMap(([title, text]) =>
      text === null ? [] : [`  ${title.padEnd(26)}${printable(text)}\n`],
    )
    .join('')}`;
}

function rekeyText({ keyId, place, madeKey, entries, unusedKeys, dropped }: RekeyReport): string {
  const key = madeKey
    ? `A new key ${keyId} was made in ${place}. Keep a copy of it.`
    : `Key ${keyId} from ${place}.`;
  const old =
    unusedKeys.length === 0
      ? ''
      : dropped
        ? `Taken out of the file: ${unusedKeys.join(', ')}.\n`
        : `Nothing is under ${unusedKeys.join(', ')} any more: drop it with --drop-old (backups made before need it).\n`;
  return `${printable(key)}\n${entries} entries were encrypted anew.\n${old}`;
}

function importText(report: ImportReport): string {
  const { imported, unchanged, kept, missing } = report;
  const line = (title: string, names: readonly string[]): string =>
    names.length === 0 ? '' : `${title}: ${names.join(', ')}\n`;
  return (
    line('imported', imported) +
    line('unchanged', unchanged) +
    line('kept, the vault holds another value (--replace)', kept) +
    line('not in the environment', missing) +
    keyText(report) +
    (imported.length === 0
      ? ''
      : 'Take what was imported out of the environment and out of the files that set it.\n')
  );
}
