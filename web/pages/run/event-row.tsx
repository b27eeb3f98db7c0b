import type { LucideIcon } from 'lucide-react';
import {
  Ban,
  CircleDollarSign,
  Flag,
  MessageSquare,
  Play,
  RotateCw,
  Terminal,
  Wrench,
} from 'lucide-react';
import type { ReactNode } from 'react';
import { useState } from 'react';
import { refusalWords } from '../../../src/domain/egress-refusal.ts';
import type { RunEvent } from '../../../src/operations/runs/contract.ts';
import { classNames } from '../../parts/class-names.ts';
import { formatCount, formatDuration, formatExact, formatMoney } from '../../parts/format.ts';

interface Look {
  readonly icon: LucideIcon;
  readonly tone: string;
  readonly body: ReactNode;
}

/** A message or an output that is longer is folded at first. */
const foldAbove = 600;

/** One event of an agent: messages in full, a tool as one line. */
export function EventRow({
  event: { at, event },
  startedAt,
}: {
  readonly event: RunEvent;
  readonly startedAt: string;
}): ReactNode {
  const { icon: Icon, tone, body } = lookOf(event);
  const sinceStart = new Date(at).getTime() - new Date(startedAt).getTime();
  return (
    <div className="flex gap-3 border-line border-b px-4 py-[6px] text-13">
      <time
        dateTime={at}
        title={formatExact(new Date(at))}
        className="w-[76px] shrink-0 text-right text-12 leading-5 text-quiet"
      >
        {formatDuration(sinceStart)}
      </time>
      <Icon aria-hidden size={14} className={classNames('mt-[3px] shrink-0', tone)} />
      <div className="min-w-0 flex-1">{body}</div>
    </div>
  );
}

function lookOf(event: RunEvent['event']): Look {
  switch (event.type) {
    case 'started': {
      const model = textOf(event['model']);
      return {
        icon: Play,
        tone: 'text-busy',
        body: model === '' ? 'Started' : `Started with ${model}`,
      };
    }
    case 'message':
      return {
        icon: MessageSquare,
        tone: 'text-accent',
        body: <Long text={textOf(event['text'])} className="whitespace-pre-wrap break-words" />,
      };
    case 'tool':
    case 'tool_denied': {
      const isDenied = event.type === 'tool_denied';
      return {
        icon: isDenied ? Ban : Wrench,
        tone: isDenied ? 'text-warn' : 'text-quiet',
        body: (
          <p className="flex min-w-0 gap-2">
            <span className="shrink-0 font-medium">
              {textOf(event['name'])}
              {isDenied ? ' was denied' : ''}
            </span>
            <code className="min-w-0 flex-1 truncate text-12 leading-5 text-quiet">
              {textOf(event['detail'])}
            </code>
          </p>
        ),
      };
    }
    case 'egress_refused':
      return { icon: Ban, tone: 'text-warn', body: refusalWords(event) };
    case 'retrying':
      return { icon: RotateCw, tone: 'text-warn', body: `Tries again: ${textOf(event['reason'])}` };
    case 'usage':
      return { icon: CircleDollarSign, tone: 'text-quiet', body: <Usage usage={event['usage']} /> };
    case 'output':
      return {
        icon: Terminal,
        tone: event['stream'] === 'stderr' ? 'text-warn' : 'text-quiet',
        body: (
          <Long
            text={textOf(event['text'])}
            className="whitespace-pre-wrap break-words font-mono text-12 leading-5"
          />
        ),
      };
    case 'ended':
      return { icon: Flag, tone: 'text-busy', body: <Ended end={event['end']} /> };
    default:
      return {
        icon: Terminal,
        tone: 'text-quiet',
        body: <code className="break-words text-12">{JSON.stringify(event)}</code>,
      };
  }
}

function Long({
  text,
  className,
}: {
  readonly text: string;
  readonly className: string;
}): ReactNode {
  const [isOpen, setIsOpen] = useState(text.length <= foldAbove);
  return (
    <div className={className}>
      {isOpen ? text : `${text.slice(0, foldAbove)}…`}
      {isOpen ? null : (
        <button
          type="button"
          className="ml-2 font-sans text-accent underline"
          onClick={() => setIsOpen(true)}
        >
          all {formatCount(text.length)} characters
        </button>
      )}
    </div>
  );
}

function Usage({ usage }: { readonly usage: unknown }): ReactNode {
  const { inputTokens, outputTokens, costUsd } = (usage ?? {}) as Record<string, unknown>;
  return (
    <span className="text-quiet">
      {formatCount(Number(inputTokens ?? 0))} tokens in, {formatCount(Number(outputTokens ?? 0))}{' '}
      out
      {typeof costUsd === 'number' ? `, ${formatMoney(costUsd)} so far` : ''}
    </span>
  );
}

function Ended({ end }: { readonly end: unknown }): ReactNode {
  const { kind, message } = (end ?? {}) as Record<string, unknown>;
  return (
    <>
      <p className="font-medium">The agent ended: {textOf(kind).replaceAll('_', ' ')}</p>
      <Long text={textOf(message)} className="whitespace-pre-wrap break-words" />
    </>
  );
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
