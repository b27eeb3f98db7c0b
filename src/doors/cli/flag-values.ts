import { InvalidArgumentError } from 'commander';

/** A whole number above 0, as `--limit 20` gives it. Throws what commander turns into wrong usage. */
export function count(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('Give a whole number above 0.');
}
