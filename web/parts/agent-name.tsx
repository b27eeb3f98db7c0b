import type { ReactNode } from 'react';

/** The name of an agent in a table: a long one leaves room for the other columns and stands whole on hover. */
export function AgentName({ name }: { readonly name: string }): ReactNode {
  return (
    <span className="block max-w-[20ch] truncate" title={name}>
      {name}
    </span>
  );
}
