import type { ContextFormat } from './context-format.ts';
import {
  isDigest,
  isScrambled,
  looksIssued,
  looksLikeCode,
  looksRandom,
  looksStrong,
} from './not-a-secret.ts';

const logins = '(?:docker|podman|buildah|skopeo|nerdctl|oras|crane|helm registry|az|oc) login';
const mongo = '(?:mongo(?:sh|dump|restore|export|import)?|beeline|altool|notarytool)';
/** Programs that are given a password behind `-P`, or, in archives, right behind `-p`. */
const upperP = 'mosquitto_(?:pub|sub|rr)|sqlcmd|bcp|isql|osql|tsql|unzip|zip|ipmitool';
const archives = '7z[arz]?|7za|unrar|rar';
/** Programs that take a key as the last word of a sign-in. */
const signIns =
  'wandb|snyk|vercel|netlify|heroku|doctl|fly|flyctl|railway|supabase|sentry-cli|ngrok|firebase|huggingface-cli|cargo|npm|pulumi|doppler|infisical|cloudflared|travis|circleci|codecov|expo|eas|stripe|auth0|okta|databricks|prefect|pscale|neonctl|turso|hcloud|linode-cli|scw|civo|fastly|tailscale|gh|glab|nuget|gem|twine|poetry|atlas|replicate|modal|comet|clearml|neptune|dvc';
const words = String.raw`(?: [^\s]{1,100}){0,12}?`;
const value = String.raw`["']?([^\s"'\\]{4,256})`;

