import { startAuthentication } from '@simplewebauthn/browser';
import { useMutation } from '@tanstack/react-query';
import type { SignedIn } from '../../../src/operations/sessions/contract.ts';
import { passkeyOptions, signInPasskey } from '../../../src/operations/sessions/contract.ts';
import { useData } from '../../data/data.tsx';
import { passkeyError } from '../../data/passkey-error.ts';
import type { ShownError } from '../../data/to-api-error.ts';

/** Signs in with a passkey that the browser or a key of the person holds. */
export function usePasskeySignIn(onSignedIn: (answer: SignedIn) => void): {
  readonly start: () => void;
  readonly isPending: boolean;
  readonly error: ShownError | null;
} {
  const { client } = useData();
  const act = useMutation({
    mutationFn: async () => {
      const { challenge, options } = await client.call(passkeyOptions, {});
      const answer = await startAuthentication({ optionsJSON: options as never });
      return client.call(signInPasskey, { challenge, answer: answer as never });
    },
    onSuccess: onSignedIn,
  });
  return {
    start: () => act.mutate(),
    isPending: act.isPending,
    error: act.error === null ? null : passkeyError(act.error),
  };
}
