import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import type { TokenLine } from '../../../operations/tokens/contract.ts';
import { createToken, listTokens, revokeToken } from '../../../operations/tokens/contract.ts';
import { printable, table } from '../output/terminal.ts';
import type { Run } from '../run.ts';

/** `tokens …`: for the accounts that are named, because the command line has none of its own. */
export function addTokenCommands(program: Command, run: Run): void {
  const tokens = program.command('tokens').description('API tokens: make, list, revoke');
  tokens
    .command('create <name>')
    .description(createToken.summary)
    .requiredOption('--user <name>', 'whose rights it has a part of')
    .requiredOption('--scope <permission...>', 'permissions, such as tasks:read')
    .option('--expires-days <days>', 'its life, at most 365', days)
    .action(
      run<string | CreateFlags, { token: TokenLine; secret: string }>(
        createToken,
        ([name, flags]) => createInput(name, flags),
        ({ secret }) => `${secret}\n`,
        {
          notice: ({ token }) =>
            `This token of ${printable(token.owner)} is good until ${token.expiresAt}. It is not shown again; revoke it with \`claude-manager tokens revoke ${token.id}\`.`,
        },
      ),
    );
  tokens
    .command('list')
    .description(listTokens.summary)
    .option('--user <name>', 'only those of this account')
    .action(
      run<{ user?: string }, readonly TokenLine[]>(
        listTokens,
        ([{ user }]) => (user === undefined ? { all: true } : { user }),
        listText,
      ),
    );
  tokens
    .command('revoke <id>')
    .description(revokeToken.summary)
    .action(
      run<string, TokenLine>(
        revokeToken,
        ([id]) => ({ id }),
        ({ name, owner }) => `Revoked ${printable(name)} of ${printable(owner)}.\n`,
      ),
    );
}

interface CreateFlags {
  readonly user: string;
  readonly scope: readonly string[];
  readonly expiresDays?: number;
}

function createInput(name: string | CreateFlags, flags: string | CreateFlags): object {
  if (typeof flags !== 'object') return { name };
  const { user, scope: scopes, expiresDays } = flags;
  return {
    name,
    user,
    scopes,
    ...(expiresDays === undefined ? {} : { expiresInDays: expiresDays }),
  };
}

function days(text: string): number {
  const value = Number(text);
  if (!(Number.isInteger(value) && value > 0 && value <= 365)) {
    throw new InvalidArgumentError('Give whole days from 1 to 365.');
  }
  return value;
}

function listText(tokens: readonly TokenLine[]): string {
  if (tokens.length === 0) return 'No tokens.\n';
  return table([
    ['ID', 'OWNER', 'NAME', 'SCOPES', 'EXPIRES', 'LAST USED', 'STATE'],
    ...tokens.map((token) => [
      token.id,
      token.owner,
      token.name,
      token.scopes.join(' '),
      token.expiresAt.slice(0, 10),
      token.usedAt?.slice(0, 16) ?? 'never',
      token.revokedAt === null ? 'active' : 'revoked',
    ]),
  ]);
}
