import type { ReactNode } from 'react';

/** What stands between two backticks of one line; one alone is a backtick. */
const code = /`([^`\n]+)`/gu;

/** The room between a figure and its unit, which belong on one line. */
const beforeUnit = /(?<=\d) (?=%|(?:[kMGT]?B|ms|s|min|h)(?![\p{L}\d]))/gu;

/**
 * A sentence of the service: what stands between backticks is code, and no figure is parted from its unit. Never markup,
 * whoever wrote it.
 */
export function WithCode({ text }: { readonly text: string }): ReactNode {
  // Split by a pattern with one group, every second part is what the group held.
  return text.split(code).map((part, index) =>
    index % 2 === 0 ? (
      part.replaceAll(beforeUnit, '\u00A0')
    ) : (
      <code key={index} className="text-[0.92em] [overflow-wrap:anywhere]">
        {part}
      </code>
    ),
  );
}
