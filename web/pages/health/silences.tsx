import { Menu } from '@base-ui/react/menu';
import { BellOff, ChevronDown } from 'lucide-react';
import type { ReactNode } from 'react';
import type { SilenceLine } from '../../../src/operations/alerts/contract.ts';
import {
  createSilence,
  endSilence,
  listSilences,
} from '../../../src/operations/alerts/contract.ts';
import { useAct, useAsk } from '../../data/data.tsx';
import { useSession } from '../../data/session.tsx';
import { toApiError } from '../../data/to-api-error.ts';
import { sentence } from '../../parts/badge.tsx';
import { Button } from '../../parts/button.tsx';
import { menuItem, menuLandmark, menuPopup } from '../../parts/menu.tsx';
import { CorrelationId } from '../../parts/states.tsx';
import { Time } from '../../parts/time.tsx';
import { WithCode } from '../../parts/with-code.tsx';

const lengths: readonly { readonly word: string; readonly hours: number }[] = [
  { word: 'For an hour', hours: 1 },
  { word: 'For four hours', hours: 4 },
  { word: 'For a day', hours: 24 },
  { word: 'For a week', hours: 168 },
];

/** A button that asks for how long nobody is to be told. */
export function SilenceMenu({
  word,
  isBusy,
  onChoose,
}: {
  readonly word: string;
  readonly isBusy: boolean;
  readonly onChoose: (hours: number) => void;
}): ReactNode {
  return (
    <Menu.Root modal={false}>
      <Menu.Trigger
        disabled={isBusy}
        className="inline-flex h-8 items-center gap-1 rounded-6 border border-line bg-raised px-3 font-medium text-13 hover:bg-hover"
      >
        <BellOff aria-hidden size={14} />
        {word}
        <ChevronDown aria-hidden size={14} className="text-quiet" />
      </Menu.Trigger>
      <Menu.Portal render={menuLandmark('How long')}>
        <Menu.Positioner align="end" sideOffset={4} className="z-50">
          <Menu.Popup className={menuPopup}>
            {lengths.map(({ word: length, hours }) => (
              <Menu.Item key={hours} className={menuItem} onClick={() => onChoose(hours)}>
                {length}
              </Menu.Item>
            ))}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}

/** For planned work: nobody is told of anything, whatever begins meanwhile. */
export function MaintenanceMenu(): ReactNode {
  const { may } = useSession();
  const silence = useAct(createSilence);
  if (!may('alerts:write')) return null;
  return (
    <>
      <SilenceMenu
        word="Silence everything"
        isBusy={silence.isPending}
        onChoose={(hours) => silence.mutate({ hours })}
      />
      <Refusal error={silence.error} />
    </>
  );
}

/** What nobody is told of now, for how long and by whom; nothing while there is none. */
export function SilenceList(): ReactNode {
  const { data } = useAsk(listSilences, {}, { everyMs: 15_000, keep: true });
  if (data === undefined || data.items.length === 0) return null;
  return (
    <ul aria-label="Silences">
      {data.items.map((silence) => (
        <SilenceRow key={silence.id} silence={silence} />
      ))}
    </ul>
  );
}

function SilenceRow({ silence }: { readonly silence: SilenceLine }): ReactNode {
  const { may } = useSession();
  const end = useAct(endSilence);
  const { id, kind, subject, until, by, reason } = silence;
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 border-line border-t px-4 py-2 text-13">
      <BellOff aria-hidden size={14} className="shrink-0 text-quiet" />
      <p className="min-w-0 flex-1 basis-[260px]">
        Nobody is told of{' '}
        {kind === null ? 'any alert' : `alerts of the kind ${sentence(kind).toLowerCase()}`}
        {subject === null ? null : ` · ${subject}`}
        <span className="text-quiet">
          {' '}
          (ends <Time at={until} />, made by {by}){reason === null ? null : `: ${reason}`}
        </span>
      </p>
      {may('alerts:write') ? (
        <Button disabled={end.isPending} onClick={() => end.mutate({ id })}>
          Tell again
        </Button>
      ) : null}
      <Refusal error={end.error} />
    </li>
  );
}

function Refusal({ error: thrown }: { readonly error: unknown }): ReactNode {
  if (thrown === null) return null;
  const error = toApiError(thrown);
  return (
    <p role="alert" className="text-12 text-bad">
      <WithCode text={error.message} />{' '}
      {error.correlationId === null ? null : <CorrelationId id={error.correlationId} />}
    </p>
  );
}
