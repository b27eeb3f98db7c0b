import type { ReactNode } from 'react';
import { useState } from 'react';
import { Waiting } from './states.tsx';

/**
 * Parts that stand one below the other and are read by themselves, shown when each has its first answer: what came
 * earlier would be pushed down by what stands above it. A failure is an answer too, which its part shows.
 */
export function Together({
  queries,
  skeleton,
  children,
}: {
  readonly queries: readonly { readonly isLoading: boolean }[];
  readonly skeleton: ReactNode;
  readonly children: ReactNode;
}): ReactNode {
  const [isShown, setIsShown] = useState(false);
  const isComplete = queries.every(({ isLoading }) => !isLoading);
  // What is asked about later changes in its place.
  if (isComplete && !isShown) setIsShown(true);
  return isShown || isComplete ? children : <Waiting>{skeleton}</Waiting>;
}
