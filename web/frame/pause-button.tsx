import { CirclePause, CirclePlay } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button } from '../parts/button.tsx';
import { useFrame } from './frame-context.ts';
import { usePause } from './pause-dialog.tsx';

/** Says whether everything is paused, and asks whether that is to change. */
export function PauseButton(): ReactNode {
  const { isPaused, mayPause } = usePause();
  const { askPause } = useFrame();
  if (!mayPause) return null;
  const Icon = isPaused ? CirclePlay : CirclePause;
  const words = isPaused ? 'Everything is paused: go on' : 'Pause everything';
  return (
    <Button
      look={isPaused ? 'primary' : 'quiet'}
      square={!isPaused}
      icon={<Icon aria-hidden size={16} />}
      aria-label={words}
      title={words}
      aria-keyshortcuts="p"
      onClick={askPause}
    >
      {isPaused ? 'Paused' : null}
    </Button>
  );
}
