import type { ChangeEventHandler, ComponentProps, ReactNode } from 'react';
import { useId } from 'react';
import { classNames } from './class-names.ts';
import { firstCharacters } from './first-characters.ts';
import { WithCode } from './with-code.tsx';

const box =
  'w-full rounded-6 border bg-raised px-3 text-14 text-text placeholder:text-quiet focus-visible:outline-offset-0';

interface FieldFrame {
  readonly label: string;
  /** Shown under the label: what is wanted, in which form. */
  readonly about?: ReactNode;
  /** What is wrong with it; beside the field and read out with it. */
  readonly error?: string | null | undefined;
}

function Frame({
  id,
  label,
  about,
  error,
  children,
}: FieldFrame & { readonly id: string; readonly children: ReactNode }): ReactNode {
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id} className="text-13 font-medium">
        {label}
      </label>
      {about === undefined ? null : (
        <p id={`${id}-about`} className="text-12 text-quiet">
          {about}
        </p>
      )}
      {children}
      {error ? (
        <p id={`${id}-error`} role="alert" className="text-12 text-bad">
          <WithCode text={error} />
        </p>
      ) : null}
    </div>
  );
}

function described(id: string, { about, error }: FieldFrame): object {
  const ids = [about === undefined ? '' : `${id}-about`, error ? `${id}-error` : ''].filter(
    Boolean,
  );
  return {
    ...(ids.length === 0 ? {} : { 'aria-describedby': ids.join(' ') }),
    ...(error ? { 'aria-invalid': true } : {}),
  };
}

interface ControlFrame extends FieldFrame {
  /** For what is code: names, keys, patterns. */
  readonly mono?: boolean;
  /** Characters at most, as the service counts them; `maxLength` of HTML counts a sign such as an emoji twice. */
  readonly most?: number;
}

/** Takes what is over the limit away again before anybody hears of the change. */
function limited<Box extends HTMLInputElement | HTMLTextAreaElement>(
  most: number | undefined,
  onChange: ChangeEventHandler<Box> | undefined,
): ChangeEventHandler<Box> | undefined {
  if (most === undefined) return onChange;
  return (event) => {
    const { currentTarget } = event;
    const short = firstCharacters(currentTarget.value, most);
    if (short !== currentTarget.value) currentTarget.value = short;
    onChange?.(event);
  };
}

/** What a box to write in has, whether of one line or of many. */
function control(id: string, frame: ControlFrame, size: string): object {
  return {
    ...described(id, frame),
    id,
    className: classNames(
      box,
      size,
      frame.mono === true && 'font-mono text-13',
      frame.error ? 'border-bad' : 'border-line-strong',
    ),
  };
}

export function TextField({
  label,
  about,
  error,
  mono = false,
  most,
  onChange,
  ...rest
}: ControlFrame & Omit<ComponentProps<'input'>, 'id' | 'about' | 'maxLength'>): ReactNode {
  const id = useId();
  const frame = { label, about, error };
  return (
    <Frame id={id} {...frame}>
      <input
        {...rest}
        {...control(id, { ...frame, mono }, 'h-9')}
        onChange={limited(most, onChange)}
      />
    </Frame>
  );
}

export function TextArea({
  label,
  about,
  error,
  mono = false,
  most,
  onChange,
  ...rest
}: ControlFrame & Omit<ComponentProps<'textarea'>, 'id' | 'about' | 'maxLength'>): ReactNode {
  const id = useId();
  const frame = { label, about, error };
  return (
    <Frame id={id} {...frame}>
      <textarea
        {...rest}
        {...control(id, { ...frame, mono }, 'py-2')}
        onChange={limited(most, onChange)}
      />
    </Frame>
  );
}

/** One of a few, in the browser's own menu, for forms. */
export function SelectField({
  label,
  about,
  error,
  ...rest
}: FieldFrame & Omit<ComponentProps<'select'>, 'id' | 'about'>): ReactNode {
  const id = useId();
  const frame = { label, about, error };
  return (
    <Frame id={id} {...frame}>
      <select {...rest} {...control(id, frame, 'h-9')} />
    </Frame>
  );
}

export function Checkbox({
  label,
  about,
  ...rest
}: {
  readonly label: ReactNode;
  readonly about?: ReactNode;
} & Omit<ComponentProps<'input'>, 'id' | 'type' | 'about'>): ReactNode {
  const id = useId();
  return (
    <div className="flex items-start gap-2">
      <input
        {...rest}
        id={id}
        type="checkbox"
        className="mt-[3px] size-[14px] shrink-0 accent-accent-solid"
        {...(about === undefined ? {} : { 'aria-describedby': `${id}-about` })}
      />
      <div>
        <label htmlFor={id} className="text-13">
          {label}
        </label>
        {about === undefined ? null : (
          <p id={`${id}-about`} className="text-12 text-quiet">
            {about}
          </p>
        )}
      </div>
    </div>
  );
}
