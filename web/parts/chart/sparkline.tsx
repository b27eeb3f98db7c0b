import type { ReactNode } from 'react';
import type { Tone } from '../badge.tsx';
import { toneText } from '../badge.tsx';

const width = 96;
const height = 20;

/** The course of a value in the height of a line; the values themselves stand where it leads. */
export function Sparkline({
  values,
  label,
  tone = 'neutral',
}: {
  /** In the order of time, evenly apart; null where nothing was measured. */
  readonly values: readonly (number | null)[];
  readonly label: string;
  readonly tone?: Tone;
}): ReactNode {
  const measured = values.filter((value) => value !== null);
  if (measured.length < 2) return null;
  const low = Math.min(...measured);
  const high = Math.max(...measured);
  const x = (index: number): number => 1 + (index / (values.length - 1)) * (width - 2);
  // What never changes runs through the middle.
  const y = (value: number): number =>
    high === low ? height / 2 : height - 2 - ((value - low) / (high - low)) * (height - 4);
  let path = '';
  let isPenDown = false;
  values.forEach((value, index) => {
    if (value !== null) {
      path += `${isPenDown ? 'L' : 'M'}${x(index).toFixed(1)} ${y(value).toFixed(1)}`;
    }
    isPenDown = value !== null;
  });
  return (
    <svg
      role="img"
      aria-label={label}
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      className={toneText[tone]}
    >
      <path d={path} fill="none" stroke="currentColor" strokeWidth={1.5} strokeLinejoin="round" />
    </svg>
  );
}
