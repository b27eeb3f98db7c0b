import type { ContextFormat } from './context-format.ts';
import { isNoQuote } from './no-quote.ts';
import {
  isDigest,
  isPlaceholder,
  isScrambled,
  looksIssued,
  looksLikeCode,
  looksRandom,
  looksStrong,
} from './not-a-secret.ts';
import { isNotBehindFactor, isOtherName, nameStarts, secretNames, sign } from './secret-names.ts';

const quoted = String.raw`["'\`]([^\s"'\`<>\\]{6,1024})["'\`]`;
/** What a quoted value begins with. */
const quotes = `"'\``;
const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const isNoSecret = (secret: string): boolean =>
  looksLikeCode(secret) ||
  isOtherName(secret) ||
  (!isScrambled(secret) &&
    (!looksRandom(secret) || secret.length < 8 || !/[0-9!@#$%^&*]/.test(secret)));

/**
 * Secrets beside their name where no sign stands right between them: declarations of programming languages, SQL,
 * lists of names and values, sentences. They ask more of the value, because names stand everywhere.
 */
export const declaredFormats: readonly ContextFormat[] = [
  {
    kind: 'sql-password',
    starts: ['identified by', 'password '],
    pattern:
      /(?:identified by(?: password)?|(?<=(?:with|encrypted|login)[ \n]{1,4})password) N?'([^'\n]{4,256})'/iy,
    leave: looksLikeCode,
  },
  {
    // Oracle takes it without quotes, and MySQL as an argument.
    kind: 'sql-password',
    starts: ['identified by ', 'password('],
    pattern:
      /(?:identified by ([^\s'";,]{6,128})(?=[;\s]|$)|(?<==[ ]?)password\('([^'\n]{4,256})'\))/iy,
    leave: (secret, match) => (/^p/i.test(match) ? looksLikeCode(secret) : !looksStrong(secret)),
  },
  {
    // `<wsse:Password Type="…">…</`
    kind: 'markup-secret',
    starts: nameStarts,
    before: `<_:.-${letters}`,
    follows: ' \t',
    isBehindName: true,
    pattern: /(?<=<[A-Za-z_:.-]{1,60})[ \t][^<>\n]{1,200}>([^<>\s]{4,1024})<\//y,
    leave: isPlaceholder,
  },
  {
    // `apiKey: string = '…'`, `password string = "…"`, `password: &str = "…"`
    kind: 'declaration',
    starts: nameStarts,
    follows: '?: \t',
    later: `:&${letters}`,
    holdsOneOf: quotes,
    within: 160,
    isBehindName: true,
    pattern: new RegExp(
      String.raw`\??(?::[ \t]?|[ \t])(?:&(?:'static )?|As )?[A-Za-z]{2,20}(?:\[\])?[ \t]{0,4}=[ \t]{0,4}${quoted}`,
      'iy',
    ),
    leave: looksLikeCode,
  },
  {
    // `string ApiKey { get; set; } = "…"`
    kind: 'declaration',
    starts: nameStarts,
    follows: ' \t',
    later: '{',
    isBehindName: true,
    pattern: new RegExp(
      String.raw`[ \t]{1,4}\{ ?get;[^{}"\n]{0,40}\}[ \t]{0,4}=[ \t]{0,4}${quoted}`,
      'iy',
    ),
    leave: looksLikeCode,
  },
  {
    // `token = String::from("…")`, `secret: []byte("…")`
    kind: 'declaration',
    starts: nameStarts,
    follows: ' \t:=',
    later: `:=[${letters}`,
    holds: '(',
    within: 160,
    isBehindName: true,
    pattern: new RegExp(
      String.raw`[ \t]{0,8}(?::=|=|:)[ \t]{0,8}(?:new )?(?:\[\])?[A-Za-z][\w.:<>]{1,60}\(${quoted}`,
      'y',
    ),
    leave: (secret) => isNoSecret(secret) || !looksIssued(secret),
  },
  {
    // `secretKey{"…"}`
    kind: 'declaration',
    starts: nameStarts,
    follows: '{',
    isBehindName: true,
    pattern: new RegExp(String.raw`\{ ?${quoted}`, 'y'),
    leave: isNoSecret,
  },
  {
    // `<AdministratorPassword><Value>…</`, `<td>Password</td><td>…</`
    kind: 'markup-secret',
    starts: nameStarts,
    follows: '><',
    isBehindName: true,
    pattern:
      /(?:>\s{0,20}<[A-Za-z:]{1,20}>|:?<\/[a-z]{1,8}>\s{0,20}<[a-z]{1,4}[^<>\n]{0,60}>(?:<code>)?)([^<>\s]{6,256})</y,
    leave: isNoSecret,
  },
  {
    // `mapOf("token" to "…")`
    kind: 'declaration',
    starts: nameStarts,
    follows: '"',
    later: 't',
    isBehindName: true,
    pattern: new RegExp(String.raw`" to ${quoted}`, 'y'),
    leave: isNoSecret,
  },
  {
    // `{password, "…"}`, `strcpy(password, "…")`
    kind: 'declaration',
    starts: nameStarts,
    before: '{(',
    follows: ',',
    isBehindName: true,
    pattern: new RegExp(String.raw`,[ \t]{0,4}${quoted}`, 'y'),
    leave: isNoSecret,
  },
  {
    // `define('DB_PASSWORD', '…')`, `props.put("password", "…")`: what is named so is set to it.
    kind: 'declaration',
    starts: nameStarts,
    follows: `"'`,
    later: ',',
    isBehindName: true,
    pattern: new RegExp(
      String.raw`(?<=(?:define|put|set|setProperty|setenv|Setenv)\([ ]?["'][A-Za-z0-9_.-]{0,60})["'],[ \t]{0,20}${quoted}`,
      'y',
    ),
    leave: isNoSecret,
  },
  {
    // The value below its name
    kind: 'assignment',
    starts: nameStarts,
    follows: ':',
    later: '\r\n',
    isBehindName: true,
    pattern: /:[ \t]{0,4}\r?\n[ \t]{0,40}([A-Za-z0-9_.=+/-]{20,1024})(?!\S)/y,
    leave: (secret) => !(looksIssued(secret) || isDigest(secret)),
  },
  {
    // `the password for the database: …`
    kind: 'sentence',
    starts: nameStarts,
    follows: ' \t',
    digitInWords: 6,
    isBehindName: true,
    pattern: /(?:[ \t][^\s:="'`<>|,;]{1,20}){1,4}:[ \t]{1,4}["'`]?([^\s"'`|<>,;]{8,1024})/y,
    leave: (secret) => !looksStrong(secret.replace(/[.!?)]+$/, '')),
  },
  {
    // `setPassword("…")`
    kind: 'declaration',
    starts: nameStarts,
    before: 'tThH_',
    follows: '(',
    pattern: new RegExp(String.raw`(?<=(?:set|with)_?)(?:${secretNames})\(${quoted}`, 'iy'),
    leave: isNoSecret,
  },
  {
    // `define('DB_PASSWORD', '…')`, `("api_key", "…")`
    kind: 'declaration',
    starts: nameStarts,
    follows: `"'`,
    later: ',',
    isBehindName: true,
    pattern: new RegExp(String.raw`["'],[ \t]{0,4}${quoted}`, 'iy'),
    leave: (secret) => isNoSecret(secret) || !(looksIssued(secret) || /[!@#$%^&*]/.test(secret)),
  },
  {
    // `#define WIFI_PASSWORD "…"`, `setx API_KEY "…"`, `with password "…"`
    kind: 'declaration',
    starts: nameStarts,
    follows: ' \t',
    later: 'Nn"\'`',
    isBehindName: true,
    pattern: new RegExp(String.raw`[ \t]{1,8}N?${quoted}`, 'iy'),
    leave: isNoSecret,
  },
  {
    // `{"name": "API_KEY", "value": "…"}`, `- name: DB_PASSWORD` and `value: …` on the next line
    kind: 'named-value',
    starts: nameStarts,
    follows: '\\"\', \t\n\r\f\v',
    later: '\\"\',\n\r\f\vvV',
    isBehindName: true,
    pattern: new RegExp(
      String.raw`\\{0,4}["']?(?:,\s{0,40}|\s{1,40})\\{0,4}["']?value\\{0,4}["']?[ \t]{0,4}[:=][ \t]{0,4}\\{0,4}["']?([^\s"'<>,;\\{}]{6,4096})`,
      'iy',
    ),
    leave: isNoSecret,
  },
  {
    // `variable "db_password" { default = "…" }`
    kind: 'named-value',
    starts: nameStarts,
    follows: '"',
    later: '{',
    isBehindName: true,
    pattern: new RegExp(
      String.raw`" ?\{[^{}"]{0,80}default[ \t]{0,20}=[ \t]{0,4}"([^"\n]{6,1024})"`,
      'iy',
    ),
    leave: looksLikeCode,
  },
  {
    // `<key>ApiKey</key><string>…</string>`, `<string name="api_key">…</string>`
    kind: 'markup-secret',
    starts: nameStarts,
    follows: `<"'`,
    later: '/>',
    isBehindName: true,
    pattern: new RegExp(String.raw`(?:</key>\s{0,40}<string>|["']>)([^<>\s]{6,1024})</`, 'iy'),
    leave: isNoSecret,
  },
  {
    // A scalar of YAML on the line below
    kind: 'assignment',
    starts: nameStarts,
    follows: `"':`,
    later: '|>:',
    isBehindName: true,
    pattern: new RegExp(
      String.raw`["']?:[ \t]{1,8}[|>][+-]?[ \t]{0,4}\n[ \t]{1,40}([^\s"']{6,4096})`,
      'iy',
    ),
    leave: looksLikeCode,
  },
  {
    // `| password | … |`, `the password is …`, `ENV API_SECRET …`, `add-authtoken …`
    kind: 'sentence',
    starts: nameStarts,
    follows: ' \t:=',
    isBehindName: true,
    // Those before it may be `is` and a line between columns.
    digitInWords: 3,
    pattern: new RegExp(
      String.raw`(?:[ \t]{1,8}(?:is|was|ist|lautet|est|es|é|è|sind|are)(?=[ \t:=]))?(?:[:=]|[ \t]-(?=[ \t]{1,8}["'\`]))?[ \t]{1,8}(?:\|[ \t]{1,8})?["'\`]?([^\s"'\`|<>,;]{8,1024})`,
      'iy',
    ),
    leave: (secret) => !looksStrong(secret.replace(/[.!?)]+$/, '')),
  },
  {
    // `apiKey |…`, as tables without blanks have it
    kind: 'sentence',
    starts: nameStarts,
    follows: ' \t|',
    later: '|',
    isBehindName: true,
    digitInWords: 3,
    pattern: /[ \t]{0,8}\|[ \t]{0,8}([^\s"'`|<>,;]{16,1024})/y,
    leave: (secret) => !looksStrong(secret),
  },
  {
    // What is taken where nothing is set: `os.getenv("SECRET", "…")`, `process.env.TOKEN ?? "…"`
    kind: 'declaration',
    starts: nameStarts,
    follows: ' \t:=',
    later: `:=${letters}`,
    holdsOneOf: quotes,
    within: 200,
    isBehindName: true,
    pattern: new RegExp(
      String.raw`[ \t]{0,8}(?::=|=|:)[ \t]{0,8}[A-Za-z][\w.$?["'()\]]{2,60}(?:,[ ]?|[ ]?\?\?[ ]?|[ ]?\|\|[ ]?|[ ]or[ ])${quoted}`,
      'y',
    ),
    leave: (secret) => isNoSecret(secret) || !looksIssued(secret),
  },
  {
    // A long value that a formatter put on the line below
    kind: 'assignment',
    starts: nameStarts,
    follows: ' \t:="\'',
    later: ':=\r\n',
    holdsOneOf: quotes,
    within: 140,
    isBehindName: true,
    pattern: new RegExp(String.raw`["']?[ \t]{0,4}[:=][ \t]{0,4}\r?\n[ \t]{1,40}${quoted}`, 'y'),
    leave: isNoSecret,
  },
  {
    // A key that begins like a variable of the configuration: `pass: '…'` in an object
    kind: 'assignment',
    starts: [...`"' \t:=`].map((next) => `pass${next}`),
    pattern:
      /(?<![A-Za-z])pass["']?[ \t]{0,4}[:=][ \t]{0,4}(?:["']([^\s"'\\]{6,256})["']|([A-Za-z0-9_+/=-]{12,512})(?![^\s]))|(?<=_)pass[ \t]{1,8}["']([^\s"'\\]{6,256})["']/iy,
    leave: (secret, match) =>
      isNoSecret(secret) || (!/["']$/.test(match) && !(looksIssued(secret) || isScrambled(secret))),
  },
  {
    kind: 'one-time-seed',
    starts: ['secret', 'seed', 'key'],
    before: 'pPaA _-',
    isNone: isNotBehindFactor,
    pattern: new RegExp(
      String.raw`(?<=(?:otp|2fa|mfa)[ _-]?)(?:secret|seed|key)${sign}((?:[a-z2-7]{4}[ -]){3,15}[a-z2-7]{2,4})`,
      'iy',
    ),
  },
  {
    kind: 'braced-password',
    starts: ['pwd=', 'password='],
    holds: '}',
    within: 160,
    pattern: /(?:pwd|password)=\{([^{}\s"']{6,128})\}/iy,
    leave: (secret) => isNoSecret(secret) || !/[0-9]/.test(secret),
  },
  {
    // `User Id=…;Password=…`: no name of a variable stands there, so capitals with a stroke between are no reason.
    kind: 'assignment',
    starts: ['pwd=', 'password='],
    holdsOneOf: `;"'`,
    within: 140,
    pattern: /(?<=;[ ]?)(?:pwd|password)=([^\s;"'<>{}$%]{6,128})(?=[;"'])/iy,
    leave: (secret) => looksLikeCode(secret) || !/[0-9]/.test(secret),
  },
  {
    kind: 'session-cookie',
    starts: ['session_id', 'session-id', 'session_key'],
    pattern: new RegExp(String.raw`session[_-](?:id|key)${sign}([A-Za-z0-9_-]{24,512})`, 'iy'),
    leave: (secret) => !(looksIssued(secret) || /^[0-9a-f]{32,128}$/i.test(secret)),
  },
  {
    kind: 'session-cookie',
    starts: [
      'phpsessid',
      'jsessionid',
      'aspsessionid',
      'asp.net',
      'connect.sid',
      'user_session',
      'laravel_session',
      '_session=',
      'sessionid=',
    ],
    pattern:
      /(?:phpsessid|jsessionid|aspsessionid[a-z]{0,8}|asp\.net_sessionid|connect\.sid|user_session|laravel_session|_session|sessionid)=([^\s"'\\;,]{16,4096})/iy,
  },
  {
    kind: 'header-secret',
    starts: ['x-honeycomb-team', 'x-auth-', 'fastly-key', 'x-functions-key'],
    pattern:
      /(?:x-honeycomb-team|x-auth-[a-z]{1,20}|fastly-key|x-functions-key)["']?: ?["']?([^\s"'\\]{16,4096})/iy,
    leave: looksLikeCode,
  },
  {
    // `?key=…` and `?code=…` in an address
    kind: 'address-key',
    starts: ['key=', 'code=', 'appid='],
    before: '?&',
    pattern: /(?<=[?&])(?:key|code|appid)=([A-Za-z0-9_.~%+/=-]{20,1024})/y,
    leave: (secret) => !(looksIssued(secret) || isDigest(secret)),
  },
  {
    kind: 'sidekiq-key',
    starts: ['contribsys'],
    pattern: /contribsys__com["']?[ \t]{0,4}[=:][ \t]{0,4}["']?([0-9a-f]{8}:[0-9a-f]{8})/iy,
  },
  {
    kind: 'wireless-password',
    starts: ['wifi:'],
    holds: 'P:',
    within: 210,
    pattern: /WIFI:[^\s]{0,200}?P:([^;\s]{6,128})/y,
  },
];

/** These words before what may stand between a name and a value in quotes. */
function beforeQuote(...words: readonly string[]): readonly string[] {
  return words.flatMap((word) => [...`\\"' \t=:`].map((next) => word + next));
}

/** Quoted values in which stand blanks, separators or the other kind of quote; before those that end at such a sign. */
export const quotedFormats: readonly ContextFormat[] = [
  ...[
    { starts: beforeQuote('passphrase', 'secret'), name: '(?:passphrase|secret)' },
    { starts: beforeQuote('pass', 'password'), before: '_-', name: 'pass(?:word)?' },
  ].map(({ name, ...place }) => ({
    // Words with blanks between them, in quotes
    kind: 'passphrase',
    ...place,
    pattern: new RegExp(
      String.raw`${name}\\{0,4}["']?[ \t]{0,32}(?:=>|:=|=|:)[ \t]{0,32}(?:"([^"\n\\]{12,256})"|'([^'\n\\]{12,256})')`,
      'iy',
    ),
    leave: (secret: string, match: string) => !isPhrase(secret, match),
  })),
  {
    // One quote inside the other ones
    kind: 'assignment',
    starts: nameStarts,
    follows: '"\' \t=:',
    later: '=:>"\'',
    isBehindName: true,
    isNone: isNoQuote,
    pattern: new RegExp(
      String.raw`["']?[ \t]{0,32}(?:=>|:=|=|:)[ \t]{0,32}(?:"([^"\s\\]{6,256})"|'([^'\s\\]{6,256})')`,
      'iy',
    ),
    leave: isNoSecret,
  },
];

/** Not a sentence of the page: a phrase has no place for one, and elsewhere a word of it has to be random. */
function isPhrase(secret: string, match: string): boolean {
  if (!secret.includes(' ') || looksLikeCode(secret)) return false;
  if (/^passphrase/i.test(match)) return secret.split(' ').length >= 4 && !/[.!?:]$/.test(secret);
  return secret
    .split(' ')
    .some((word) => looksStrong(word) || /[A-Za-z][$#%^&*!][A-Za-z0-9]/.test(word));
}
