import { ChevronDown } from 'lucide-react';
import type { ReactNode } from 'react';

export interface ChoiceProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly choices: readonly { readonly value: T; readonly word: string }[];
  readonly onChoose: (value: T) => void;
}

/** Classes of what shows what is chosen, and opens the menu. */
export const choiceButton =
  'flex h-8 items-center gap-1 rounded-6 border border-line bg-raised px-2 text-13';

/** What stands inside of it. */
export function Chosen({ word }: { readonly word: string }): ReactNode {
  return (
    <>
      {word}
      <ChevronDown aria-hidden size={14} className="text-quiet" />
    </>
  );
}

export function wordOf<T extends string>(choices: ChoiceProps<T>['choices'], value: T): string {
  return choices.find((one) => one.value === value)?.word ?? value;
}
