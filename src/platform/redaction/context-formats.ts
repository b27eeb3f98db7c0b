import { commandFormats } from './command-formats.ts';
import type { ContextFormat } from './context-format.ts';
import { declaredFormats, quotedFormats } from './declared-formats.ts';
import {
  encodedPem,
  isDigest,
  isMingled,
  isMixed,
  isName,
  isPlaceholder,
  isProse,
  looksIssued,
  looksLikeCode,
  looksRandom,
} from './not-a-secret.ts';
import { notedFormats } from './noted-formats.ts';
import { beyond, setOf } from './reader.ts';
import { beforeSign, isOtherName, nameStarts, sign } from './secret-names.ts';
import { tableFormats } from './table-formats.ts';
import { vendorFormats } from './vendor-formats.ts';

const schemes =
  'bearer|basic|token|digest|negotiate|apikey|ssws|bot|key|splunk|oauth|geniekey|hawk|ntlm|jwt|hmac|sharedkey|sharedkeylite|sharedaccesssignature|sso-key|privatetoken|zoho-oauthtoken';

/** `password: should be long`: after a colon and a blank an ordinary word, and the sentence goes on. */
const prose = String.raw`(?<=: )(?:[A-Za-z][a-z]{1,15}|[a-z])[,.?]? [A-Za-z(}]`;

/** `token: password:`: one name behind the other, told before it is taken out as a value. */
const anotherName = String.raw`(?:(?<=:)=)?[A-Za-z-]{5,1023}:(?![^\s"'\`\\,;&<>])`;

/** The plainest form of that: a colon, blanks, perhaps a quote, and such a name. */
function isBeforeAnotherName(units: Uint16Array, _: number, behind: number): boolean {
  if (units[behind] !== colon) return false;
  let at = behind + 1;
  while (at <= behind + 32 && isBlank(units[at] ?? 0)) at += 1;
  if (isQuote[Math.min(units[at] ?? 0, beyond)] === 1) at += 1;
  const begin = at;
  while (isInName[Math.min(units[at] ?? 0, beyond)] === 1) at += 1;
  const length = at - begin;
  return length >= 5 && length <= 1023 && units[at] === colon && isBlank(units[at + 1] ?? 0);
}
const colon = 0x3a;
const isQuote = setOf(`"'\``);
const isInName = setOf('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-');
function isBlank(unit: number): boolean {
  return unit === 0x20 || unit === 0x09;
}

/** How only code begins, told before the rest of it is read; never by what the sign `:=` would leave of itself. */
const code = String.raw`(?:(?<=:)=)?[{(*.[<]`;

/** `arn:aws:secretsmanager:eu-west-1:…:secret:prod/db`: where a secret lies. */
const noArn = '(?<!arn:[a-z-]{1,8}:[a-z]{1,20}:[a-z0-9-]{0,20}:[0-9]{0,14}:secret)';

/** Names of keys that are no secrets. */
const notSecret =
  '(?:[Pp]ublic|[Cc]ache|[Pp]rimary|[Ff]oreign|[Ss]ort|[Pp]artition|[Ii]dempotency|[Rr]ow|[Gg]roup|[Ii]ndex|[Rr]outing|[Oo]bject|[Ll]ookup|[Mm]essage|[Rr]ate|[Hh]ost|[Qq]uery|[Ss]torage|[Tt]ranslation|[Ii]ssue|[Ss]hard|[Mm]ap|[Rr]egistry|[Rr]edis|[Tt]able|[Uu]nique|[Hh]ash)';

