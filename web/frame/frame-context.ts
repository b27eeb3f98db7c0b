import { createContext, useContext } from 'react';
import type { PageDefinition } from '../page.ts';

/** What the frame shows round the pages. */
export interface FrameParts {
  readonly pages: readonly PageDefinition[];
  readonly openPalette: () => void;
  readonly openKeys: () => void;
  /** Asks whether everything is to be paused, or to go on. */
  readonly askPause: () => void;
}

export const FrameContext = createContext<FrameParts | null>(null);

export function useFrame(): FrameParts {
  const frame = useContext(FrameContext);
  if (frame === null) throw new Error('outside of the dashboard');
  return frame;
}
