import { RotateCcw } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button } from '../../parts/button.tsx';
import { Checkbox, SelectField, TextArea, TextField } from '../../parts/field.tsx';
import { nullText, textOf } from './policy-draft.ts';
import type { PolicyField } from './policy-fields.ts';

/** One key of the policy: what is typed, what holds without it, and the way back to that. */
export function PolicyInput({
  field,
  text,
  leftOut,
  agents,
  error,
  isReadOnly,
  onChange,
}: {
  readonly field: PolicyField;
  /** Undefined: left out of the file. */
  readonly text: string | undefined;
  /** What holds when it is left out. */
  readonly leftOut: unknown;
  readonly agents: readonly string[];
  readonly error: string | undefined;
  readonly isReadOnly: boolean;
  readonly onChange: (text: string | undefined) => void;
}): ReactNode {
  const usual = inWords(field, leftOut);
  const isSet = text !== undefined;
  return (
    <div className={`border-l-2 pl-3 ${isSet ? 'border-accent' : 'border-transparent'}`}>
      <Control
        field={field}
        text={text}
        usual={usual}
        agents={agents}
        error={error}
        isReadOnly={isReadOnly}
        onChange={onChange}
      />
      <p className="mt-1 flex min-h-6 flex-wrap items-center gap-2 text-12 text-quiet">
        {isSet ? (
          <>
            <span>Left out: {usual}</span>
            {isReadOnly ? null : (
              <Button
                look="quiet"
                className="h-6 px-1 text-12"
                icon={<RotateCcw aria-hidden size={12} />}
                onClick={() => onChange(undefined)}
              >
                Leave it out
                <span className="sr-only">: {field.label}</span>
              </Button>
            )}
          </>
        ) : (
          <span>Not said here: {usual}</span>
        )}
      </p>
    </div>
  );
}

interface ControlParts {
  readonly field: PolicyField;
  readonly text: string | undefined;
  readonly usual: string;
  readonly agents: readonly string[];
  readonly error: string | undefined;
  readonly isReadOnly: boolean;
  readonly onChange: (text: string | undefined) => void;
}

function Control({
  field,
  text,
  usual,
  agents,
  error,
  isReadOnly,
  onChange,
}: ControlParts): ReactNode {
  const { label, about, sort, nullWord } = field;
  const frame = { label, about, error };
  switch (sort) {
    case 'switch':
      return (
        <Checkbox
          label={label}
          about={about}
          checked={text === 'true'}
          disabled={isReadOnly}
          onChange={({ target }) => onChange(target.checked ? 'true' : undefined)}
        />
      );
    case 'lines':
      return (
        <TextArea
          {...frame}
          mono
          rows={Math.min(8, Math.max(2, (text ?? '').split('\n').length))}
          spellCheck={false}
          readOnly={isReadOnly}
          value={text ?? ''}
          onChange={({ target }) => onChange(target.value === '' ? undefined : target.value)}
        />
      );
    case 'agent':
    case 'choice': {
      const known =
        sort === 'agent'
          ? agents.map((name) => ({ value: name, word: name }))
          : (field.choices ?? []);
      // What stands in the file is shown even when nobody knows it any more.
      const stray =
        text === undefined || text === nullText || known.some(({ value }) => value === text)
          ? []
          : [{ value: text, word: `${text} (not known)` }];
      return (
        <SelectField
          {...frame}
          disabled={isReadOnly}
          value={text ?? ''}
          onChange={({ target }) => onChange(target.value === '' ? undefined : target.value)}
        >
          <option value="">as everywhere: {usual}</option>
          {nullWord === undefined ? null : <option value={nullText}>{nullWord}</option>}
          {[...known, ...stray].map(({ value, word }) => (
            <option key={value} value={value}>
              {word}
            </option>
          ))}
        </SelectField>
      );
    }
    default:
      return (
        <TextField
          {...frame}
          label={field.unit === undefined ? label : `${label}, in ${field.unit}`}
          mono={sort === 'text'}
          inputMode={sort === 'count' ? 'numeric' : sort === 'money' ? 'decimal' : 'text'}
          placeholder={usual}
          readOnly={isReadOnly}
          value={text === nullText ? '' : (text ?? '')}
          onChange={({ target }) => onChange(target.value === '' ? undefined : target.value)}
        />
      );
  }
}

/** A value of the policy, for people. */
export function inWords(field: PolicyField, value: unknown): string {
  if (value === null || value === undefined) return field.nullWord ?? 'none';
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.join(', ');
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  const word = field.choices?.find((one) => one.value === value)?.word;
  const text = word ?? textOf(field, value);
  return field.sort === 'money' ? `$${text}` : text;
}
