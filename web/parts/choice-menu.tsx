import { Select } from '@base-ui/react/select';
import { Check } from 'lucide-react';
import type { ReactNode } from 'react';
import { type ChoiceProps, Chosen, choiceButton, wordOf } from './choice-face.tsx';
import { classNames } from './class-names.ts';
import { menuItem, menuLandmark, menuPopup } from './menu.tsx';

/** The choice itself, with what can be chosen. */
export function ChoiceMenu<T extends string>({
  label,
  value,
  choices,
  onChoose,
}: ChoiceProps<T>): ReactNode {
  return (
    <Select.Root
      value={value}
      onValueChange={(chosen) => {
        if (chosen !== null) onChoose(chosen);
      }}
      modal={false}
    >
      <Select.Trigger
        aria-label={`${label}: ${wordOf(choices, value)}`}
        className={classNames(choiceButton, 'hover:bg-hover')}
      >
        <Chosen word={wordOf(choices, value)} />
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
