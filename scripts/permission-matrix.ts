import type { Actor } from '../src/domain/actor.ts';
import { provenForMs } from '../src/operations/admission.ts';
import { catalogue } from '../src/operations/catalogue.ts';
import type { Contract } from '../src/operations/operation.ts';
import { permissionsOf, roles } from '../src/operations/permissions.ts';
import { rightsOf, wholeRoles } from '../src/operations/repository-rights.ts';

/** Who stands in a column of the matrix. */
export interface Column {
  readonly name: string;
  readonly actor: Actor;
}

const session = { id: 'one', provenAtMs: 0 };

/** Everybody who can stand before the gate, as far as their rights differ. */
export function columns(): readonly Column[] {
  const names = Object.keys(roles);
  const limited = names.filter((role) => !wholeRoles.has(role));
  return [
    { name: 'nobody', actor: { kind: 'anonymous', name: 'anonymous' } },
    {
      name: 'owes second factor',
      actor: {
        kind: 'user',
        name: 'u',
        roles: names,
        session: { ...session, stage: 'second_factor' },
      },
    },
    {
      name: 'must enroll',
      actor: { kind: 'user', name: 'u', roles: names, session: { ...session, stage: 'enroll' } },
    },
    ...names.map(
      (role): Column => ({
        name: role,
        actor: { kind: 'user', name: 'u', roles: [role], session },
      }),
    ),
    ...limited.map(
      (role): Column => ({
        name: `${role} of some repositories`,
        actor: {
          kind: 'user',
          name: 'u',
          ...rightsOf([{ role, repositories: ['acme/*'] }]),
          session,
        },
      }),
    ),
  ];
}

/** `yes`, `no`, or `there`: only within the repositories of the role. */
export function cell({ permission }: Contract, { actor }: Column): 'yes' | 'no' | 'there' {
  if (permission === 'public') return 'yes';
  if (!permissionsOf(actor).has(permission)) return 'no';
  const limits = actor.kind === 'user' ? actor.limits : undefined;
  return limits?.[permission] === undefined ? 'yes' : 'there';
}

/** Each operation by everybody who can ask for it. */
export function permissionsPage(): string {
  const all = columns();
  const header = ['Operation', 'Proof', ...all.map(({ name }) => name)];
  const rows = catalogue().map((contract) => [
    `\`${contract.name}\``,
    contract.dangerous === true ? 'yes' : '',
    ...all.map((column) => ({ yes: '●', there: '◐', no: '' })[cell(contract, column)]),
  ]);
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  return `# Who may do what

Made from the catalogue and the roles by \`node scripts/generate-reference.ts\`; a test asks the gate for each cell and
compares. ● = may, ◐ = may within the repositories of the role, empty = may not. *Proof*: a signed-in person must have
proven who they are in the last ${provenForMs / 60_000} minutes. Several roles add up. A token holds what it was given and its owner still
holds. The owner of the data folder acts as admin on the command line. Doors that are not listed for an operation in
[operations](operations.md) do not lead to it, whoever asks.

${line(header)}|${header.map(() => '---|').join('')}\n${rows.map(line).join('')}`;
}
