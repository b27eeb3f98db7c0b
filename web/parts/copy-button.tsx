import { Check, Copy } from 'lucide-react';
import type { ReactNode } from 'react';
import { useState } from 'react';
import { Button } from './button.tsx';

/** Takes a text into the clipboard and says that it did. */
export function CopyButton({
  text,
  what,
  word = 'Copy',
}: {
  readonly text: string;
  /** What is copied, for who does not see the icon: `the secret`. */
  readonly what: string;
  /** On the button. */
  readonly word?: string;
}): ReactNode {
  const [copied, setCopied] = useState(false);
  const Icon = copied ? Check : Copy;
  return (
    <Button
      icon={<Icon aria-hidden size={14} />}
      aria-label={copied ? `Copied: ${what}` : `${word}: ${what}`}
      onClick={() => {
        navigator.clipboard.writeText(text).then(
          () => setCopied(true),
          () => setCopied(false),
        );
      }}
    >
      {copied ? 'Copied' : word}
    </Button>
  );
}
