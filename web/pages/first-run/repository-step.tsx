import { Plus } from 'lucide-react';
import type { ReactNode } from 'react';
import { useState } from 'react';
import { saveConfiguration, showConfiguration } from '../../../src/operations/config/contract.ts';
import type { RepositoryLine } from '../../../src/operations/repositories/contract.ts';
import { useAct, useAsk } from '../../data/data.tsx';
import { useSession } from '../../data/session.tsx';
import { Button } from '../../parts/button.tsx';
import { TextField } from '../../parts/field.tsx';
import { counted, repositoryName } from '../../parts/format.ts';
import { Step } from './step.tsx';
import { Trouble } from './trouble.tsx';

const shownNames = 8;

/** What is watched, and a way to name one more. */
export function RepositoryStep({
  watched,
}: {
  readonly watched: readonly RepositoryLine[];
}): ReactNode {
  return (
    <Step
      number={1}
      title="Repositories"
      state={watched.length > 0 ? 'done' : 'todo'}
      about="Where work is looked for: on GitHub, or a folder with git on the machine of the service."
    >
      {watched.length === 0 ? null : (
        <ul className="text-13">
          {watched.slice(0, shownNames).map(({ name, host }) => (
            <li key={name} className="truncate">
              {repositoryName(name)}
              {host === 'local' ? <span className="text-quiet"> · folder</span> : null}
            </li>
          ))}
          {watched.length > shownNames ? (
            <li className="text-quiet">and {counted(watched.length - shownNames, 'other')}</li>
          ) : null}
        </ul>
      )}
      <AddRepository />
    </Step>
  );
}

function AddRepository(): ReactNode {
  const { may } = useSession();
  const config = useAsk(showConfiguration, {});
  const save = useAct(saveConfiguration);
  const [name, setName] = useState('');
  const [manager, setManager] = useState('');
  const [error, setError] = useState<string | null>(null);
  if (!may('config:write')) {
    return (
      <p className="text-13 text-quiet">An admin can add repositories, here or in the file.</p>
    );
  }
  const valueOf = (key: string): unknown => config.data?.keys.find((one) => one.key === key)?.value;
  const listed = valueOf('github.reposToScan');
  const isFolder = /^[/.~]/u.test(name.trim());
  const needsManager =
    name.trim() !== '' && !isFolder && (valueOf('github.managerRepo') ?? null) === null;
  return (
    <form
      className="flex max-w-[440px] flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        const given = name.trim();
        if (given === '') return setError('Name a repository or a folder.');
        if (!isFolder && !/^[\w.-]+\/[\w.*?-]+$/u.test(given))
          return setError(
            'Write owner/name, a pattern such as acme/*, or a path that begins with /.',
          );
        if (needsManager && !/^[\w.-]+\/[\w.-]+$/u.test(manager.trim()))
          return setError('Name the repository that takes the proposals, as owner/name.');
        const all = [...(Array.isArray(listed) ? (listed as unknown[]) : []), given];
        save.mutate(
          {
            version: config.data?.version ?? '',
            changes: [
              { key: 'github.reposToScan', value: JSON.stringify(all) },
              ...(needsManager
                ? [{ key: 'github.managerRepo', value: JSON.stringify(manager.trim()) }]
                : []),
            ],
          },
          { onSuccess: () => setName('') },
        );
      }}
    >
      <TextField
        label="Add a repository"
        about="owner/name, a pattern such as acme/*, or the path of a folder"
        mono
        autoComplete="off"
        spellCheck={false}
        value={name}
        error={error}
        onChange={({ target }) => {
          setName(target.value);
          setError(null);
        }}
      />
      {needsManager ? (
        <TextField
          label="Repository that takes the proposals"
          about="Each proposal becomes an issue there; it may be the same one."
          mono
          autoComplete="off"
          spellCheck={false}
          placeholder="owner/name"
          value={manager}
          onChange={({ target }) => {
            setManager(target.value);
            setError(null);
          }}
        />
      ) : null}
      <Trouble error={save.error} />
      <div>
        <Button
          type="submit"
          icon={<Plus aria-hidden size={14} />}
          disabled={save.isPending || config.data === undefined}
        >
          {save.isPending ? 'Writing it into the configuration' : 'Add'}
        </Button>
      </div>
    </form>
  );
}
