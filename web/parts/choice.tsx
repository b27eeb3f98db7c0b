import type { ReactNode } from 'react';
import { lazy, Suspense } from 'react';
import { type ChoiceProps, Chosen, choiceButton, wordOf } from './choice-face.tsx';
import { whenIdle } from './when-idle.ts';

const ChoiceMenu = lazy(() =>
  whenIdle(() => import('./choice-menu.tsx')).then(({ ChoiceMenu: View }) => ({ default: View })),
) as unknown as <T extends string>(props: ChoiceProps<T>) => ReactNode;

/** One of a few, in a menu. What it is set to stands there at once; the menu comes after the page. */
export function Choice<T extends string>(props: ChoiceProps<T>): ReactNode {
  return (
    <Suspense
      fallback={
        <span data-coming className={choiceButton}>
          <Chosen word={wordOf(props.choices, props.value)} />
        </span>
      }
    >
      <ChoiceMenu {...props} />
    </Suspense>
  );
}
