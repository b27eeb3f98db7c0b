import type { ReactNode } from 'react';

/** A sentence of the service: what stands between backticks is code. */
export function WithCode({ text }: { readonly text: string }): ReactNode {
  return text.split('`').map((part, index) =>
    index % 2 === 0 ? (
      part
    ) : (
      <code key={index} className="text-12">
        {part}
      </code>
    ),
  );
}
