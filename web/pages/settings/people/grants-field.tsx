import { Plus, Trash2 } from 'lucide-react';
import type { ReactNode } from 'react';
import type { Grant } from '../../../../src/operations/users/contract.ts';
import { roleNames } from '../../../../src/operations/users/contract.ts';
import { Button } from '../../../parts/button.tsx';
import { Choice } from '../../../parts/choice.tsx';

/** A role as it is being written: patterns as one text. */
export interface GrantDraft {
  readonly role: Grant['role'];
  readonly where: string;
}

export function draftsOf(
  roles: readonly { readonly role: string; readonly repositories: readonly string[] | null }[],
): readonly GrantDraft[] {
  return roles.flatMap(({ role, repositories }) => {
    const known = roleNames.find((one) => one === role);
    return known === undefined ? [] : [{ role: known, where: repositories?.join(', ') ?? '' }];
  });
}

export function grantsOf(drafts: readonly GrantDraft[]): Grant[] {
  return drafts.map(({ role, where }) => {
    const patterns = where
      .split(',')
      .map((one) => one.trim())
      .filter((one) => one !== '');
    return { role, repositories: patterns.length === 0 ? null : patterns };
  });
}

/** Roles, each everywhere or in repositories that match. */
export function GrantsField({
  grants,
  error,
  onChange,
}: {
  readonly grants: readonly GrantDraft[];
  readonly error: string | null;
  readonly onChange: (grants: readonly GrantDraft[]) => void;
}): ReactNode {
  const change = (index: number, members: Partial<GrantDraft>): void =>
    onChange(grants.map((one, at) => (at === index ? { ...one, ...members } : one)));
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1 font-medium text-13">Roles</legend>
      {grants.map(({ role, where }, index) => (
        <div key={index} className="flex items-center gap-2">
          <Choice
            label={`Role ${index + 1}`}
            value={role}
            choices={roleNames.map((value) => ({ value, word: value }))}
            onChoose={(value) => change(index, { role: value })}
          />
          <input
            aria-label={`Repositories of role ${index + 1}`}
            placeholder="everywhere, or acme/*, other/one"
            value={where}
            onChange={({ target }) => change(index, { where: target.value })}
            className="h-8 min-w-0 flex-1 rounded-6 border border-line-strong bg-raised px-2 text-13 placeholder:text-quiet"
          />
          <Button
            look="quiet"
            square
            aria-label={`Take role ${index + 1} away`}
            icon={<Trash2 aria-hidden size={14} />}
            onClick={() => onChange(grants.filter((_one, at) => at !== index))}
          />
        </div>
      ))}
      {error === null ? null : (
        <p role="alert" className="text-12 text-bad">
          {error}
        </p>
      )}
      <div>
        <Button
          look="quiet"
          icon={<Plus aria-hidden size={14} />}
          onClick={() => onChange([...grants, { role: 'viewer', where: '' }])}
        >
          Another role
        </Button>
      </div>
    </fieldset>
  );
}
