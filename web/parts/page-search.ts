import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback } from 'react';
import type { z } from 'zod';

/** What the address says behind its question mark, and how to change it: `undefined` takes a member out. */
export function usePageSearch<S extends object>(
  schema: z.ZodType<S>,
): readonly [S, (change: Partial<S>, options?: { readonly replace?: boolean }) => void] {
  const raw = useSearch({ strict: false });
  const navigate = useNavigate();
  const read = schema.safeParse(raw);
  const change = useCallback(
    (members: Partial<S>, { replace = false }: { readonly replace?: boolean } = {}) => {
      void navigate({
        to: '.',
        search: (before: object) => ({ ...before, ...members }),
        replace,
        resetScroll: false,
      });
    },
    [navigate],
  );
  return [read.success ? read.data : ({} as S), change];
}
