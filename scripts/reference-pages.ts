import { Writable } from 'node:stream';
import type { Command } from 'commander';
import { addEveryCommand } from '../src/doors/cli/every-command.ts';
import { createProgram } from '../src/doors/cli/program.ts';
import { openApiDocument } from '../src/doors/http/openapi.ts';
import { catalogue } from '../src/operations/catalogue.ts';
import { roles } from '../src/operations/permissions.ts';

/** The permission matrix: each operation with what it needs and who may. */
export function operationsPage(): string {
  const header = ['Operation', 'Doors', 'Permission', 'Effect', 'Needs', 'Roles', 'What it does'];
  const rows = catalogue().map(({ name, doors, permission, effect, needs, summary }) => [
    `\`${name}\``,
    doors.join(', '),
    permission === 'public' ? 'none' : `\`${permission}\``,
    effect,
    needs,
    rolesThatMay(permission),
    summary,
  ]);
  return `# Operations

Everything that can be asked of the system, and who may. Made from the catalogue by \`node scripts/generate-reference.ts\`;
a test compares the two. The owner of the data folder acts as \`admin\` on the command line, anybody else as \`viewer\`.
A door is listed where an operation may come in; which doors are open depends on how the service runs.
[Who may do what](permissions.md) has the same as a matrix, limited roles and unfinished sign-ins included.

${table([header, ...rows])}
## Roles

${table([['Role', 'Permissions'], ...Object.entries(roles).map(([role, held]) => [`\`${role}\``, held.join(', ')])])}`;
}

/** The REST API for programs that read OpenAPI; a running service serves the same of what it serves. */
export function openApiPage(): string {
  return `${JSON.stringify(openApiDocument(catalogue(), 'main'), null, 2)}\n`;
}

/** The command line as it explains itself with \`--help\`. */
export function commandsPage(): string {
  const program = programForReading();
  const sections = leaves(program).map(
    ({ words, command }) => `## \`${words}\`\n\n${help(command)}`,
  );
  return `# Commands

What \`--help\` prints, for every command. Made by \`node scripts/generate-reference.ts\`; a test compares the two.
Exit codes: 0 done, 1 the thing asked about is not well, 2 wrong usage, 3 not permitted, 4 unavailable or timed out,
70 our defect. With \`--json\` standard output holds one JSON document and nothing else.

${help(program)}
${sections.join('\n')}`;
}

function rolesThatMay(permission: string): string {
  if (permission === 'public') return 'anybody';
  return Object.entries(roles)
    .filter(([, held]) => held.some((one) => one === permission))
    .map(([role]) => role)
    .join(', ');
}

function table(rows: readonly (readonly string[])[]): string {
  const [header = [], ...body] = rows;
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`;
  return `${line(header)}|${header.map(() => '---|').join('')}\n${body.map(line).join('')}`;
}

function leaves(
  command: Command,
  before = command.name(),
): readonly { readonly words: string; readonly command: Command }[] {
  return command.commands.flatMap((child) => {
    const words = `${before} ${child.name()}`;
    return child.commands.length === 0 ? [{ words, command: child }] : leaves(child, words);
  });
}

/** One width for every machine, whatever the terminal. */
function help(command: Command): string {
  const text = command
    .configureHelp({ ...command.configureHelp(), helpWidth: 100 })
    .helpInformation();
  return `\`\`\`text\n${text.trim()}\n\`\`\`\n`;
}

/** The program without a world: its words are read, nothing is run. */
function programForReading(): Command {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const context = {
    version: '',
    terminal: { out: nowhere, err: nowhere, isOutTerminal: false, isErrTerminal: false },
    caller: {
      door: 'cli',
      actor: { kind: 'anonymous', name: 'anonymous' },
      clientId: 'local',
    },
    call: () => Promise.reject(new Error('nothing is run here')),
    redact: (text: string) => text,
    serveMcp: () => Promise.reject(new Error('nothing is run here')),
    showScreen: () => Promise.reject(new Error('nothing is run here')),
  } as const;
  return createProgram(context, () => undefined, addEveryCommand);
}
