import type { ContextFormat } from './context-format.ts';
import {
  isDigest,
  isPlaceholder,
  isScrambled,
  looksIssued,
  looksLikeCode,
  looksStrong,
} from './not-a-secret.ts';
import { beyond, setOf } from './reader.ts';
import { beforeSign, chinese, isInName, sign } from './secret-names.ts';

/** What words of other languages for a key, a token or a secret are; everyday words too, so the value has to look issued. */
const foreignKeys = [
  'clave',
  'cl[ée](?: (?:api|priv[ée]e|secr[èe]te|d.api))?',
  'jeton',
  'schl(?:ü|ue)ssel',
  'geheimnis',
  'chiave',
  'segreto',
  'chave',
  'segredo',
  'ключ',
  'токен',
  'секрет',
  '令牌',
  'トークン',
  '토큰',
  '秘钥',
].join('|');
const foreignStarts =
  'clave clé jeton schlü schlue geheimnis chiave segreto chave segredo ключ токен секрет КЛЮЧ Токен ТОКЕН Секрет СЕКРЕТ 令牌: 令牌= 令牌： トークン 토큰: 토큰= 秘钥: 秘钥= 秘钥：'.split(
    ' ',
  );

/** One of the codes for the day on which the second factor is lost, perhaps in pieces, with what numbers it. */
const code = String.raw`(?:[-*•][ \t]{1,4}|[0-9]{1,2}[.)][ \t]{1,4})?["']?(?=[A-Za-z-]{0,12}[0-9])[A-Za-z0-9]{4,16}(?:-[A-Za-z0-9]{3,12}){0,4}["']?`;

/** Values of a Secret of Kubernetes, each in base64. */
const member = String.raw`[ ]{1,12}["']?[A-Za-z0-9._-]{1,128}["']?: {1,4}["']?[A-Za-z0-9+/]{4,65536}={0,2}["']?(?=\n|$)`;
const members = String.raw`${member}(?:\n${member}){0,63}`;

