import type { ReactNode } from 'react';

/** What stands between two backticks of one line; one alone is a backtick. */
const code = /`([^`\n]+)`/gu;

/** A sentence of the service: what stands between backticks is code. Never markup, whoever wrote it. */
export function WithCode({ text }: { readonly text: string }): ReactNode {
  // Split by a pattern with one group, every second part is what the group held.
  return text.split(code).map((part, index) =>
    index % 2 === 0 ? (
      part
    ) : (
      <code key={index} className="text-[0.92em] [overflow-wrap:anywhere]">
        {part}
      </code>
    ),
  );
}
