import type { ReactNode } from 'react';
import { useState } from 'react';
import { listAgents } from '../../../src/operations/agents/contract.ts';
import type { RepositoryStory } from '../../../src/operations/repositories/contract.ts';
import { useAsk } from '../../data/data.tsx';
import { useSession } from '../../data/session.tsx';
import { counted } from '../../parts/format.ts';
import { draftOf, errorsOf } from './policy-draft.ts';
import { policyGroups } from './policy-fields.ts';
import { PolicyInput } from './policy-input.tsx';
import { PolicySave } from './policy-save.tsx';

/** The policy as a form beside what it changes; what is typed is checked by the service while one types. */
export function PolicyTab({ story }: { readonly story: RepositoryStory }): ReactNode {
  const { may } = useSession();
  const { entry } = story;
  const [draft, setDraft] = useState(() => draftOf(entry));
  const [isOwn, setIsOwn] = useState(true);
  const [refused, setRefused] = useState<Readonly<Record<string, string>>>({});
  const { data: agents } = useAsk(listAgents, {}, { enabled: may('config:read') });
  const names = agents?.items.map(({ name }) => name) ?? [];
  const isReadOnly = !may('config:write');
  const errors = { ...refused, ...errorsOf(draft) };
  return (
    <div className="grid gap-x-10 gap-y-6 px-4 py-5 lg:grid-cols-[minmax(0,1fr)_360px]">
      <div className="flex min-w-0 flex-col gap-8">
        <Where story={story} isOwn={isOwn} onOwn={setIsOwn} isReadOnly={isReadOnly} />
        {policyGroups.map(({ title, fields }) => (
          <fieldset key={title} className="flex min-w-0 flex-col gap-4">
            <legend className="mb-3 font-semibold text-14">{title}</legend>
            {fields.map((field) => (
              <PolicyInput
                key={field.key}
                field={field}
                text={draft[field.key]}
                leftOut={entry.leftOut[field.key]}
                agents={names}
                error={errors[field.key]}
                isReadOnly={isReadOnly}
                onChange={(text) =>
                  setDraft((before) => {
                    const { [field.key]: _old, ...rest } = before;
                    return text === undefined ? rest : { ...rest, [field.key]: text };
                  })
                }
              />
            ))}
          </fieldset>
        ))}
      </div>
      {isReadOnly ? (
        <p className="text-13 text-quiet">
          You may read this policy, not change it. An admin can give you a role with{' '}
          <code className="text-12">config:write</code>.
        </p>
      ) : (
        <PolicySave
          story={story}
          draft={draft}
          isOwn={isOwn}
          hasErrors={Object.keys(errorsOf(draft)).length > 0}
          onRefused={setRefused}
          onDiscard={() => setDraft(draftOf(entry))}
        />
      )}
    </div>
  );
}

/** Which entry of the file decides, and whether it is changed for this repository alone. */
function Where({
  story: { name, entry },
  isOwn,
  onOwn,
  isReadOnly,
}: {
  readonly story: RepositoryStory;
  readonly isOwn: boolean;
  readonly onOwn: (isOwn: boolean) => void;
  readonly isReadOnly: boolean;
}): ReactNode {
  if (entry.index === null) {
    return (
      <p className="text-13 text-quiet">
        No entry of the configuration names this repository, so what holds everywhere holds. Saving
        writes an entry of its own for <code className="break-all text-12">{name}</code>.
      </p>
    );
  }
  if (entry.isOwn || isReadOnly) {
    return (
      <p className="text-13 text-quiet">
        The entry <code className="break-all text-12">{entry.match}</code> of the configuration
        decides
        {entry.decides > 1 ? ` for ${counted(entry.decides, 'repository', 'repositories')}` : ''}.
      </p>
    );
  }
  return (
    <fieldset className="flex flex-col gap-2 rounded-6 border border-line bg-surface p-3">
      <legend className="sr-only">What is changed</legend>
      <p className="text-13 text-quiet">
        The entry <code className="break-all text-12">{entry.match}</code> decides here and for{' '}
        {counted(entry.decides, 'repository', 'repositories')} in all.
      </p>
      {(
        [
          [true, 'Change it for this repository alone, in an entry before that one'],
          [false, `Change that entry, for all ${entry.decides}`],
        ] as const
      ).map(([value, word]) => (
        <label key={word} className="flex items-start gap-2 text-13">
          <input
            type="radio"
            name="where"
            checked={isOwn === value}
            onChange={() => onOwn(value)}
            className="mt-[3px] size-[14px] accent-accent-solid"
          />
          {word}
        </label>
      ))}
    </fieldset>
  );
}
