import { always, bare, type Rule } from './rule.ts';

/** Paths that leave their folder or name what nobody should read. */
export const pathTraversal: readonly Rule[] = [
  always(/(?<![./\\])(?:\.{2,6}[\\/]{1,3}){4}/u),
  // Three levels up are where modules lie that are imported, in sentences about them too.
  always(/(?<![./\\])(?:\.{2,6}[\\/]{1,3}){3}(?![\w@-])/u),
  bare(/(?<![./\\])(?:\.{2,6}[\\/]{1,3}){3}/u),
  always(
    /(?<![./\\])(?:\.\.[\\/]{1,3}){1,20}(?:etc|proc|root|windows|winnt|boot\.ini|home|usr|dev|sys|\.ssh|\.git\/|\.env|\.aws|\.npmrc)\b/u,
  ),
  always(/\.\.(?:%2f|%5c|%c0%af|%c1%9c|%u2215|%u2216|%25|;\/|%00)/u),
  always(/(?:%2e|%252e|%c0%ae|%u002e){2}/u),
  always(/\.\.\.\.[\\/]{2}/u),
  always(
    /(?:\.\.|(?:0x2e|%(?:25)?2e|%%?c0%(?:2e|6e|\.|ae)|%c0\.|%uff0e|%%32%%65|[.?]){2})(?:0x2f|0x5c|%%3[25]%%6[36]|%c[01]%\w{2}|%bg%qf|%uefc8|%uf025|%u221[56]|%(?:25){1,3}(?:2f|5c))/u,
  ),
  always(/(?:php|zip|phar|expect|glob|compress\.zlib|jar|netdoc):\/{2}\S/u),
  always(
    /\/(?:proc\/(?:self|\d{1,7})\/(?:environ|cmdline|maps|mem|fd|root|cwd|exe)|etc\/(?:shadow|sudoers|gshadow)|root\/\.ssh)/u,
  ),
  bare(/(?:^|[\\/=:"'\s])\.\.(?:[\\/]|$|;|\0)/u),
  bare(
    /\/etc\/(?:passwd|shadow|group|hosts|hostname|issue|motd|resolv\.conf|ssh|ssl|mysql|apache2?|nginx|crontab|fstab|sudoers)/u,
  ),
  bare(/(?:^|[\s"'=:(,]|\.\.)\/(?:proc|sys|dev|root|boot)\/\w/u),
  bare(
    /\b(?:[a-z]:)?[\\/]{1,2}(?:windows|winnt|boot\.ini|inetpub|system32|programdata|autoexec|pagefile)\b/u,
  ),
  bare(
    /\b(?:win\.ini|boot\.ini|web\.config|wp-config\.php|\.htpasswd|\.htaccess|id_rsa|id_ed25519|authorized_keys|known_hosts|\.bash_history|\.git\/(?:config|head|hooks|index)|\.aws\/credentials|\.ssh\/|\.kube\/config|\.docker\/config|\.npmrc|\.pgpass|\.netrc|\.git\/)/u,
  ),
  bare(/^\\{2,8}[\w.?]{1,60}\\/u),
  bare(/%00|\0|\\0\b|\\x00|\\u0000/u),
  bare(/^(?:~(?:root)?|\/home\/[\w-]{1,40})\/\.\w/u),
  bare(/^~\w{1,20}\//u),
  bare(/^\/(?:etc|var|root|tmp|run|bin)\/\S/u),
  bare(/(?:^|[\\/])(?:\.git|git~\d|\.ssh|\.aws|\.kube|\.gnupg|\.svn)(?:[\\/]|$)/u),
  bare(/\betc[\\/]{1,2}(?:passwd|shadow|group|hosts)\b/u),
  bare(/(?:^|[\\/])\.{3,}[\\/]/u),
  bare(/\.(?:php|asp|aspx|jsp|exe|sh|bat|cmd)(?:%00|;|\0|\.jpg|\.png|::\$data)/u),
  bare(/::?\$(?:data|index_allocation)\b/u),
  bare(/^(?:con|prn|aux|nul|com[1-9]|lpt[1-9])(?:\.\w{1,5})?$/u),
];

/** Addresses of this machine, its network or its cloud, and the ways to write them so that a list misses them. */
export const internalAddress: readonly Rule[] = [
  always(
    /\b169\.254\.169\.254\b|\b169\.254\.170\.2\b|\[?fd00:ec2::254\]?|\bmetadata\.(?:google\.internal|goog|azure\.internal)\b|\b100\.100\.100\.200\b|\b192\.0\.0\.192\b/u,
  ),
  always(
    /\b(?:gopher|dict|ldap|ldaps|tftp|sftp|jar|netdoc|ogg|expect):(?:\/\/|https?:|ftp:|file:)\S/u,
  ),
  always(
    /https?:\/\/(?:0x[\da-f]{1,8}(?:\.0x[\da-f]{1,4}){0,3}|0[0-7]{1,11}(?:\.[0-7]{1,4}){0,3}|\d{8,10})(?:[:/?#]|$|\s)/u,
  ),
  always(/https?:\/\/[^\s/@]{1,100}@(?:localhost|127\.|10\.|192\.168\.|169\.254\.|0\.|\[)/u),
  bare(
    /^\s{0,5}(?:https?|wss?|ftp|ssh|git):\/{0,3}(?:[^\s/@]{0,60}@)?(?:localhost|localtest\.me|lvh\.me|[\w.-]{0,60}(?:\.nip\.io|\.sslip\.io|\.xip\.io|\.local|\.internal|\.localhost|\.lan|\.corp|\.home|\.intranet|\.localdomain)|127\.|10\.|0\.|0:|0\/|172\.(?:1[6-9]|2\d|3[01])\.|192\.168\.|169\.254\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|22[4-9]\.|23\d\.|24\d\.|25[0-5]\.|198\.1[89]\.|192\.0\.[02]\.|203\.0\.113\.|198\.51\.100\.|\[|0x|0\d|\d{6,11}(?:[:/]|$)|spoofed\.|localhost\.)/u,
  ),
  always(/(?:^|[./@\s])(?:127|10|192|172|169|0)(?:[.-]\d{1,3}){3}\.(?:nip|sslip|xip)\.io\b/u),
  bare(/^(?:localtest\.me|lvh\.me|vcap\.me)$|^\d{0,3}:\/\/\S/u),
  bare(/^\s{0,5}file:/u),
  bare(/^\s{0,5}(?:https?:)?\/{2,}(?:localhost|127\.|10\.|192\.168\.|0\.|\[::)/u),
  bare(
    /^\s{0,5}(?:127\.(?![\d.]{1,12}\s-\s\S{1,40}\s\[)|0\.0\.0\.0|localhost(?::|\/|$)|::1|\[::|0x7f|2130706433|017700000001)/u,
  ),
  bare(
    /^\s{0,5}https?:\/\/(?:instance-data|metadata|[\w.-]{1,100}\.(?:svc|default|cluster))(?:[.:/]|$)/u,
  ),
  bare(/^\s{0,5}https?:\/\/[a-z][a-z\d-]{0,60}(?::\d{1,5})?\/?$/u),
  bare(/[\u2460-\u24FF\u3002\uFF0E\uFF61]/u),
];

/** Addresses that lead elsewhere than they seem to. */
export const dangerousUrl: readonly Rule[] = [
  always(/https?:\/\/[^\s@]{0,80}[\uFF03\uFF0F\uFF20\uFF3C]\w/u),
  bare(/[?&]\w{1,20}=(?:[a-z]{3,8}:(?:\/\/|%)|%2f|\/(?:etc|var|tmp|proc|usr|home|root|opt)\/)/u),
  always(/https?:\/\/[^\s/@]{1,80}(?:\.com|\.org|\.io|\.net)(?::[^\s/@]{0,40})?@[^\s/]/u),
  bare(/^\s{0,5}(?:\/{2,}|\/\\|\\{1,2}\/|\\\\|https?:(?!\/\/))[\w.@-]/u),
  bare(
    /^\s{0,5}(?:https?:\/\/[^\s]{0,200})?(?:\/[\w/-]{0,80})?[?&](?:next|url|redirect|return|goto|dest|continue|redirect_uri|return_to)=(?:https?:|\/\/|%2f%2f|\\)/u,
  ),
  bare(/^\s{0,5}https?:\/{3,}|^\s{0,5}https?:\/?\\|^https?:\/\/[^\s/]{0,80}[\\#?]@/u),
  bare(/^\s{0,5}https?:\/\/[^\s/]{0,80}@/u),
  bare(/^\s{0,5}https?:\/\/xn--/u),
  bare(/^\s{0,5}\/{1,5}(?:[\t ;<\\]|https?:)/u),
];
