import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import type { Contract } from '../../../operations/operation.ts';
import type { Grant, UserDetail, UserLine } from '../../../operations/users/contract.ts';
import {
  bootstrapLink,
  createUser,
  disableUser,
  enableUser,
  listUsers,
  removeUser,
  resetPassword,
  roleNames,
  setUserRoles,
  showUser,
  unlockUser,
} from '../../../operations/users/contract.ts';
import { printable, table } from '../output/terminal.ts';
import { readPassword } from '../read-password.ts';
import type { Run } from '../run.ts';

const roleHelp = `${roleNames.join(' | ')}; limited to repositories as role:pattern,pattern`;

/** `users …`. Passwords are typed without being shown or come on standard input; they are never arguments. */
export function addUserCommands(program: Command, run: Run): void {
  const users = program.command('users').description('accounts: list, make, change, lock out');
  users
    .command('list')
    .description(listUsers.summary)
    .action(run<object, readonly UserLine[]>(listUsers, () => ({}), listText));
  named(users, 'show', showUser, run, detailText);
  users
    .command('create <name>')
    .description(createUser.summary)
    .requiredOption('--role <role...>', roleHelp, role)
    .option('--password-stdin', 'read the password from standard input')
    .option('--keep-password', 'the password need not be changed at the first sign-in')
    .action(async (name: string, flags: CreateFlags, command: Command) => {
      const password = await readPassword(name, flags.passwordStdin === true);
      await run<object, UserLine>(
        createUser,
        () => ({
          name,
          roles: flags.role,
          password,
          mustChangePassword: flags.keepPassword !== true,
        }),
        (user) => `Made the account ${printable(user.name)}: ${rolesText(user)}.\n`,
      )(name, flags, command);
    });
  users
    .command('set-roles <name>')
    .description(setUserRoles.summary)
    .option('--role <role...>', roleHelp, role, [])
    .action(
      run<string | { role: readonly Grant[] }, UserLine>(
        setUserRoles,
        ([name, flags]) => ({ name, roles: typeof flags === 'object' ? flags.role : [] }),
        (user) => `${printable(user.name)} is now: ${rolesText(user)}.\n`,
      ),
    );
  named(
    users,
    'disable',
    disableUser,
    run,
    ({ name }: UserLine) => `Disabled ${printable(name)}.\n`,
  );
  named(users, 'enable', enableUser, run, ({ name }: UserLine) => `Enabled ${printable(name)}.\n`);
  named(users, 'unlock', unlockUser, run, unlockText);
  users
    .command('reset-password <name>')
    .description(resetPassword.summary)
    .option('--password-stdin', 'read the password from standard input')
    .option('--remove-second-factor', 'also take away code generator, passkeys, recovery codes')
    .option('--keep-password', 'the password need not be changed at the next sign-in')
    .action(async (name: string, flags: ResetFlags, command: Command) => {
      const password = await readPassword(name, flags.passwordStdin === true);
      await run<object, UserLine>(
        resetPassword,
        () => ({
          name,
          password,
          removeSecondFactor: flags.removeSecondFactor === true,
          mustChangePassword: flags.keepPassword !== true,
        }),
        (user) => `${printable(user.name)} has a new password; all sessions ended.\n`,
      )(name, flags, command);
    });
  named(users, 'remove', removeUser, run, ({ name }: UserLine) => `Removed ${printable(name)}.\n`);
  users
    .command('bootstrap')
    .description(bootstrapLink.summary)
    .action(
      run<object, { link: string; expiresAt: string }>(
        bootstrapLink,
        () => ({}),
        ({ link, expiresAt }) => `${link}\nGood once, until ${expiresAt}.\n`,
      ),
    );
}

interface CreateFlags {
  readonly role: readonly Grant[];
  readonly passwordStdin?: boolean;
  readonly keepPassword?: boolean;
}

interface ResetFlags {
  readonly passwordStdin?: boolean;
  readonly removeSecondFactor?: boolean;
  readonly keepPassword?: boolean;
}

/** `operator`, or `operator:acme/*,other/one`. Which roles there are, is for the operation to say. */
function role(text: string, before: readonly Grant[] = []): readonly Grant[] {
  const at = text.indexOf(':');
  const name = at === -1 ? text : text.slice(0, at);
  const known = roleNames.find((one) => one === name);
  if (known === undefined) {
    throw new InvalidArgumentError(`Roles are ${roleNames.join(', ')}.`);
  }
  const repositories =
    at === -1
      ? null
      : text
          .slice(at + 1)
          .split(',')
          .filter(Boolean);
  if (repositories?.length === 0)
    throw new InvalidArgumentError('Name a repository after the colon.');
  return [...before, { role: known, repositories }];
}

function named<O>(
  users: Command,
  verb: string,
  contract: Contract<never, O> | Contract,
  run: Run,
  text: (answer: O) => string,
): void {
  users
    .command(`${verb} <name>`)
    .description(contract.summary)
    .action(run<string, O>(contract, ([name]) => ({ name }), text));
}

function rolesText({ roles }: Pick<UserLine, 'roles'>): string {
  if (roles.length === 0) return 'no role';
  return roles
    .map(({ role: name, repositories }) =>
      repositories === null ? name : `${name} in ${printable(repositories.join(', '))}`,
    )
    .join('; ');
}

function factorsText(user: UserLine): string {
  const factors = [
    ...(user.totp ? ['codes'] : []),
    ...(user.passkeys > 0 ? [`${user.passkeys} passkeys`] : []),
  ];
  return factors.length === 0 ? 'none' : factors.join(', ');
}

function listText(users: readonly UserLine[]): string {
  if (users.length === 0)
    return 'There are no accounts. `claude-manager users bootstrap` prints a link for the first one.\n';
  return table([
    ['NAME', 'ROLES', 'SECOND FACTOR', 'LAST SIGN-IN', 'STATE'],
    ...users.map((user) => [
      user.name,
      rolesText(user),
      factorsText(user),
      user.signedInAt ?? 'never',
      user.disabled ? 'disabled' : user.mustChangePassword ? 'must change password' : 'active',
    ]),
  ]);
}

function detailText(user: UserDetail): string {
  const lines = [
    user.name,
    `roles           ${rolesText(user)}`,
    `state           ${user.disabled ? 'disabled' : 'active'}${user.lockedUntil === null ? '' : `, locked until ${user.lockedUntil}`}`,
    `password        ${user.hasPassword ? (user.mustChangePassword ? 'must be changed' : 'set') : 'none'}`,
    `second factor   ${factorsText(user)}, ${user.recoveryCodesLeft} recovery codes left`,
    `sessions        ${user.sessions}`,
    `tokens          ${user.tokens}`,
    `last sign-in    ${user.signedInAt ?? 'never'}`,
    `made            ${user.createdAt} by ${user.createdBy}`,
  ];
  return `${printable(lines.join('\n'))}\n`;
}

function unlockText({ name, wasLocked }: { name: string; wasLocked: boolean }): string {
  return wasLocked ? `Unlocked ${printable(name)}.\n` : `${printable(name)} was not locked.\n`;
}
