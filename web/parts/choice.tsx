import { Select } from '@base-ui/react/select';
import { Check, ChevronDown } from 'lucide-react';
import type { ReactNode } from 'react';
import { menuItem, menuLandmark, menuPopup } from './menu.tsx';

/** One of a few, in a menu. */
export function Choice<T extends string>({
  label,
  value,
  choices,
  onChoose,
}: {
  readonly label: string;
  readonly value: T;
  readonly choices: readonly { readonly value: T; readonly word: string }[];
  readonly onChoose: (value: T) => void;
}): ReactNode {
  const word = choices.find((one) => one.value === value)?.word ?? value;
  return (
    <Select.Root
      value={value}
      onValueChange={(chosen) => {
        if (chosen !== null) onChoose(chosen);
      }}
      modal={false}
    >
      <Select.Trigger
        aria-label={`${label}: ${word}`}
        className="flex h-8 items-center gap-1 rounded-6 border border-line bg-raised px-2 text-13 hover:bg-hover"
      >
        {word}
        <ChevronDown aria-hidden size={14} className="text-quiet" />
      </Select.Trigger>
      <Select.Portal render={menuLandmark(label)}>
        <Select.Positioner alignItemWithTrigger={false} sideOffset={4} className="z-50">
          <Select.Popup className={menuPopup}>
            {choices.map((one) => (
              <Select.Item key={one.value} value={one.value} className={menuItem}>
                <Select.ItemText className="flex-1">{one.word}</Select.ItemText>
                <Select.ItemIndicator>
                  <Check aria-hidden size={14} />
                </Select.ItemIndicator>
              </Select.Item>
            ))}
          </Select.Popup>
        </Select.Positioner>
      </Select.Portal>
    </Select.Root>
  );
}
