import type { ContextFormat } from './context-format.ts';
import { looksLikeCode, looksRandom, looksStrong } from './not-a-secret.ts';
import { nameStarts } from './secret-names.ts';

const logins = '(?:docker|podman|buildah|skopeo|nerdctl|oras|crane|helm registry|az|oc) login';
const mongo = 'mongo(?:sh|dump|restore|export|import)?';
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
    leave: (secret) => looksLikeCode(secret) || /^(?:[0-9]{1,6}|[a-z]{1,8})$/.test(secret),
  },
  {
    kind: 'argument',
    starts: [' -u', '--user'],
    holds: ':',
    within: 270,
    pattern: /(?: -u|--user)[ =]?["']?([A-Za-z0-9_-]{20,256}):(?=["'\s]|$)/y,
    leave: (secret) => !looksRandom(secret),
  },
  {
    kind: 'argument',
    starts: nameStarts,
    before: '-',
    pattern:
      /(?=[A-Za-z-]{3,13}[ =])(?<=(?:^|[\s"'`])--?(?:[A-Za-z]{1,20}-){0,3})(?:password|passwd|pass|token|secret|api-?key|access-?token|auth-?token|client-?secret)[ =]["']?(?!-)([^\s"'\\]{6,1024})/iy,
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
    pattern: /ConvertTo-SecureString (?:-String )?["']([^"'\n$]{4,256})["']/iy,
  },
  {
    kind: 'directive',
    starts: ['bindpw', 'rootpw'],
    pattern: /(?<![A-Za-z0-9_-])(?:bindpw|rootpw)[ \t]{1,16}["']?([^\s"'<>]{6,256})/y,
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
    starts: ['echo'],
    pattern:
      /(?:echo|printf)(?: -n| %s)? ["']?([^\s"'\\|]{6,1024})["']? ?\| ?[^\n|]{1,100}--password-stdin/y,
    leave: looksLikeCode,
  },
  {
    kind: 'cookie',
    starts: [' -b', '--cookie'],
    pattern: /(?: -b|--cookie)[ =]?["']([A-Za-z0-9_.-]{1,100}=[^"'\n]{8,4096})["']/y,
    leave: (pairs) => !looksStrong(pairs.slice(pairs.indexOf('=') + 1)),
  },
  {
    kind: 'mask-command',
    starts: ['::add-mask::'],
    pattern: /::add-mask::([^\s"'\\]{6,1024})/y,
    leave: looksLikeCode,
  },
  {
    kind: 'device-secret',
    starts: ['snmp-server', 'enable '],
    pattern: /(?:snmp-server community |enable (?:secret|password) [0-9] )([^\s]{6,128})/y,
    leave: looksLikeCode,
  },
];