/** Secrets as people note them for one another, and as lists and manifests hold several at once. */
export const notedFormats: readonly ContextFormat[] = [
  {
    kind: 'recovery-code',
    starts: [
      ...['recovery', 'backup', 'scratch', 'emergency', 'wiederherstellungs', 'notfall'].flatMap(
        (word) => ['', ' ', '_', '-'].map((by) => `${word}${by}code`),
      ),
      'codes de',
    ],
    pattern: new RegExp(
      String.raw`(?:(?:recovery|backup|scratch|emergency|wiederherstellungs|notfall)[ _-]?codes?|codes? de (?:secours|récupération))["']?(?: are| is| sind)?[ \t]{0,4}[:=]?\s{1,16}\[?\s{0,16}(${code}(?:[ \t]*[,;]?\s{1,16}${code}|,${code}){0,31})`,
      'iy',
    ),
    leave: (codes) => codes.replaceAll(/[^A-Za-z0-9]/g, '').length < 8,
  },
  {
    // `密码是 …`, `パスワードは…`
    kind: 'assignment',
    starts: [
      ...chinese.flatMap((word) => [`${word}是`, `${word}为`, `${word}為`]),
      'パスワードは',
      '비밀번호는',
    ],
    pattern: new RegExp(
      String.raw`(?:${chinese.join('|')}|パスワード|비밀번호)(?:是|为|為|は|는)[:：]?[ \t]{0,4}["'\`「]?([!#-&(-~]{6,256})`,
      'y',
    ),
    leave: looksLikeCode,
  },
  {
    kind: 'assignment',
    starts: [...foreignStarts, ...beforeSign('cle'), 'cle_', 'cle-'],
    pattern: new RegExp(
      String.raw`(?<![A-Za-z_\u00c0-\u024f])(?:${foreignKeys})(?:[ _-](?:api|de api|d.api))?${sign}([A-Za-z0-9+/_=.~-]{8,512})`,
      'iy',
    ),
    leave: (secret) => !looksStrong(secret) || !(secret.length < 16 || looksIssued(secret)),
  },
  {
    // `log in as admin / …`
    kind: 'sentence',
    starts: ['log in', 'login', 'logged in', 'sign in', 'credentials', 'zugang'],
    holds: ' / ',
    within: 120,
    pattern:
      /(?:log(?:ged)? ?in|sign in|credentials|zugang(?:sdaten)?)[^\n/]{0,80}?[A-Za-z0-9_.@-]{2,64}["'`]? \/ ["'`]?([^\s"'`,;<>/]{6,128})/iy,
    leave: (secret) => !looksStrong(secret.replace(/[.!?)]+$/, '')),
  },
  {
    // `creds: admin/…`, `login = bob:…`
    kind: 'sentence',
    starts: ['cred', 'login', 'zugang'],
    holdsOneOf: ':=',
    within: 20,
    pattern:
      /(?:creds?|credentials|login|zugang(?:sdaten)?)[ \t]{0,2}[:=][ \t]{0,4}["'`]?[A-Za-z0-9_.@-]{2,64} ?[:/] ?([^\s"'`,;<>/]{6,128})/iy,
    leave: (secret) => !looksStrong(secret.replace(/[.!?)]+$/, '')),
  },
  {
    kind: 'sentence',
    starts: ['admin:', 'administrator:', 'root:', 'guest:', 'postgres:'],
    pattern:
      /(?<![\w/.-])(?:admin|administrator|root|guest|postgres):([^\s:"'`,;/@]{8,128})(?![^\s"'`,;.)])/y,
    leave: (secret) => !looksStrong(secret),
  },
  {
    // `withCredentials("admin", "…")`, `auth=("me", "…")`
    kind: 'declaration',
    starts: ['credential', 'basicauth', 'basic_auth', 'authenticate(', 'login(', 'auth=(', 'auth('],
    holds: '(',
    within: 16,
    pattern:
      /(?:credentials?|basic_?auth|authenticate|login|auth=?)\((?!.A[KS]IA)["'][^"'\n]{1,64}["'],[ ]{0,2}["']([^\s"'\\]{6,256})["']/iy,
    leave: (secret) =>
      looksLikeCode(secret) ||
      !(looksStrong(secret) || isScrambled(secret) || /[!@#$%^&*]/.test(secret)),
  },
  {
    // Calls that take who and with what: of data bases, directories, libraries of HTTP
    kind: 'declaration',
    starts: [
      'pdo(',
      'mysqli',
      'mysql_connect',
      'dbi->connect',
      'getconnection',
      'bind(',
      'userpwd',
    ],
    pattern:
      /(?:(?:PDO|mysqli(?:_connect)?|mysql_connect|DBI->connect|getConnection)\((?:["'][^"'\n]{1,200}["'],\s{0,4}){2}|bind\(["'][^"'\n]{1,200}["'], ?|USERPWD["']?(?:,|=>| =>| =|=) ?["'][^"':\n]{1,64}:(?=[^"'\n]{1,128}["']))["']?([^"'\s\\]{6,256})["']/iy,
    leave: (secret) =>
      looksLikeCode(secret) ||
      !(looksStrong(secret) || isScrambled(secret) || /[!@#$%^&*]/.test(secret)),
  },
  {
    kind: 'declaration',
    starts: ['jwt.', ':auth(', '.auth('],
    pattern:
      /(?:jwt\.(?:sign|verify|encode|decode)\([^()"'\n]{1,80},[ ]?|[:.]auth\()["']([^"'\s\\]{8,256})["']/iy,
    leave: (secret) => looksLikeCode(secret) || !looksStrong(secret),
  },
  {
    kind: 'assignment',
    starts: ['pw:', 'pw=', 'pw '],
    pattern: /(?<![A-Za-z0-9])pw[ ]?[:=][ ]?["'`]?([^\s"'`,;<>]{6,256})/iy,
    leave: (secret) => looksLikeCode(secret) || !/[0-9]/.test(secret) || !/[A-Za-z]/.test(secret),
  },
  {
    kind: 'assignment',
    starts: ['routing_key', 'integration_key', 'erlang_cookie', 'device_code', 'user_code'],
    pattern: new RegExp(
      String.raw`(?:(?:routing|integration)_key${sign}(?=[0-9a-f]{32}(?![0-9a-z])|R[A-Z0-9]{31}(?![A-Z0-9]))|(?:erlang_cookie|device_code|user_code)${sign})([A-Za-z0-9_-]{8,512})`,
      'iy',
    ),
    leave: looksLikeCode,
  },
  {
    kind: 'session-cookie',
    starts: ['wordpress_'],
    pattern: /wordpress_(?:logged_in|sec)_[0-9a-f]{6,64}=([^\s"'\\;,]{16,4096})/y,
  },
  {
    kind: 'one-time-seed',
    starts: ['authenticator', 'two-factor'],
    pattern:
      /(?:authenticator|two-factor)[^\n:]{0,60}:\s{0,4}((?:[A-Za-z2-7]{4}[ -]){3,15}[A-Za-z2-7]{2,4})(?![A-Za-z0-9])/iy,
    leave: (seed) => !/[2-7]/.test(seed),
  },
  {
    // What a service mixes into its digests
    kind: 'assignment',
    starts: ['salt'],
    pattern: new RegExp(
      String.raw`(?<=[A-Za-z][_-]|[a-z])(?:SALT|[Ss]alt)${sign}([A-Za-z0-9+/_=.~-]{16,512})`,
      'y',
    ),
    leave: (secret) => looksLikeCode(secret) || !looksIssued(secret),
  },
  {
    // WordPress: signs and blanks in it, and its name has its own row.
    kind: 'declaration',
    starts: ['auth_key', 'auth_salt', 'logged_in_', 'nonce_key', 'nonce_salt'],
    pattern:
      /(?:auth|logged_in|nonce)_(?:key|salt)["'],[ \t]{0,20}(?:'([^'\n]{16,128})'|"([^"\n]{16,128})")/iy,
    leave: (secret) => looksLikeCode(secret) || secret.startsWith('put your'),
  },
  {
    kind: 'app-password',
    starts: ['pass'],
    before: ' _-',
    isNone: isNotOfApplication,
    pattern: new RegExp(
      String.raw`(?<=app(?:lication)?[ _-](?:specific[ _-])?)pass(?:word)?${sign}((?:[a-z]{4} ){3}[a-z]{4})(?![a-z])`,
      'iy',
    ),
  },
  {
    kind: 'wallet-key',
    starts: ['wif'],
    pattern: /(?<![A-Za-z])wif["']?[ ]?[:=][ ]?["']?([5KLc9][A-Za-z0-9]{50,51})(?![A-Za-z0-9])/iy,
  },
  {
    // Addresses that open something for whoever has them.
    kind: 'address-key',
    starts: [
      ...['reset', 'verify', 'confirm', 'invite', 'magic', 'activate'].flatMap((word) => [
        `${word}/`,
        `${word}=`,
      ]),
      'reset-password',
      'verify-email',
      'confirmation',
      'invitation',
      'magic-link',
    ],
    pattern:
      /(?:reset(?:-password)?|verify(?:-email)?|confirm(?:ation)?|invit(?:e|ation)|magic(?:-link)?|activate)[/=]([A-Za-z0-9_-]{20,256})(?![\w/-])/y,
    leave: (secret) => !looksStrong(secret),
  },
  {
    kind: 'address-key',
    starts: ['hook/', 'hooks/'],
    pattern:
      /(?<=https?:\/\/[^\s"'<>]{1,120})hooks?\/(?:[\w-]{1,40}\/){0,2}([A-Za-z0-9_-]{20,256})(?![\w-])/y,
    leave: (secret) => !(looksStrong(secret) || isDigest(secret)),
  },
  {
    kind: 'saml-message',
    starts: ['samlresponse', 'samlrequest'],
    pattern: /SAML(?:Response|Request)["']?[=:] ?["']?([A-Za-z0-9+/%=_-]{20,65536})/iy,
  },
  {
    kind: 'session-cookie',
    starts: ['session', 'sessid', 'sid"', 'csrf'],
    isNone: isNotQuotedName,
    pattern:
      /(?:session|sessid|sid|csrf)[\w.-]{0,20}\\?["'](?:,? ?\\?"value\\?": ?\\?"|[ ]{1,4}(?:content|value)=["'])([^"'\\\s]{16,4096})/iy,
    leave: looksLikeCode,
  },
  {
    kind: 'markup-secret',
    starts: ['type="password', '<pass', 'clear-text', 'cleartext'],
    pattern:
      /(?:type="password"[^<>\n]{0,200}? value="|<Pass(?:word)? [^<>\n]{1,80}>|clear-?text=")([^"<>\s]{4,256})/iy,
    leave: isPlaceholder,
  },
  {
    kind: 'encryption-key',
    starts: ['secure:', 'encrypt', "crypt'"],
    pattern:
      /(?<![A-Za-z])(?:secure: ["']?|encrypt["']?[ ]?[:=] ?["']?|crypt' ?=> ?\[\s{0,20}'key' ?=> ?')([A-Za-z0-9+/]{22,1024}={0,2})(?![A-Za-z0-9_])/y,
    leave: (secret) => !looksStrong(secret),
  },
  {
    kind: 'registry-auth',
    starts: ['bundle_'],
    pattern:
      /BUNDLE_[A-Z0-9_]{3,80}["']?[:=] ?["']?(?![0-9a-f]{8}:[0-9a-f]{8}(?![0-9a-z]))[^\s:"']{1,64}:([^\s"']{6,256})/y,
    leave: (secret) => looksLikeCode(secret) || secret.startsWith('//'),
  },
  {
    kind: 'named-value',
    starts: ['chpasswd:'],
    pattern:
      /chpasswd:\s{1,8}(?:expire: [A-Za-z]{1,8}\s{1,8})?list: \|\s{1,12}[^\s:]{1,64}:([^\s]{6,256})/y,
  },
  {
    kind: 'card-pin',
    starts: ['pin:', 'pin=', 'pin ', 'puk:', 'puk=', 'puk '],
    pattern:
      /(?<![A-Za-z0-9])(?:PIN|PUK)[1-9]?(?:[ -]?code)?(?:[ \t]?[:=][ \t]?| is )([0-9]{6,12})(?![0-9A-Za-z.])/y,
  },
  {
    // `secret_id   …`, as a table of Vault has it
    kind: 'named-value',
    starts: ['secret_id '],
    pattern: /secret_id[ \t]{1,40}([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/y,
  },
  {
    kind: 'registry-auth',
    starts: ['.dockerc'],
    pattern: new RegExp(String.raw`\.dockerc(?:onfigjson|fg)${sign}([A-Za-z0-9+/=]{16,8192})`, 'y'),
  },
  {
    kind: 'manifest-secret',
    starts: ['kind: secret', "kind: 'secret", 'kind: "secret'],
    holds: 'ata:',
    within: 2048,
    pattern: new RegExp(
      String.raw`kind: ["']?Secret["']?(?: *\n[^\n]{0,400}(?:\n[^\n]{0,400}){0,19}?)??\n[ ]{0,8}(?:data|stringData): *\n(${members})`,
      'y',
    ),
  },
  {
    kind: 'manifest-secret',
    starts: ['data:'],
    pattern: new RegExp(
      String.raw`(?<![A-Za-z])data: *\n(${members})(?=\n(?:[^\n]{0,400}\n){0,30}?kind: ["']?Secret)`,
      'y',
    ),
  },
  {
    kind: 'manifest-secret',
    starts: ['"data'],
    holds: '"kind"',
    within: 4096,
    pattern: /"data": ?\{([^{}]{8,4096})\}(?=[^]{0,2048}?"kind": ?"Secret")/y,
  },
  {
    kind: 'manifest-secret',
    starts: ['"kind'],
    holds: '"data"',
    within: 2048,
    pattern: /"kind": ?"Secret"[^]{0,1024}?"data": ?\{([^{}]{8,4096})\}/y,
  },
];

/** What does not stand behind `app`, `application` or `specific` and one sign, of which the last letter tells most. */
function isNotOfApplication(units: Uint16Array, at: number): boolean {
  return isLastBefore[Math.min(units[at - 2] ?? 0, beyond)] !== 1;
}
const isLastBefore = setOf('pPnNcC');

/** Whether the word that begins here ends without a quote, or too far away. */
function isNotQuotedName(units: Uint16Array, at: number): boolean {
  let end = at;
  while (end < at + 32 && isInName[Math.min(units[end] ?? 0, beyond)] === 1) end += 1;
  return isAfterName[Math.min(units[end] ?? 0, beyond)] !== 1;
}
const isAfterName = setOf(`"'\\`);
