import type { ReactElement } from 'react';

/** Classes of every menu, so that they look alike; the parts are Base UI's. */
export const menuPopup =
  'min-w-[200px] max-w-[320px] rounded-6 border border-line bg-raised p-1 text-13 shadow-float outline-none transition-opacity duration-100 data-ending-style:opacity-0 data-starting-style:opacity-0';

export const menuItem =
  'flex h-8 cursor-default select-none items-center gap-2 rounded-3 px-2 outline-none data-highlighted:bg-hover';

export const menuNote = 'px-2 py-2 text-12 text-quiet';

export const menuLine = 'my-1 h-px bg-line';

/**
 * Where a menu, a choice or a note floats: a landmark of its own as long as it is open, because it stands at the end of the
 * document, outside of every other one. For `render` of Base UI's portals.
 */
export function menuLandmark(label: string): ReactElement {
  return <section aria-label={label} />;
}
