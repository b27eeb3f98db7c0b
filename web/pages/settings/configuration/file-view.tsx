import type { ReactNode } from 'react';
import { classNames } from '../../../parts/class-names.ts';
import { ScrollBox } from '../../../parts/scroll-box.tsx';
import type { DiffLine } from './line-diff.ts';
import { diffLines } from './line-diff.ts';

const looks: Readonly<Record<DiffLine['sign'], string>> = {
  ' ': '',
  '+': 'bg-ok-tint',
  '-': 'bg-bad-tint',
};

/** The file with its lines numbered; what a change takes out and adds is marked by sign and tint. */
export function FileView({
  before,
  after,
  label,
  className,
}: {
  readonly before: string;
  readonly after: string;
  readonly label: string;
  readonly className?: string;
}): ReactNode {
  return (
    <ScrollBox
      label={label}
      className={classNames('rounded-6 border border-line bg-sunken py-2', className)}
    >
      <table className="min-w-full border-collapse font-mono text-12 leading-5">
        <tbody>
          {diffLines(before, after).map(({ sign, text, number }, index) => (
            <tr key={index} className={looks[sign]}>
              <td className="w-px select-none px-3 text-right text-quiet">{number}</td>
              <td className="w-px select-none pr-2 text-quiet">{sign}</td>
              <td className="whitespace-pre-wrap break-all pr-3">
                {sign === '-' ? <del className="no-underline">{text}</del> : null}
                {sign === '+' ? <ins className="no-underline">{text}</ins> : null}
                {sign === ' ' ? text : null}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollBox>
  );
}
