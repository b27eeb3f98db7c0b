import type { UseQueryResult } from '@tanstack/react-query';
import { FilterX, RotateCw } from 'lucide-react';
import type { ReactNode } from 'react';
import type { ShownError } from '../../../data/to-api-error.ts';
import type { Tone } from '../../../parts/badge.tsx';
import { Badge } from '../../../parts/badge.tsx';
import { Button } from '../../../parts/button.tsx';
import { Choice } from '../../../parts/choice.tsx';
import { FormError } from '../../../parts/form-error.tsx';
import { Empty, Loaded, RowBones } from '../../../parts/states.tsx';
import type { TableColumn } from '../../../parts/table.tsx';
import { Table } from '../../../parts/table.tsx';
import { WithCode } from '../../../parts/with-code.tsx';

/** What each state is called, in the order of the choice. */
export type StateWords<State extends string> = Readonly<
  Record<State, { readonly word: string; readonly tone: Tone }>
>;

export const pageLength = 50;
/** What the operations answer at most. */
const mostRows = 500;

/** What went one way, newest first: a choice of the state, the rows, and more of them. */
export function Journal<Line extends { readonly id: string }, State extends string>({
  id,
  title,
  label,
  states,
  state,
  onState,
  query,
  limit,
  onLimit,
  error,
  nothingYet,
  nothingLike,
  columns,
}: {
  readonly id: string;
  readonly title: string;
  readonly label: string;
  readonly states: StateWords<State>;
  readonly state: State | undefined;
  readonly onState: (state: State | undefined) => void;
  readonly query: UseQueryResult<{ readonly items: readonly Line[]; readonly next: string | null }>;
  readonly limit: number;
  readonly onLimit: (limit: number) => void;
  /** Of doing one of them again. */
  readonly error: ShownError | null;
  readonly nothingYet: ReactNode;
  readonly nothingLike: string;
  readonly columns: readonly TableColumn<Line>[];
}): ReactNode {
  const words = Object.entries<{ readonly word: string }>(states);
  return (
    <section aria-labelledby={id} className="flex flex-col gap-2">
      <div className="flex flex-wrap items-center justify-between gap-3 px-4">
        <h2 id={id} className="font-semibold text-13">
          {title}
        </h2>
        <Choice
          label="State"
          value={state ?? 'any'}
          choices={[
            { value: 'any', word: 'Any state' },
            ...words.map(([value, { word }]) => ({ value, word })),
          ]}
          onChoose={(value) => onState(value === 'any' ? undefined : (value as State))}
        />
      </div>
      {error === null ? null : (
        <div className="px-4">
          <FormError error={error} />
        </div>
      )}
      <Loaded query={query} skeleton={<RowBones rows={5} />}>
        {({ items, next }) => {
          if (items.length > 0)
            return (
              <>
                <Table label={label} rows={items} keyOf={(line) => line.id} columns={columns} />
                {next === null || limit >= mostRows ? null : (
                  <div className="flex justify-center p-4">
                    <Button onClick={() => onLimit(Math.min(mostRows, limit + pageLength))}>
                      Show more
                    </Button>
                  </div>
                )}
              </>
            );
          if (state === undefined) return nothingYet;
          return <Empty icon={<FilterX aria-hidden size={24} />} title={nothingLike} />;
        }}
      </Loaded>
    </section>
  );
}

export function StateBadge<State extends string>({
  states,
  state,
}: {
  readonly states: StateWords<State>;
  readonly state: State;
}): ReactNode {
  const { tone, word } = states[state];
  return <Badge tone={tone}>{word}</Badge>;
}

/** What came or went, and below it why it failed. */
export function WithProblem({
  name,
  problem,
}: {
  readonly name: string;
  readonly problem: string | null;
}): ReactNode {
  return (
    <>
      <code className="text-12">{name}</code>
      {problem === null ? null : (
        <span className="block text-12 text-bad">
          <WithCode text={problem} />
        </span>
      )}
    </>
  );
}

export function AgainButton({
  says,
  disabled,
  onClick,
}: {
  readonly says: string;
  readonly disabled: boolean;
  readonly onClick: () => void;
}): ReactNode {
  return (
    <Button
      look="quiet"
      icon={<RotateCw aria-hidden size={14} />}
      aria-label={says}
      disabled={disabled}
      onClick={onClick}
    >
      Again
    </Button>
  );
}
