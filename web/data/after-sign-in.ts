import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useCallback } from 'react';
import { isOwnAddress } from './own-address.ts';

/** Forgets what was read as somebody else, and goes where the person wanted to go; only to an address of ours. */
export function useAfterSignIn(): (next: string | undefined) => Promise<void> {
  const queries = useQueryClient();
  const navigate = useNavigate();
  return useCallback(
    async (next) => {
      queries.clear();
      await navigate({ href: isOwnAddress(next) ? next : '/inbox', replace: true });
    },
    [queries, navigate],
  );
}
