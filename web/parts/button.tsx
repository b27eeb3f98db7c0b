import { Button as BaseButton } from '@base-ui/react/button';
import type { ComponentProps, ReactNode } from 'react';
import { classNames } from './class-names.ts';
import { Key } from './key.tsx';

const looks = {
  primary: 'bg-accent-solid text-on-accent hover:bg-accent-solid-hover border-transparent',
  plain: 'bg-raised text-text border-line hover:bg-hover',
  quiet: 'bg-transparent text-quiet border-transparent hover:bg-hover hover:text-text',
  danger: 'bg-raised text-bad border-line hover:bg-bad-tint',
  destroy: 'bg-bad-solid text-on-accent border-transparent hover:brightness-90',
} as const;

export interface ButtonProps extends Omit<ComponentProps<typeof BaseButton>, 'className'> {
  readonly look?: keyof typeof looks;
  readonly icon?: ReactNode;
  /** The key that does the same, shown beside the words. */
  readonly hint?: string;
  /** Icon alone; `aria-label` then says what it does. */
  readonly square?: boolean;
  readonly className?: string;
}

export function Button({
  look = 'plain',
  icon,
  hint,
  square = false,
  className,
  children,
  ...rest
}: ButtonProps): ReactNode {
  return (
    <BaseButton
      type="button"
      {...rest}
      className={classNames(
        'inline-flex h-8 shrink-0 select-none items-center justify-center gap-2 whitespace-nowrap rounded-6 border text-13 font-medium',
        'transition-colors duration-100 data-disabled:cursor-not-allowed data-disabled:opacity-55',
        square ? 'w-8' : 'px-3',
        looks[look],
        className,
      )}
    >
      {icon}
      {children}
      {hint === undefined ? null : <Key onSolid={look === 'primary'}>{hint}</Key>}
    </BaseButton>
  );
}
