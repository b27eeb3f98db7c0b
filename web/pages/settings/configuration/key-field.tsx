import { Lock, RotateCcw, Undo2 } from 'lucide-react';
import type { ReactNode } from 'react';
import type { Remark, showConfiguration } from '../../../../src/operations/config/contract.ts';
import { Badge } from '../../../parts/badge.tsx';
import { Button } from '../../../parts/button.tsx';
import { Choice } from '../../../parts/choice.tsx';
import { classNames } from '../../../parts/class-names.ts';
import { Checkbox, TextArea, TextField } from '../../../parts/field.tsx';
import { WithCode } from '../../../parts/with-code.tsx';
import { boxText } from './draft.ts';
import type { FieldKind } from './field-kind.ts';

export type ConfigKey = (typeof showConfiguration)['output']['_output']['keys'][number];

/** One key: its box, what it means, where its value comes from, and what is wrong with it. */
export function KeyField({
  of: one,
  kind,
  typed,
  isChanged,
  mayWrite,
  fault,
  remarks,
  onType,
  onUndo,
  onDefault,
}: {
  readonly of: ConfigKey;
  readonly kind: FieldKind;
  /** What was typed; undefined while nothing was, or when its default is to hold again. */
  readonly typed: string | undefined;
  readonly isChanged: boolean;
  readonly mayWrite: boolean;
  /** Why it would be refused. */
  readonly fault: string | null;
  /** What else is to be said about it. */
  readonly remarks: readonly Remark[];
  readonly onType: (text: string) => void;
  readonly onUndo: () => void;
  readonly onDefault: () => void;
}): ReactNode {
  const { key, source, restart, editable } = one;
  const isOpen = editable && mayWrite;
  const isDefault = isChanged && typed === undefined;
  const text = typed ?? boxText(kind, isDefault ? one.default : one.value);
  return (
    <div
      id={`key-${key}`}
      className={classNames(
        'flex flex-col gap-1 border-line border-b px-4 py-4',
        isChanged && 'bg-selected/50',
      )}
    >
      {isOpen ? (
        <Box of={one} kind={kind} text={text} fault={fault} onType={onType} />
      ) : (
        <Closed of={one} text={text} />
      )}
      {remarks.map(({ code, message }) => (
        <p key={code} className="text-12 text-warn">
          <WithCode text={message} />
        </p>
      ))}
      <div className="flex min-h-6 flex-wrap items-center gap-x-3 gap-y-1 text-12 text-quiet">
        {source === 'default' ? null : <span>{sourceWords(source)}</span>}
        <span className="max-w-full truncate">default {defaultWords(one.default)}</span>
        {restart ? <Badge tone="warn">from the next start on</Badge> : null}
        {isOpen ? null : (
          <span className="inline-flex items-center gap-1">
            <Lock aria-hidden size={12} />
            {editable ? 'an admin can change it' : 'in the file only'}
          </span>
        )}
        <span className="ml-auto flex gap-1">
          {isChanged ? (
            <Button
              look="quiet"
              className="h-6!"
              icon={<Undo2 aria-hidden size={13} />}
              aria-label={`Take back the change of ${key}`}
              onClick={onUndo}
            >
              Take back
            </Button>
          ) : null}
          {isOpen && source === 'file' && !isDefault ? (
            <Button
              look="quiet"
              className="h-6!"
              icon={<RotateCcw aria-hidden size={13} />}
              aria-label={`Use the default for ${key}`}
              onClick={onDefault}
            >
              Use the default
            </Button>
          ) : null}
        </span>
      </div>
    </div>
  );
}

function Box({
  of: { key, description },
  kind,
  text,
  fault,
  onType,
}: {
  readonly of: ConfigKey;
  readonly kind: FieldKind;
  readonly text: string;
  readonly fault: string | null;
  readonly onType: (text: string) => void;
}): ReactNode {
  const about = (more = ''): ReactNode => <WithCode text={`${description}${more}`} />;
  const frame = { label: key, about: about(), error: fault };
  switch (kind.kind) {
    case 'truth':
      return (
        <>
          <Checkbox
            label={<span className="font-medium">{key}</span>}
            about={about()}
            checked={text === 'true'}
            onChange={({ target }) => onType(String(target.checked))}
          />
          {fault === null ? null : (
            <p role="alert" className="text-12 text-bad">
              <WithCode text={fault} />
            </p>
          )}
        </>
      );
    case 'choice':
      return (
        <div className="flex flex-col gap-1">
          <p className="font-medium text-13">{key}</p>
          <p className="text-12 text-quiet">{about()}</p>
          <div>
            <Choice
              label={key}
              value={text}
              choices={[
                ...(kind.mayBeNull ? [{ value: '', word: 'not set' }] : []),
                ...kind.choices.map((value) => ({ value, word: value })),
              ]}
              onChoose={onType}
            />
          </div>
          {fault === null ? null : (
            <p role="alert" className="text-12 text-bad">
              <WithCode text={fault} />
            </p>
          )}
        </div>
      );
    case 'lines':
    case 'json':
      return (
        <TextArea
          {...frame}
          about={about(kind.kind === 'lines' ? ' One a line.' : ' As JSON.')}
          mono
          spellCheck={false}
          rows={Math.min(14, Math.max(2, text.split('\n').length))}
          value={text}
          onChange={({ target }) => onType(target.value)}
        />
      );
    case 'number':
      return (
        <TextField
          {...frame}
          about={about(kind.range === null ? '' : ` ${kind.range}.`)}
          inputMode="decimal"
          autoComplete="off"
          value={text}
          onChange={({ target }) => onType(target.value)}
        />
      );
    case 'text':
      return (
        <TextField
          {...frame}
          autoComplete="off"
          spellCheck={false}
          value={text}
          onChange={({ target }) => onType(target.value)}
        />
      );
  }
}

function Closed({
  of: { key, description },
  text,
}: {
  readonly of: ConfigKey;
  readonly text: string;
}): ReactNode {
  return (
    <div className="flex flex-col gap-1">
      <p className="font-medium text-13">{key}</p>
      <p className="text-12 text-quiet">
        <WithCode text={description} />
      </p>
      <pre className="max-h-[160px] overflow-hidden whitespace-pre-wrap break-all font-mono text-12">
        {text === '' || text === 'null' ? <span className="text-quiet">not set</span> : text}
      </pre>
    </div>
  );
}

function sourceWords(source: string): string {
  switch (source) {
    case 'file':
      return 'set in the file';
    case 'environment':
      return 'set by the environment, which goes over the file';
    case 'flag':
      return 'set on the command line, which goes over the file';
    default:
      return source;
  }
}

function defaultWords(value: unknown): string {
  if (value === undefined || value === null || value === '') return 'none';
  if (Array.isArray(value) && value.length === 0) return 'none';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