/** In the order in which they are tried at one place. */
export const contextFormats: readonly ContextFormat[] = [
  {
    kind: 'url-password',
    starts: ['://'],
    holds: '@',
    within: 800,
    // A key in the place of the user is one as well, and so are the two halves of Sidekiq's.
    pattern:
      /:\/\/((?:[0-9a-f]{8}(?=:[0-9a-f]{8}@)|(?=[A-Za-z_-]{0,64}[0-9])[A-Za-z0-9_-]{20,128}):[^\s/?#@"'\\<>]{1,512})@/y,
  },
  {
    kind: 'url-password',
    starts: ['://'],
    holds: '@',
    within: 800,
    // A name in a domain of Windows has a stroke in it.
    pattern:
      /:\/\/(?:(?:[A-Za-z0-9._-]{1,64}\\{1,4})?[^\s/?#@:"'\\<>]{0,256}:)?([^\s/?#"'\\<>]{3,512})@/y,
    // A name alone is no secret; a token alone, in its place, is one.
    leave: (secret, match) =>
      isPlaceholder(secret) ||
      (match.length === secret.length + 4 && !(secret.length >= 12 && looksRandom(secret))),
  },
  {
    kind: 'url-password',
    starts: ['://', 'thin:'],
    holds: '@',
    within: 800,
    // One with a sign in it that should have been escaped; a number before the sign is a port. And Oracle's own form.
    pattern:
      /(?::\/\/[^\s/?#@:"'\\<>]{0,256}:(?![0-9]{1,5}[/?#])|thin:[^\s/:@]{1,64}\/)([^\s@"'\\<>]{3,256})@(?=[A-Za-z0-9/[])/y,
    leave: isPlaceholder,
  },
  {
    // `Digest username="…", response="…"`
    kind: 'authorization',
    starts: ['authorization'],
    pattern: new RegExp(
      String.raw`authorization${sign}[A-Za-z][A-Za-z0-9_-]{1,40}[ \t]{1,8}((?:[A-Za-z_]{1,40}=(?:\\{0,4}"[^"\n\\]{0,2048}\\{0,4}"|[^\s,"'\\]{1,2048})(?:,[ \t]{0,4})?){1,30})`,
      'iy',
    ),
    leave: (secret) => /^[A-Za-z_]{1,40}=[$<{%]/.test(secret),
  },
  {
    kind: 'authorization',
    starts: ['authorization'],
    pattern: new RegExp(
      String.raw`authorization${sign}(?:(?:${schemes})[ \t]{1,8})?(?!(?:${schemes})[ \t])([A-Za-z0-9._~+/=:!%@-]{6,8192})`,
      'iy',
    ),
    leave: (secret, _, next) => next === '(' || isPlaceholder(secret) || looksLikeCode(secret),
  },
  {
    // `proxy_set_header Authorization "Basic …"`, `setHeader("Authorization", "Basic …")`
    kind: 'authorization',
    starts: ['authorization'],
    pattern: new RegExp(
      String.raw`authorization["']?(?:,[ \t]{0,4}|[ \t]{1,4})["'\`](?:${schemes})[ \t]{1,4}([A-Za-z0-9._~+/=:!%@-]{8,8192})`,
      'iy',
    ),
    leave: (secret) => isPlaceholder(secret) || looksLikeCode(secret),
  },
  {
    // Whatever stands before it: a name and a password in base64.
    kind: 'authorization',
    starts: ['basic '],
    pattern: /(?<![A-Za-z])basic {1,4}([A-Za-z0-9+/]{8,4096}={0,2})(?![A-Za-z0-9+/=])/iy,
    leave: (secret) =>
      !/^[!-9;-~]{1,256}:[ -~]+$/.test(Buffer.from(secret, 'base64').toString('latin1')),
  },
  {
    kind: 'bearer',
    starts: ['bearer ', 'ssws ', 'geniekey '],
    pattern: /(?<![A-Za-z])(?:bearer|ssws|geniekey) {1,4}([A-Za-z0-9._~+/=!%@-]{16,8192})/iy,
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
    starts: ['"d"', '"d\\', '"k"', '"k\\', '"dp', '"dq', '"qi', '"p"', '"p\\', '"q"', '"q\\'],
    pattern:
      /"(?:d|k|dp|dq|qi|[pq](?=[^A-Za-z0-9]{3,20}[A-Za-z0-9_-]{40}))\\?"[ \t]{0,8}:[ \t]{0,8}\\?"([A-Za-z0-9_-]{20,2048})\\?"/y,
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
    kind: 'asana-token',
    starts: [...'0123456789'].flatMap((digit) => [`1/${digit}`, `2/${digit}`]),
    pattern: /(?<![0-9A-Za-z/.])[12]\/[0-9]{14,18}(?:\/[0-9]{14,18})?:[0-9a-f]{32}(?![0-9a-f])/y,
  },
  ...commandFormats,
  {
    kind: 'registry-auth',
    starts: ['_auth'],
    pattern: new RegExp(String.raw`(?<![A-Za-z0-9])_auth${sign}([A-Za-z0-9+/=_-]{8,2048})`, 'y'),
  },
  {
    kind: 'assignment',
    starts: [...beforeSign('pat', 'pass', 'key'), 'id=', 'id:', 'id"'],
    before: '_-',
    pattern: new RegExp(
      String.raw`(?<=[_-])(?:pat|pass|(?<=secret[_-])id|(?<!(?:public|cache|primary|foreign|sort|partition|idempotency|row|group|index|routing|object|lookup|message|rate)[_-])key)${sign}((?:[0-9]{1,9}\|)?[A-Za-z0-9+/_=.~!@#$%^*-]{8,512}(?::[A-Za-z0-9_-]{24,512})?)`,
      'iy',
    ),
    isBarren: (secret) => !looksRandom(secret),
    leave: (secret, match, next) =>
      looksLikeCode(secret) ||
      !(
        looksRandom(secret) ||
        looksIssued(secret) ||
        isMixed(secret, match) ||
        (/^pass/i.test(match) && isMingled(secret))
      ) ||
      isName(secret, match, next) ||
      secret.startsWith(encodedPem),
  },
  {
    // `Key=…`, `"key": "…"`, `sentryKey := "…"`, `the key is …`; a digest beside such a name is one of a thing, but not
    // where the name is a title.
    kind: 'assignment',
    starts: beforeSign('key'),
    before: ' \t\n\r"\'`([{,;:>|abcdefghijklmnopqrstuvwxyz0123456789',
    pattern: new RegExp(
      String.raw`(?:(?<=[a-z0-9])Key|(?<![A-Za-z0-9_?&-])(?:key|Key|KEY))(?<!${notSecret}[ _-]?...)(?:(?::[ ]?|[ ])[A-Za-z]{2,20}(?= ?=))?(?:${sign}| {1,4}(?:is|was)[: ] ?)((?:[0-9]{1,9}\|)?[A-Za-z0-9+/_=.~!@#$%^*:-]{16,512})`,
      'y',
    ),
    isBarren: (secret) => !looksRandom(secret),
    leave: (secret, match, next) =>
      !(looksIssued(secret) || (match.startsWith('K') && isDigest(secret))) ||
      looksLikeCode(secret) ||
      isName(secret, match, next) ||
      secret.startsWith(encodedPem),
  },
  {
    kind: 'seed-phrase',
    starts: ['mnemonic', 'seed'],
    pattern: new RegExp(
      String.raw`(?:mnemonic|seed[ _-]?(?:phrase|words))${sign}((?:[a-z]{3,8} ){11,23}[a-z]{3,8})`,
      'iy',
    ),
  },
  {
    kind: 'markup-secret',
    starts: nameStarts,
    follows: `"'`,
    later: 'vV',
    isBehindName: true,
    pattern: new RegExp(String.raw`["'][ \t]{1,8}value=["']([^"'<>\n]{4,1024})["']`, 'iy'),
    leave: isPlaceholder,
  },
  {
    kind: 'markup-secret',
    starts: nameStarts,
    follows: '>',
    isBehindName: true,
    pattern: new RegExp(String.raw`>([^<>\s]{4,1024})</`, 'iy'),
    leave: isPlaceholder,
  },
  {
    // Words in it, one of which is a secret by its look
    kind: 'markup-secret',
    starts: nameStarts,
    follows: '>',
    isBehindName: true,
    pattern: new RegExp(String.raw`>([^<>\n]{16,1024})</`, 'iy'),
    leave: (words) => !words.split(/[\s{}]/).some(looksIssued),
  },
  ...quotedFormats,
  {
    kind: 'assignment',
    starts: nameStarts,
    follows: '\\"\' \t*=:%',
    never: '{(.<',
    isBehindName: true,
    isNone: isBeforeAnotherName,
    pattern: new RegExp(
      String.raw`${noArn}${sign}(?:(?:bearer|basic|token|!!binary|!!str) {1,4}(?=[^\s"']{0,64}[0-9]|[^\s"']{20}))?(?!${prose}|${code}|${anotherName})([^\s"'\`\\,;&<>]{6,1024})`,
      'iy',
    ),
    leave: (secret, match, next) =>
      looksLikeCode(secret) ||
      isProse(secret, match) ||
      isName(secret, match, next) ||
      isOtherName(secret) ||
      // The token is behind it.
      (next === ' ' && /^(?:bearer|digest)$/i.test(secret)),
  },
  ...declaredFormats,
  ...tableFormats,
  ...notedFormats,
  ...vendorFormats,
];
