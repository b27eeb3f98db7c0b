/** A kind of secret that is known by the words before it. */
export interface ContextFormat {
  readonly kind: string;
  /** How those words may begin, in lower case, at least three characters each. */
  readonly starts: readonly string[];
  /** From that beginning on; sticky, every repetition bounded. Group 1 is the secret. */
  readonly pattern: RegExp;
  /** What is left alone though it matches, `next` being the character behind it: rules that go by words are guesses. */
  readonly leave?: (secret: string, match: string, next: string) => boolean;
}

/** What may stand between a name and its value: quotes, also escaped ones, and a sign. */
const sign = String.raw`\\{0,4}["']?[ \t]{0,8}(?:=>|:=|=|:)[ \t]{0,8}\\{0,4}["'\`]?`;
const schemes = 'bearer|basic|token|digest|negotiate|apikey|ssws|bot|key|splunk|oauth';
const names = [
  'pass(?:word|wd|phrase|code)',
  'pwd',
  'secret(?:[_-]?(?:access[_-]?)?key(?:[_-]?base)?|[_-]?token|[_-]?value)?',
  '(?:api|access|account|private|encryption|signing|master|shared|session|auth|app|application|service|license|deploy|storage|admin|subscription)[ _-]?(?:access[ _-]?)?key',
  '(?<=(?:otp|mfa|2fa)[_-]?)(?:seed|key)',
  'token',
  'credential',
  'client[_-]?key[_-]?data',
].join('|');
const nameStarts =
  'pas pwd sec api acc pri enc sig mas sha ses aut app ser lic dep sto adm sub tok cre cli see key'.split(
    ' ',
  );

/** `password: should be long`: after a colon and a blank an ordinary word, and the sentence goes on. */
const prose = String.raw`(?<=: )[A-Za-z]?[a-z]{1,15}[,.]? [A-Za-z(}]`;

