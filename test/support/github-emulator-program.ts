// A GitHub emulator as a program of its own: node test/support/github-emulator-program.ts [FOLDER [PORT]]
// Prints {"apiUrl","serverUrl","controlUrl"} as one JSON line and runs until SIGINT or SIGTERM.
import process from 'node:process';
import { createGithubEmulator } from './github-emulator/emulator.ts';

const [folder, port] = process.argv.slice(2);
const emulator = await createGithubEmulator({
  ...(folder === undefined ? {} : { folder }),
  ...(port === undefined ? {} : { port: Number(port) }),
});
const { apiUrl, serverUrl } = emulator;
process.stdout.write(
  `${JSON.stringify({ apiUrl, serverUrl, controlUrl: `${serverUrl}/_emulator` })}\n`,
);
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void emulator.close());
}
