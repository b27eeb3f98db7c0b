import { isPlaceholder } from './not-a-secret.ts';

/** A kind of secret that is known by its whole shape. */
export interface ShapeFormat {
  readonly kind: string;
  /** Stands in every such secret; a text without it is not searched. */
  readonly holds: string;
  /** True of every text with such a secret, and known sooner than by the pattern. */
  readonly hint?: (text: string) => boolean;
  /** Group 1, where there is one, is the secret; else the whole match. Every repetition is bounded. */
  readonly pattern: RegExp;
  readonly leave?: (secret: string) => boolean;
}

export const shapeFormats: readonly ShapeFormat[] = [
  {
    kind: 'discord-token',
    holds: '.',
    hint: (text) => hasPoints(text, 7),
    pattern: /(?<![A-Za-z0-9_-])[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,40}/g,
  },
  {
    kind: 'telegram-token',
    holds: ':AA',
    pattern: /(?<![0-9])[0-9]{8,10}:AA[A-Za-z0-9_-]{33}(?![A-Za-z0-9_-])/g,
  },
  {
    kind: 'newrelic-key',
    holds: 'NRAL',
    pattern: /(?<![0-9A-Za-z])[0-9a-f]{36}(?:FF)?NRAL(?![A-Za-z0-9])/g,
  },
  {
    kind: 'mailchimp-key',
    holds: '-us',
    pattern: /(?<![0-9a-f])[0-9a-f]{32}-us[0-9]{1,2}(?![0-9])/g,
  },
  {
    kind: 'azure-client-secret',
    holds: 'Q~',
    pattern: /(?<![A-Za-z0-9_~.-])[A-Za-z0-9_~.-]{3}[0-9]Q~[A-Za-z0-9_~.-]{31,34}/g,
  },
  {
    kind: 'terraform-token',
    holds: '.atlasv1.',
    pattern: /(?<![A-Za-z0-9])[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9=_-]{60,80}/g,
  },
  {
    kind: 'azure-devops-token',
    holds: 'AZDO',
    pattern: /(?<![A-Za-z0-9])[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}(?![A-Za-z0-9])/g,
  },
  {
    kind: 'driver-password',
    holds: '@tcp(',
    pattern: /(?<![A-Za-z0-9_.-])[A-Za-z0-9_.-]{1,64}:([^\s:@/"'\\]{4,256})@tcp\(/g,
    leave: isPlaceholder,
  },
];

/** Whether two points stand at this distance. */
function hasPoints(text: string, distance: number): boolean {
  for (let at = text.indexOf('.'); at !== -1; at = text.indexOf('.', at + 1))
    if (text[at + distance] === '.') return true;
  return false;
}
