import { X } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button } from '../../parts/button.tsx';
import { Choice } from '../../parts/choice.tsx';
import { repositoryName } from '../../parts/format.ts';
import { kindWord } from '../../parts/words.ts';
import type { InboxSearch } from './search.ts';

const orders = [
  { value: 'rank', word: 'By rank' },
  { value: 'newest', word: 'Newest first' },
  { value: 'oldest', word: 'Oldest first' },
] as const;

const shown = [
  { value: 'waiting', word: 'Waiting' },
  { value: 'snoozed', word: 'Snoozed' },
] as const;

/** What of the inbox is shown and in which order; all of it stands in the address. */
export function InboxFilter({
  search,
  setSearch,
}: {
  readonly search: InboxSearch;
  readonly setSearch: (change: Partial<InboxSearch>) => void;
}): ReactNode {
  const { repo, kind, q } = search;
  return (
    <div className="flex flex-wrap items-center gap-2 border-line border-b px-3 py-2">
      <Choice
        label="Show"
        value={search.show ?? 'waiting'}
        choices={shown}
        onChoose={(value) =>
          setSearch({ show: value === 'waiting' ? undefined : value, task: undefined })
        }
      />
      <Choice
        label="Order"
        value={search.sort ?? 'rank'}
        choices={orders}
        onChoose={(value) => setSearch({ sort: value === 'rank' ? undefined : value })}
      />
      {repo === undefined ? null : (
        <Clear words={repositoryName(repo)} onClear={() => setSearch({ repo: undefined })} />
      )}
      {kind === undefined ? null : (
        <Clear words={kindWord(kind)} onClear={() => setSearch({ kind: undefined })} />
      )}
      {q === undefined ? null : (
        <Clear words={`“${q}”`} onClear={() => setSearch({ q: undefined })} />
      )}
    </div>
  );
}

function Clear({
  words,
  onClear,
}: {
  readonly words: string;
  readonly onClear: () => void;
}): ReactNode {
  return (
    <Button aria-label={`Show all, not only ${words}`} onClick={onClear}>
      {words}
      <X aria-hidden size={13} />
    </Button>
  );
}
