import type { ReactNode } from 'react';
import { classNames } from './class-names.ts';
import { ScrollBox } from './scroll-box.tsx';

/** Lines of a file with their numbers, those of the finding marked. */
export function CodeLines({
  lines,
  start,
  marked,
  label,
}: {
  readonly lines: readonly string[];
  /** Number of the first line. */
  readonly start: number;
  /** First and last marked line. */
  readonly marked: readonly [number, number];
  readonly label: string;
}): ReactNode {
  const [first, last] = marked;
  return (
    <ScrollBox label={label} className="rounded-6 border border-line bg-sunken py-1">
      <table className="min-w-full border-collapse font-mono text-12 leading-5">
        <tbody>
          {lines.map((text, index) => {
            const number = start + index;
            const isMarked = number >= first && number <= last;
            return (
              <tr key={number} className={classNames(isMarked && 'bg-warn-tint')}>
                <td
                  className={classNames(
                    'w-px select-none border-l-2 pr-3 pl-3 text-right text-quiet',
                    isMarked ? 'border-warn' : 'border-transparent',
                  )}
                >
                  {number}
                </td>
                <td className="whitespace-pre pr-4">
                  {isMarked ? <mark className="bg-transparent text-text">{text}</mark> : text}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </ScrollBox>
  );
}
