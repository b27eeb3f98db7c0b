import type { ReactNode } from 'react';
import { useEffect, useState } from 'react';
import type { MarkdownRenderer } from './render-markdown.ts';

/** One worker for the page, made at the first text; until then its code is not needed either. */
const renderer = once(async () => (await import('./render-markdown.ts')).createMarkdownRenderer());

/** Text of others in Markdown. As long as it is not drawn, and when it cannot be, it stands as it was written. */
export function Markdown({ text }: { readonly text: string }): ReactNode {
  const [drawn, setDrawn] = useState<{ text: string; html: TrustedHTML | string | null } | null>(
    null,
  );
  useEffect(() => {
    let isShown = true;
    renderer()
      .then((made) => made.render(text))
      .then(
        (html) => {
          if (isShown) setDrawn({ text, html });
        },
        () => {
          if (isShown) setDrawn({ text, html: null });
        },
      );
    return () => {
      isShown = false;
    };
  }, [text]);
  if (drawn === null || drawn.text !== text || drawn.html === null) {
    return <pre className="whitespace-pre-wrap break-words font-sans text-14">{text}</pre>;
  }
  return (
    <div
      className="prose"
      // Cleaned by DOMPurify in render-markdown.ts; React hands a TrustedHTML on as it is.
      // oxlint-disable-next-line react/no-danger
      dangerouslySetInnerHTML={{ __html: drawn.html as string }}
    />
  );
}

function once(make: () => Promise<MarkdownRenderer>): () => Promise<MarkdownRenderer> {
  let made: Promise<MarkdownRenderer> | undefined;
  return () =>
    (made ??= make().catch((error: unknown) => {
      // The next text tries it again.
      made = undefined;
      throw error;
    }));
}
