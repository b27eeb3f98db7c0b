import { isPlaceholder, looksStrong } from './not-a-secret.ts';

/** A kind of secret that is known by its whole shape, though what stands at its beginning may be anything. */
export interface ShapeFormat {
  readonly kind: string;
  /** What stands in every such secret, each at least three characters. */
  readonly holds: readonly string[];
  /** Matches from there; group 1, in a look behind, is what of the secret stands before. Sticky, every repetition bounded. */
  readonly pattern: RegExp;
  /** Where the secret ends before what it is known by. */
  readonly endsThere?: boolean;
  readonly leave?: (secret: string) => boolean;
}

const digits = [...'0123456789'];
const strokes = digits.flatMap((one) =>
  digits.flatMap((two) => [`${one}${two}|`, `${one}${two}%7C`]),
);

export const shapeFormats: readonly ShapeFormat[] = [
  {
    kind: 'telegram-token',
    holds: digits.map((digit) => `${digit}:A`),
    pattern: /(?<=(?<![0-9])([0-9]{4,15}))[0-9]:A[A-Za-z0-9_-]{34}(?![A-Za-z0-9_-])/y,
  },
  {
    kind: 'newrelic-key',
    holds: ['NRAL'],
    pattern: /(?<=(?<![0-9A-Za-z])([0-9a-f]{36}(?:FF)?))NRAL(?![A-Za-z0-9])/y,
  },
  {
    kind: 'mailchimp-key',
    holds: ['-us'],
    pattern: /(?<=(?<![0-9a-f])([0-9a-f]{32}))-us[0-9]{1,2}(?![0-9])/y,
  },
  {
    kind: 'azure-client-secret',
    holds: digits.map((digit) => `${digit}Q~`),
    pattern: /(?<=(?<![A-Za-z0-9_~.-])([A-Za-z0-9_~.-]{3}))[0-9]Q~[A-Za-z0-9_~.-]{31,34}/y,
  },
  {
    kind: 'terraform-token',
    holds: ['.atlasv1.'],
    pattern: /(?<=(?<![A-Za-z0-9])([A-Za-z0-9]{14}))\.atlasv1\.[A-Za-z0-9=_-]{60,80}/y,
  },
  {
    kind: 'azure-devops-token',
    holds: ['AZDO'],
    pattern:
      /(?=AZDO[A-Za-z0-9]{4}(?![A-Za-z0-9]))(?<=(?<![A-Za-z0-9])([A-Za-z0-9]{76}))AZDO[A-Za-z0-9]{4}/y,
  },
  {
    kind: 'newrelic-key',
    holds: ['-NRMA'],
    pattern: /(?<=(?<![0-9A-Za-z])((?:AA|eu01xx)[0-9a-f]{36,40}))-NRMA(?![A-Za-z0-9])/y,
  },
  {
    kind: 'maxmind-key',
    holds: ['_mmk'],
    pattern: /(?<=(?<![A-Za-z0-9])([A-Za-z0-9]{6}_[A-Za-z0-9]{29}))_mmk(?![A-Za-z0-9])/y,
  },
  {
    // Azure marks the keys of its services with letters of their own.
    kind: 'azure-key',
    holds: ['+ACR', '+ASt', '+AEh', '+ASb', '+ARm', 'ACDb', 'AzFu', 'AzSe', 'APIM', 'AIoT', 'AzCa'],
    pattern:
      /(?!.{4}[A-Za-z0-9+/]{9})(?=.{4}[A-Za-z0-9+/]{5,8}={0,2}(?![A-Za-z0-9+/=]))(?<=(?<![A-Za-z0-9+/])([A-Za-z0-9+/]{32,80}))(?:\+ACR|\+ASt|\+AEh|\+ASb|\+ARm|ACDb|AzFu|AzSe|APIM|AIoT|AzCa)[A-Za-z0-9+/]{5,8}={0,2}(?![A-Za-z0-9+/=])/y,
  },
  {
    kind: 'azure-key',
    holds: ['JQQJ99'],
    pattern: /(?<=(?<![A-Za-z0-9])([A-Za-z0-9]{52}))JQQJ99[A-Za-z0-9]{26}(?![A-Za-z0-9])/y,
  },
  {
    kind: 'authress-key',
    holds: ['.acc_', '.acc-'],
    pattern:
      /(?<=(?<![A-Za-z0-9_])((?:sc|ext|scauth|authress)_[a-z0-9]{5,30}\.[a-z0-9]{4,6}))\.acc[_-][a-z0-9-]{10,32}\.[A-Za-z0-9+/_=-]{30,120}/y,
  },
  {
    // The number of an application, a stroke, its secret.
    kind: 'facebook-token',
    holds: strokes,
    pattern:
      /(?<=(?<![0-9])([0-9]{13,14}))[0-9]{2}(?:\||%7C)[A-Za-z0-9_-]{26,40}(?![A-Za-z0-9_-])/y,
    leave: (secret) => !secret.slice(16).split(/[_-]/).some(looksStrong),
  },
  {
    kind: 'driver-password',
    holds: ['@tcp('],
    pattern: /(?<=(?<![A-Za-z0-9_.-])[A-Za-z0-9_.-]{1,64}:([^\s:@/"'\\]{4,256}))@tcp\(/y,
    endsThere: true,
    leave: isPlaceholder,
  },
];