/** Secrets in the arguments of programs, as people type them and as shells and logs show them. */
export const commandFormats: readonly ContextFormat[] = [
  {
    kind: 'argument',
    starts: [' -u', '--user', '--proxy-user'],
    holds: ':',
    within: 150,
    pattern: /(?: -u|--user|--proxy-user)[ =]?["']?[^\s:"'\\]{1,128}:([^\s"'\\]{4,256})/y,
    // A user and a group.
    leave: (secret) =>
      looksLikeCode(secret) || secret.includes('://') || /^(?:[0-9]{1,6}|[a-z]{1,8})$/.test(secret),
  },
  {
    kind: 'argument',
    starts: [' -u', '--user'],
    holds: ':',
    within: 270,
    pattern:
      /(?: -u|--user)[ =]?["']?([A-Za-z0-9_-]{20,256}):(?=(?:[Xx]|api_token|x-oauth-basic)?(?:["'\s]|$))/y,
    leave: (secret) => !looksRandom(secret),
  },
  {
    kind: 'argument',
    starts: [
      ...['passphrase', 'password', 'passwd', 'pass', 'token', 'secret'].flatMap((name) => [
        `${name} `,
        `${name}=`,
      ]),
      ...['api', 'access', 'auth', 'client'].flatMap((name) =>
        ['key', 'token', 'secret'].flatMap((other) => [`${name}${other}`, `${name}-${other}`]),
      ),
    ],
    before: '-',
    holdsOneOf: ' =',
    within: 16,
    pattern:
      /(?=[A-Za-z-]{3,13}[ =])(?<=(?:^|[\s"'`])--?(?:[A-Za-z]{1,20}-){0,3})(?:passphrase|password|passwd|pass|token|secret|api-?key|access-?token|auth-?token|client-?secret)[ =]["']?(?!-)([^\s"'\\]{6,1024})/iy,
    leave: (secret) =>
      looksLikeCode(secret) ||
      /^(?:[A-Z]{1,20}_)?(?:TOKEN|SECRET|PASSWORD|PASS|KEY)[.,;:)\]]?$/.test(secret),
  },
  {
    kind: 'argument',
    starts: ['mysql', 'mariadb', 'sshpass'],
    pattern:
      /(?:(?:mysql|mysqldump|mysqladmin|mariadb)(?: [^\s]{1,100}){0,8}? -p|sshpass -p ?["']?)([^\s"'\\]{4,256})/y,
    leave: looksLikeCode,
  },
  {
    kind: 'argument',
    starts: [
      'docker',
      'podman',
      'buildah',
      'skopeo',
      'nerdctl',
      'oras',
      'crane',
      'helm registry',
      'az login',
      'oc login',
      'mongo',
      'beeline',
      'altool',
      'notarytool',
    ],
    pattern: new RegExp(`(?:${logins}|${mongo})${words} -p[ =]?${value}`, 'y'),
    leave: looksLikeCode,
  },
  {
    kind: 'argument',
    starts: ['redis-cli', 'ldap', 'secret set'],
    pattern: new RegExp(
      `(?:redis-cli${words} -a|ldap[a-z]{3,10}${words} -w|secret set${words} (?:--body|-b))[ =]?${value}`,
      'y',
    ),
    leave: looksLikeCode,
  },
  {
    kind: 'argument',
    starts: ['convertto-securestring'],
    pattern: /ConvertTo-SecureString (?:-String )?(?:"([^"\n$]{4,256})"|'([^'\n]{4,256})')/iy,
  },
  {
    kind: 'directive',
    starts: [
      'bindpw',
      'rootpw',
      'requirepass',
      'masterauth',
      'auth_pass',
      'auth-pass',
      'insecure-password',
      'stats auth',
    ],
    pattern:
      /(?<![A-Za-z0-9_])(?<![^\s-]-)(?:bindpw|rootpw(?: --[a-z]{1,20}){0,3}|requirepass|masterauth|auth_pass|auth-pass [^\s]{1,64}|insecure-password|stats auth [^\s:]{1,64}(?=:))[ \t:]{1,16}["']?([^\s"'<>]{6,256})/y,
    leave: looksLikeCode,
  },
  {
    kind: 'argument',
    starts: ['pass:'],
    pattern: /(?<=-pass(?:in|out)? {1,4}["']?)pass:([^\s"'\\]{4,256})/y,
    leave: looksLikeCode,
  },
  {
    kind: 'argument',
    starts: ['echo', 'printf'],
    pattern:
      /(?:echo|printf)(?: -n| -e| %s)? ["']?([^\s"'\\|]{6,1024})["']? ?\| ?(?:[^\n|]{1,100}--password-stdin|sudo -S|docker secret|vault|gh secret|pass insert|(?:sudo )?(?:chpasswd|passwd --stdin|kinit|cryptsetup|gh auth login))/y,
    leave: looksLikeCode,
  },
  {
    kind: 'argument',
    starts: ['mosquitto_', 'sqlcmd', 'bcp', 'isql', 'osql', 'tsql', 'unzip', 'zip ', 'ipmitool'],
    pattern: new RegExp(`(?<![A-Za-z0-9_-])(?:${upperP})${words} -P ?${value}`, 'y'),
    leave: looksLikeCode,
  },
  {
    kind: 'argument',
    starts: ['7z ', '7za', '7zr', '7zz', 'unrar ', 'rar '],
    pattern: new RegExp(`(?<![A-Za-z0-9_-])(?:${archives})${words} -(?:h?p)${value}`, 'y'),
    leave: looksLikeCode,
  },
  {
    kind: 'argument',
    starts: ['plink', 'pscp', 'psftp', 'xfreerdp', 'rdesktop', 'psexec', 'wmic'],
    pattern: new RegExp(
      `(?:(?:plink|pscp|psftp)(?:\\.exe)?${words} -pw |xfreerdp${words} /p:|(?:rdesktop|psexec|wmic)(?:\\.exe)?${words} [-/](?:p|password)[ :])${value}`,
      'iy',
    ),
    leave: looksLikeCode,
  },
  {
    kind: 'argument',
    starts: ['storepass', 'keypass'],
    pattern: /(?<= -[a-z]{0,4})(?:storepass|keypass)[ =]["']?([^\s"'\\]{6,256})/y,
    leave: looksLikeCode,
  },
  {
    // A name and a password with a sign of the program's own between them.
    kind: 'argument',
    starts: ['lftp', 'smbclient', 'smbmap', 'rpcclient'],
    pattern: new RegExp(
      `(?:lftp${words} -u ?["']?[^\\s,"']{1,64},|(?:smbclient|smbmap|rpcclient)${words} -U ?["']?[^\\s%"']{1,64}%|smbmap${words} -p )${value}`,
      'y',
    ),
    leave: looksLikeCode,
  },
  {
    kind: 'argument',
    starts: ['htpasswd', 'wpa_passphrase', 'net user', 'net use '],
    pattern: new RegExp(
      `(?:htpasswd -[a-zA-Z]{0,6}b[a-zA-Z]{0,6}(?: -[a-zA-Z]{1,3})? [^\\s]{1,200} [^\\s]{1,64} |wpa_passphrase ["']?[^\\s"']{1,64}["']? |net user [^\\s]{1,64} (?!/)|net use${words} /user:[^\\s]{1,100} (?!/))${value}`,
      'iy',
    ),
    leave: looksLikeCode,
  },
  {
    kind: 'argument',
    starts: [' -a ', ' -A '],
    holds: ':',
    within: 80,
    pattern:
      /(?<=(?:^|[\s;|&])(?:https?|xh|ab|hey)(?: [^\s]{1,80}){0,4}) -[aA] ["']?[^\s:"'\\]{1,64}:([^\s"'\\]{4,256})/y,
    leave: (secret) => looksLikeCode(secret) || secret.startsWith('//'),
  },
  {
    kind: 'argument',
    starts: ['put-parameter', 'mc alias', 'mc config', 'poetry config', 'user '],
    pattern: new RegExp(
      `(?:put-parameter${words} --value[ =]|mc (?:alias set|config host add)(?: [^\\s]{1,200}){3} |poetry config http-basic\\.[^\\s]{1,64} [^\\s]{1,64} |user [^\\s]{1,64} (?:on|off)(?: [^\\s]{1,64}){0,6}? >)${value}`,
      'y',
    ),
    leave: looksLikeCode,
  },
  {
    kind: 'argument',
    starts: [
      'sqlplus',
      'expdp',
      'impdp',
      'rman ',
      'add_user',
      'change_password',
      'operator unseal',
      '--cert',
      'openssl enc',
      'snmp',
      'codecov',
      'schtasks',
      'cmdkey',
    ],
    pattern: new RegExp(
      `(?:(?:sqlplus|expdp|impdp|rman)(?: -[A-Za-z]{1,4})? [^\\s/@"']{1,64}/|(?:add_user|change_password) [^\\s]{1,64} |operator unseal |--cert[ =][^\\s:]{1,200}\\.[a-z0-9]{2,4}:|openssl enc${words} -k |snmp[a-z]{2,10}${words} -[cAX] |codecov[^\\n]{0,60}? -t[ =]?|(?:schtasks|cmdkey)${words} /(?:rp|pass)[ :])["']?([^\\s"'\\\\@]{6,256})`,
      'y',
    ),
    leave: looksLikeCode,
  },
  {
    // `["mysql", "-uroot", "-p…"]`
    kind: 'argument',
    starts: ['"-p', "'-p"],
    pattern: /(?<=(?:mysql|mariadb)[^\n]{0,120})["']-p([^"'\s\\]{6,128})["']/y,
    leave: looksLikeCode,
  },
  {
    kind: 'argument',
    starts: ['createuser'],
    pattern:
      /createUser [^\s]{1,64} (?:MD5|SHA[0-9-]{0,4}) ("?[^\s"]{6,128}"?(?: (?:DES|AES[0-9]{0,3}) "?[^\s"]{6,128}"?)?)/y,
  },
  {
    kind: 'argument',
    starts: ['send ', 'send -'],
    pattern: /(?<![A-Za-z])send (?:-- )?["']([^\s"'\\]{6,128})\\[rn]/y,
    leave: (secret) => !(looksStrong(secret) || isScrambled(secret)),
  },
  {
    // `wandb login …`, `snyk auth …`
    kind: 'argument',
    starts: ['login ', 'auth ', 'authtoken '],
    pattern: new RegExp(
      `(?=(?:login|auth|authtoken) (?:-{0,2}[a-z-]{1,30}[ =]){0,3}[A-Za-z0-9_.-]{16})(?<=(?<![A-Za-z0-9_-])(?:${signIns})(?: --?[^\\s]{1,60}| config| [a-z]{1,12}){0,3} )(?:login|auth|authtoken) (?:-{0,2}[a-z-]{1,30}[ =]){0,3}([A-Za-z0-9_.-]{16,512})(?![^\\s"';|&])`,
      'y',
    ),
    leave: (secret) => !(looksIssued(secret) || isDigest(secret)),
  },
  {
    kind: 'cookie',
    starts: [' -b', '--cookie'],
    pattern: /(?: -b|--cookie)[ =]?["']([A-Za-z0-9_.-]{1,100}=[^"'\n]{8,4096})["']/y,
    leave: (pairs) => !looksStrong(pairs.slice(pairs.indexOf('=') + 1)),
  },
  {
    // `"AUTH" "…"`, as Redis logs it; `AUTH PLAIN …`, as servers of mail do
    kind: 'argument',
    starts: ['auth '],
    pattern: /(?<![A-Za-z])AUTH (?:PLAIN|LOGIN) ([A-Za-z0-9+/]{8,1024}={0,2})(?![A-Za-z0-9+/=])/y,
    leave: (secret) => !looksStrong(secret),
  },
  {
    kind: 'argument',
    starts: ['"auth"'],
    pattern: /"auth" (?:"[^"\s]{1,64}" )?"([^"\s]{6,256})"/iy,
    leave: looksLikeCode,
  },
  {
    // What the nodes of Erlang know each other by
    kind: 'argument',
    starts: ['-setcookie'],
    pattern: /-setcookie ["']?([^\s"'$]{6,256})/y,
  },
  {
    // Twilio's number of an account, and its key behind it
    kind: 'vendor-key',
    starts: [...'0123456789abcdef'].map((digit) => `AC${digit}`),
    isExact: true,
    pattern: /(?<![A-Za-z0-9])AC[0-9a-f]{32}["']?[,:][ ]?["']?([0-9a-f]{32})(?![A-Za-z0-9])/y,
  },
  {
    kind: 'mask-command',
    starts: ['::add-mask::'],
    pattern: /::add-mask::([^\s"'\\]{6,1024})/y,
    leave: looksLikeCode,
  },
  {
    kind: 'device-secret',
    starts: ['snmp-server', 'enable ', 'username '],
    pattern:
      /(?:snmp-server community |(?:enable|username [^\s]{1,64}(?: privilege [0-9]{1,2})?) (?:secret|password) (?:[0-9] )?)([^\s]{6,128})/y,
    leave: looksLikeCode,
  },
];
