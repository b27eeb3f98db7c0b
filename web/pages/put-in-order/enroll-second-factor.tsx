import { startRegistration } from '@simplewebauthn/browser';
import { useMutation } from '@tanstack/react-query';
import { KeyRound, Smartphone } from 'lucide-react';
import type { ReactNode } from 'react';
import { useState } from 'react';
import {
  beginPasskey,
  beginTotp,
  confirmTotp,
  finishPasskey,
} from '../../../src/operations/account/contract.ts';
import { useAct, useData } from '../../data/data.tsx';
import { passkeyError } from '../../data/passkey-error.ts';
import { toApiError } from '../../data/to-api-error.ts';
import { Alone } from '../../frame/alone.tsx';
import { Button } from '../../parts/button.tsx';
import { TextField } from '../../parts/field.tsx';
import { FormError } from '../../parts/form-error.tsx';
import { QrCode } from './qr-code.tsx';

/** A code generator or a passkey, whichever the person has at hand. */
export function EnrollSecondFactor({
  onCodes,
  onDone,
}: {
  /** The recovery codes are on the screen: they are shown once and must not be swept away. */
  readonly onCodes: () => void;
  readonly onDone: () => void;
}): ReactNode {
  const { client } = useData();
  const [codes, setCodes] = useState<readonly string[] | null>(null);
  const begin = useAct(beginTotp);
  const passkey = useMutation({
    mutationFn: async () => {
      const { challenge, options } = await client.call(beginPasskey, {});
      const answer = await startRegistration({ optionsJSON: options as never });
      return client.call(finishPasskey, { challenge, name: 'Passkey', answer: answer as never });
    },
    onSuccess: onDone,
  });
  if (codes !== null) return <RecoveryCodes codes={codes} onDone={onDone} />;
  if (begin.data !== undefined) {
    return (
      <ConfirmCode
        uri={begin.data.uri}
        secret={begin.data.key}
        onConfirmed={(made) => {
          setCodes(made);
          onCodes();
        }}
      />
    );
  }
  const error =
    passkey.error === null
      ? begin.error === null
        ? null
        : toApiError(begin.error)
      : passkeyError(passkey.error);
  return (
    <Alone
      title="Add a second factor"
      about="This service asks everybody for something beside the password."
    >
      <FormError error={error} />
      <Button
        look="primary"
        className="h-9"
        icon={<Smartphone aria-hidden size={15} />}
        disabled={begin.isPending}
        onClick={() => begin.mutate({})}
      >
        Use a code generator
      </Button>
      <Button
        className="h-9"
        icon={<KeyRound aria-hidden size={15} />}
        disabled={passkey.isPending}
        onClick={() => passkey.mutate()}
      >
        Use a passkey
      </Button>
    </Alone>
  );
}

function ConfirmCode({
  uri,
  secret,
  onConfirmed,
}: {
  readonly uri: string;
  readonly secret: string;
  readonly onConfirmed: (recoveryCodes: readonly string[]) => void;
}): ReactNode {
  const [code, setCode] = useState('');
  const [isMissing, setIsMissing] = useState(false);
  const act = useAct(confirmTotp);
  const error = act.error === null ? null : toApiError(act.error);
  return (
    <Alone title="Code generator" about="Scan this with the app, then type the code it shows.">
      <QrCode text={uri} label="QR code with the key of the code generator" />
      <p className="text-12 text-quiet">
        Or type the key: <code className="break-all text-text">{secret}</code>
      </p>
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          setIsMissing(code.trim() === '');
          if (code.trim() === '') return;
          act.mutate(
            { code: code.replaceAll(' ', '') },
            { onSuccess: ({ recoveryCodes }) => onConfirmed(recoveryCodes) },
          );
        }}
      >
        <TextField
          label="Code"
          mono
          inputMode="numeric"
          autoComplete="one-time-code"
          value={code}
          error={isMissing ? 'Type the code that the app shows.' : null}
          onChange={(event) => setCode(event.target.value)}
        />
        <FormError error={error} />
        <Button look="primary" type="submit" className="h-9" disabled={act.isPending}>
          Go on
        </Button>
      </form>
    </Alone>
  );
}

function RecoveryCodes({
  codes,
  onDone,
}: {
  readonly codes: readonly string[];
  readonly onDone: () => void;
}): ReactNode {
  return (
    <Alone
      title="Recovery codes"
      about="Each works once, when the code generator is not at hand. They are shown only now: keep them."
    >
      <ul className="grid grid-cols-2 gap-x-6 gap-y-1 rounded-6 border border-line bg-sunken p-4 font-mono text-13">
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <Button onClick={() => void navigator.clipboard.writeText(codes.join('\n'))}>Copy</Button>
      <Button look="primary" className="h-9" onClick={onDone}>
        I have kept them
      </Button>
    </Alone>
  );
}
