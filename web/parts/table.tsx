import type { ReactNode } from 'react';
import { classNames } from './class-names.ts';
import { ScrollBox } from './scroll-box.tsx';

export interface TableColumn<T> {
  readonly name: string;
  readonly cell: (row: T) => ReactNode;
  /** Figures stand right. */
  readonly isFigure?: boolean;
  /** One or two short words, which are not broken where there is room for a table. */
  readonly isShort?: boolean;
  /** Words that are known to be short: broken between them alone, so that a narrow window tears none apart. */
  readonly isWords?: boolean;
  /** Left out below 800 px. */
  readonly isExtra?: boolean;
  /** Holds buttons, which stand higher than a line; its name is for screen readers alone. */
  readonly isActs?: boolean;
}

/** Rows under named columns; it scrolls sideways by itself where there is no room. */
export function Table<T>({
  label,
  columns,
  rows,
  keyOf,
}: {
  readonly label: string;
  readonly columns: readonly TableColumn<T>[];
  readonly rows: readonly T[];
  readonly keyOf: (row: T) => string;
}): ReactNode {
  // Where extra columns are left out, another one is the last and keeps the distance from the edge.
  const lastOfAll = columns.findLast(({ isExtra }) => isExtra !== true);
  return (
    <ScrollBox label={label}>
      <table className="w-full border-collapse text-13">
        <thead>
          <tr className="border-line border-b text-left text-12 text-quiet">
            {columns.map(({ name, isFigure, isExtra, isActs }) => (
              <th
                key={name}
                scope="col"
                className={classNames(
                  'whitespace-nowrap px-3 py-2 font-medium first:pl-4 last:pr-4 md:px-4',
                  isFigure && 'text-right',
                  name === lastOfAll?.name && 'max-md:pr-4',
                  isExtra && 'hidden md:table-cell',
                )}
              >
                {isActs ? <span className="sr-only">{name}</span> : name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)} className="border-line border-b hover:bg-hover">
              {columns.map(({ name, cell, isFigure, isShort, isWords, isExtra, isActs }) => (
                <td
                  key={name}
                  className={classNames(
                    'px-3 align-top first:pl-4 last:pr-4 md:px-4',
                    isWords ? '' : '[overflow-wrap:anywhere]',
                    isActs ? 'py-[2px]' : 'py-2',
                    isFigure && 'whitespace-nowrap text-right',
                    isShort && 'md:whitespace-nowrap',
                    name === lastOfAll?.name && 'max-md:pr-4',
                    isExtra && 'hidden md:table-cell',
                  )}
                >
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollBox>
  );
}
