import { AppError } from '../../lib/app-error.ts';

const maxBytes = 8192;

/**
 * A password from standard input when that is asked for, else typed twice on the terminal without being shown. It is
 * never an argument: others on the machine see those.
 */
export async function readPassword(account: string, fromInput: boolean): Promise<string> {
  return fromInput ? piped() : typed(account);
}

async function typed(account: string): Promise<string> {
  if (process.stdin.isTTY !== true) {
    throw missing('There is no terminal to ask for the password.');
  }
  const { password, isCancel } = await import('@clack/prompts');
  const ask = async (message: string): Promise<string> => {
    const answer = await password({ message, output: process.stderr });
    if (isCancel(answer) || answer === '') throw missing('No password was typed.');
    return answer;
  };
  const first = await ask(`Password of ${account} (not shown)`);
  if ((await ask('The same again')) !== first) throw missing('The two passwords differ.');
  return first;
}

/** One line end after it is cut off, so that `echo` works; everything else is taken as it is. */
async function piped(): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > maxBytes) break;
  }
  const bytes = Buffer.concat(chunks);
  const text = bytes.toString('utf8');
  const isText = Buffer.from(text).equals(bytes);
  for (const chunk of [...chunks, bytes]) chunk.fill(0);
  if (!isText) throw missing('What came on standard input is no UTF-8 text.');
  const value = text.replace(/\r?\n$/u, '');
  if (value === '') throw missing('No password came on standard input.');
  return value;
}

function missing(message: string): AppError {
  return new AppError({
    kind: 'invalid_input',
    code: 'password_missing',
    message,
    next: 'Type it when asked, or pass it in: … --password-stdin < file',
  });
}
