import { Search } from 'lucide-react';
import type { ReactNode } from 'react';
import { Key } from '../parts/key.tsx';
import { useFrame } from './frame-context.ts';

/** Opens search and commands; Ctrl K or Cmd K does the same. */
export function OpenPalette(): ReactNode {
  const { openPalette } = useFrame();
  return (
    <button
      type="button"
      onClick={openPalette}
      aria-keyshortcuts="Control+K Meta+K"
      className="flex h-8 items-center gap-2 rounded-6 border border-transparent px-2 text-13 text-quiet hover:bg-hover hover:text-text md:border-line md:pr-1"
    >
      <Search aria-hidden size={15} />
      <span className="sr-only md:not-sr-only">Search</span>
      <span className="hidden md:inline-flex">
        <Key>Ctrl K</Key>
      </span>
    </button>
  );
}
