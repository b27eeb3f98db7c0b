/** A kind of secret that is known by the words before it. */
export interface ContextFormat {
  readonly kind: string;
  /** How those words may begin, in lower case, at least three characters each. */
  readonly starts: readonly string[];
  /** From that beginning on; sticky, every repetition bounded. Group 1 is the secret. */
  readonly pattern: RegExp;
  /** What is left alone though it matches: rules that go by the words around are guesses. */
  readonly leave?: (secret: string, match: string) => boolean;
}

/** What may stand between a name and its value: quotes, also escaped ones, and a sign. */
const sign = String.raw`\\{0,4}["']?[ \t]{0,8}(?:=>|:=|=|:)[ \t]{0,8}\\{0,4}["'\`]?`;
const schemes = 'bearer|basic|token|digest|negotiate|apikey|ssws|bot|key|splunk|oauth';
const names = [
  'pass(?:word|wd|phrase|code)',
  'pwd',
  'secret(?:[_-]?(?:access[_-]?)?key|[_-]?token|[_-]?value)?',
  '(?:api|access|account|private|encryption|signing|master|shared|session|auth|app|application|service|license|deploy|storage|admin|subscription)[_-]?(?:access[_-]?)?key',
  'token',
  'credential',
  'client[_-]?key[_-]?data',
].join('|');
const nameStarts =
  'pas pwd sec api acc pri enc sig mas sha ses aut app ser lic dep sto adm sub tok cre cli'.split(
    ' ',
  );

/** In the order in which they are tried at one place. */
export const contextFormats: readonly ContextFormat[] = [
  {
    kind: 'url-password',
    starts: ['://'],
    pattern: /:\/\/(?:[^\s/?#@:"'\\<>]{0,256}:)?([^\s/?#@"'\\<>]{1,512})@/y,
    leave: isPlaceholder,
  },
  {
    kind: 'authorization',
    starts: ['authorization'],
    pattern: new RegExp(
      String.raw`authorization${sign}(?:(?:${schemes})[ \t]{1,8})?(?!(?:${schemes})[ \t])([A-Za-z0-9._~+/=:-]{6,8192})`,
      'iy',
    ),
    leave: isPlaceholder,
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
      String.raw`(?<!csrf[_-]?)cookie${sign}[A-Za-z0-9_.-]{1,100}=([^\s"'\\;,]{6,4096})`,
      'iy',
    ),
    leave: isPlaceholder,
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
      /(?<=(?:^|\n)[A-Za-z0-9*_.-]{1,255}):(?:[0-9]{4}|\*):[A-Za-z0-9*_.-]{1,64}:[A-Za-z0-9*_.-]{1,64}:([^\s:]{4,512})(?=\s|$)/y,
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
    kind: 'markup-secret',
    starts: nameStarts,
    pattern: new RegExp(String.raw`(?:${names})>([^<>\s]{4,1024})</`, 'iy'),
    leave: isPlaceholder,
  },
  {
    kind: 'assignment',
    starts: nameStarts,
    pattern: new RegExp(String.raw`(?:${names})${sign}([^\s"'\`\\,;&<>]{6,1024})`, 'iy'),
    leave: (secret, match) => looksLikeCode(secret) || isProse(secret, match),
  },
];

/** A variable or a row of stars where a secret would stand. */
export function isPlaceholder(value: string): boolean {
  return /^[$%{*]/.test(value);
}

/** What stands after `password=` in code and documents and is no secret. */
function looksLikeCode(value: string): boolean {
  return (
    /^(?:[$%{(/*.[]|process\.|env\.|os\.|self\.|this\.|config\.|secrets?\.)/.test(value) ||
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

/** `invalid token: unexpected end`: a message speaks of a token, and an ordinary word follows. */
function isProse(value: string, match: string): boolean {
  return /^(?:token|secret|credential): /i.test(match) && /^[a-z]{1,14}[.!?)]?$/.test(value);
}
