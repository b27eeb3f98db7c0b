import type { ReactNode } from 'react';
import { WithCode } from './with-code.tsx';

/** What went wrong with a form as a whole. */
export function FormError({
  error,
}: {
  readonly error: { readonly message: string; readonly next: string | null } | null;
}): ReactNode {
  if (error === null) return null;
  return (
    <p role="alert" className="rounded-6 bg-bad-tint px-3 py-2 text-13 text-bad">
      <WithCode text={`${error.message} ${error.next ?? ''}`} />
    </p>
  );
}