/** In the order in which they are tried at one place. */
export const contextFormats: readonly ContextFormat[] = [
  {
    kind: 'url-password',
    starts: ['://'],
    // A key in the place of the user is one as well.
    pattern: /:\/\/((?=[A-Za-z_-]{0,64}[0-9])[A-Za-z0-9_-]{20,128}:[^\s/?#@"'\\<>]{1,512})@/y,
  },
  {
    kind: 'url-password',
    starts: ['://'],
    pattern: /:\/\/(?:[^\s/?#@:"'\\<>]{0,256}:)?([^\s/?#@"'\\<>]{3,512})@/y,
    // A name alone is no secret; a token alone, in its place, is one.
    leave: (secret, match) =>
      isPlaceholder(secret) ||
      (match.length === secret.length + 4 && !(secret.length >= 12 && looksRandom(secret))),
  },
  {
    kind: 'authorization',
    starts: ['authorization'],
    pattern: new RegExp(
      String.raw`authorization${sign}(?:(?:${schemes})[ \t]{1,8})?(?!(?:${schemes})[ \t])([A-Za-z0-9._~+/=:-]{6,8192})`,
      'iy',
    ),
    leave: (secret) => isPlaceholder(secret) || looksLikeCode(secret),
  },
  {
    kind: 'bearer',
    starts: ['bearer '],
    pattern: /(?<![A-Za-z])bearer {1,4}([A-Za-z0-9._~+/=-]{16,8192})/iy,
  },
  {
    kind: 'cookie',
    starts: ['cookie'],
    pattern: new RegExp(
      String.raw`(?<!csrf[_-]?)cookie${sign}((?:[A-Za-z0-9_.-]{1,100}=[^\s"'\\;,]{0,4096}(?:;[ \t]?)?){1,60})`,
      'iy',
    ),
    leave: (pairs) => isPlaceholder(pairs.slice(pairs.indexOf('=') + 1)) || pairs.length < 9,
  },
  {
    kind: 'putty-key',
    starts: ['private-lines'],
    pattern: /Private-Lines: [0-9]{1,4}\s{1,4}([A-Za-z0-9+/=\s]{20,16384})/y,
  },
  {
    kind: 'signature',
    starts: ['sig=', 'signature='],
    pattern: /sig(?:nature)?=([A-Za-z0-9%+/=_-]{20,512})/iy,
  },
  {
    kind: 'docker-auth',
    starts: ['"auth', '"identitytoken'],
    pattern: /"(?:auth|identitytoken)\\?"[ \t]{0,8}:[ \t]{0,8}\\?"([A-Za-z0-9+/=_.-]{8,4096})\\?"/y,
  },
  {
    kind: 'private-jwk',
    starts: ['"d"', '"d\\', '"k"', '"k\\', '"dp', '"dq', '"qi'],
    pattern: /"(?:d|k|dp|dq|qi)\\?"[ \t]{0,8}:[ \t]{0,8}\\?"([A-Za-z0-9_-]{20,2048})\\?"/y,
  },
  {
    kind: 'netrc-password',
    starts: ['login'],
    pattern: /login[ \t\n]{1,8}[^\s]{1,256}[ \t\n]{1,8}password[ \t\n]{1,8}([^\s]{4,512})/y,
  },
  {
    kind: 'pgpass-password',
    starts: [':*:', ':543', ':643'],
    pattern:
      /(?<=(?:^|\s)[A-Za-z0-9*_.-]{1,255}):(?:[0-9]{4}|\*):[A-Za-z0-9*_.-]{1,64}:[A-Za-z0-9*_.-]{1,64}:([^\s:]{4,512})(?=\s|$)/y,
  },
  {
    kind: 'argument',
    starts: [' -u', '--user', '--proxy-user'],
    pattern: /(?: -u|--user|--proxy-user)[ =]?["']?[^\s:"'\\]{1,128}:([^\s"'\\]{4,256})/y,
    leave: looksLikeCode,
  },
  {
    kind: 'argument',
    starts: nameStarts,
    pattern:
      /(?<=(?:^|[\s"'`])--?(?:[A-Za-z]{1,20}-){0,3})(?:password|passwd|pass|token|secret|api-?key|access-?token|auth-?token|client-?secret)[ =]["']?(?!-)([^\s"'\\]{6,1024})/iy,
    leave: looksLikeCode,
  },
  {
    kind: 'argument',
    starts: ['mysql', 'mariadb', 'sshpass'],
    pattern:
      /(?:(?:mysql|mysqldump|mysqladmin|mariadb)(?: [^\s]{1,100}){0,8}? -p|sshpass -p ?["']?)([^\s"'\\]{4,256})/y,
    leave: looksLikeCode,
  },
  {
    kind: 'registry-auth',
    starts: ['_auth'],
    pattern: new RegExp(String.raw`(?<![A-Za-z0-9])_auth${sign}([A-Za-z0-9+/=_-]{8,2048})`, 'y'),
  },
  {
    kind: 'assignment',
    starts: ['pat', 'pas', 'key'],
    pattern: new RegExp(
      String.raw`(?<=[_-])(?:pat|pass|(?<!(?:public|cache|primary|foreign|sort|partition|idempotency|row|group|index|routing|object|lookup|message|rate)[_-])key)${sign}([A-Za-z0-9+/_=.~!@#$%^*-]{8,512})`,
      'iy',
    ),
    leave: (secret, match, next) =>
      looksLikeCode(secret) ||
      !looksRandom(secret) ||
      isName(secret, match, next) ||
      secret.startsWith(encodedPem),
  },
  {
    kind: 'seed-phrase',
    starts: ['mne', 'see'],
    pattern: new RegExp(
      String.raw`(?:mnemonic|seed[ _-]?(?:phrase|words))${sign}((?:[a-z]{3,8} ){11,23}[a-z]{3,8})`,
      'iy',
    ),
  },
  {
    kind: 'markup-secret',
    starts: nameStarts,
    pattern: new RegExp(
      String.raw`(?:${names})["'][ \t]{1,8}value=["']([^"'<>\n]{4,1024})["']`,
      'iy',
    ),
    leave: isPlaceholder,
  },
  {
    kind: 'markup-secret',
    starts: nameStarts,
    pattern: new RegExp(String.raw`(?:${names})>([^<>\s]{4,1024})</`, 'iy'),
    leave: isPlaceholder,
  },
  {
    kind: 'assignment',
    starts: nameStarts,
    pattern: new RegExp(
      String.raw`(?:${names})${sign}(?!${prose})([^\s"'\`\\,;&<>]{6,1024})`,
      'iy',
    ),
    leave: (secret, match, next) =>
      looksLikeCode(secret) || isProse(secret, match) || isName(secret, match, next),
  },
];

/** A variable or a row of stars where a secret would stand. */
export function isPlaceholder(value: string): boolean {
  return /^[$%{*<]|^(?:password|passwd|pass|secret|token|pw|bearer|basic|\.{3}|…)[.,]?$/i.test(
    value,
  );
}

/** What stands after `password=` in code and documents and is no secret. */
function looksLikeCode(value: string): boolean {
  return (
    /^(?:[$%{(/*.[<]|process\.|env\.|os\.|self\.|this\.|config\.|secrets?\.)/.test(value) ||
    /^[A-Za-z_$][\w$.?]*[([{]/.test(value) ||
    /^(?:string|number|boolean|undefined|null|none|true|false|required|optional|unknown|readonly)\b/i.test(
      value,
    ) ||
    /^(?:your|my|the|some|change)[_-]?(?:own|me|api|access|secret|token|password|key)/i.test(
      value,
    ) ||
    /^(.)\1*$/.test(value)
  );
}

/** `-----BEGIN` in base64: it has a kind of its own. */
const encodedPem = 'LS0tLS1CRUdJTi';

/** A word of letters alone, or of letters and dashes, is a name; digits or capitals between make it a value. */
function looksRandom(value: string): boolean {
  return value.length >= 12
    ? /[0-9]/.test(value) && /[A-Za-z]/.test(value)
    : /[^A-Za-z0-9_-]/.test(value) ||
        (/[0-9]/.test(value) && /[a-z]/.test(value) && /[A-Z]/.test(value));
}

/**
 * What a configuration or a program calls a secret: the variable that holds it (`API_TOKEN`, `row.token`), its type
 * (`password: Secret;`), the name of its file (`vault-key`), one of our own subjects (`token:ada/ci`).
 */
function isName(value: string, match: string, next: string): boolean {
  const opening = match.at(-value.length - 1) ?? '';
  if (/^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$/.test(value) || /^[A-Za-z-]+:$/.test(value)) return true;
  if (/^[a-z]+(?:-[a-z]+)*-(?:key|token|secret|password)$/.test(value)) return true;
  if (/^[a-z][a-z0-9._-]{0,30}\/[a-z0-9._-]{1,30}$/.test(value) && opening === ':') return true;
  if (opening === '`') return next !== '`' && /^[a-z-]+$/.test(value);
  if (!/\s/.test(opening)) return false;
  if (/^[_$a-z][A-Za-z_$]*(?:\??\.[A-Za-z_$]+)*$/.test(value)) {
    const capitals = value.replaceAll(/[^A-Z]/g, '').length;
    if (/[._$]/.test(value.slice(0, -1)) || capitals > 0) return capitals * 4 <= value.length;
    return value.length <= 15 && /[,;)]/.test(next);
  }
  return /^[A-Z][A-Za-z0-9]{0,40}$/.test(value) && /[a-z]/.test(value) && /[,;<>)|[\]]/.test(next);
}

/** `invalid token: unexpected end`: a message speaks of a token, and an ordinary word follows. */
function isProse(value: string, match: string): boolean {
  return /^(?:token|secret|credential): /i.test(match) && /^[a-z]{1,14}[.!?)]?$/.test(value);
}
