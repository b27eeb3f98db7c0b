import { always, bare, broken, type Rule } from './rule.ts';

/** Programs that somebody runs who tries whether anything runs at all. */
const tried =
  '(?:cat|ls|id|whoami|uname|hostname|pwd|ps|env|printenv|set|wget|curl|nc|ncat|netcat|ping|ping6|nslookup|dig|host|sleep|timeout|rm|mv|cp|dd|mkfs|chmod|chown|touch|tee|echo|printf|bash|sh|zsh|dash|ksh|csh|busybox|python[23]?|perl|ruby|php|node|lua|awk|sed|xargs|find|head|tail|less|more|grep|tac|nl|od|xxd|base64|base32|rev|sort|strings|ifconfig|ip|netstat|ss|route|crontab|at|kill|pkill|killall|reboot|shutdown|halt|poweroff|init|telnet|ssh|scp|ftp|tftp|socat|openssl|su|sudo|useradd|passwd|mount|umount|iptables|systemctl|service|cmd(?:\\.exe)?|powershell(?:\\.exe)?|pwsh|type|dir|net|netsh|reg|certutil|bitsadmin|mshta|regsvr32|rundll32|wmic|tasklist|systeminfo|ipconfig|del|start|calc(?:\\.exe)?|notepad|w|who|last|lsof|finger|mail|sendmail|exec|eval|source|export|yes|true|false|:)';
const gap = '(?:\\s|\\$\\{?ifs\\}?(?:\\$\\d)?|\\{|<|\\\\|%20|\\+|\\(|["\'])';

/** Text that runs a program when it reaches a shell. */
export const commandInjection: readonly Rule[] = [
  always(/\$\{?ifs\b/u),
  always(/\/dev\/(?:tcp|udp)\//u),
  // Programs of Windows that fetch what is run.
  always(
    /\bcertutil(?:\.exe)?\s[^\n]{0,40}-(?:urlcache|decode)\b|\bbitsadmin\s[^\n]{0,40}\/transfer\b|\bmshta(?:\.exe)?\s{1,5}(?:https?|vbscript|javascript):|\b(?:regsvr32|rundll32)(?:\.exe)?\s[^\n]{0,60}(?:https?:|javascript:|scrobj)/u,
  ),
  always(
    /\b(?:nc|ncat|netcat)\s{1,5}(?:-[a-z]{1,8}\s{1,5}){0,4}[^\n]{0,60}(?:-e\s|\/bin\/(?:ba)?sh|-c\s)/u,
  ),
  always(
    /(?:;|\||&|`|\$\(|\n)\s{0,10}(?:\/usr)?\/?(?:bin\/)?(?:cat|less|more|head|tail|nl|tac)\s{1,10}[^\n]{0,40}\/etc\/(?:passwd|shadow|hosts|group|issue|sudoers)/u,
  ),
  always(
    /(?:;|\|\|?|&&?)\s{0,5}(?:id|whoami|uname(?:\s{1,3}-a)?|ifconfig|ipconfig|systeminfo)\s{0,5}(?:;|\||&|#|$|["'`])/mu,
  ),
  always(
    /\$\(\s{0,5}(?:id|whoami|uname|hostname|cat|ls|wget|curl|nc|ping|sleep|rm|touch|printenv|env|nslookup|dig|bash|sh|python\d?|perl)\b[^)\n]{0,200}\)/u,
  ),
  always(
    /\brm\s{1,5}-[a-z]{0,6}[rf][a-z]{0,6}\s{1,5}(?:--no-preserve-root\s{1,5})?(?:\/(?:\s|\*|$|;|["'`&|])|~\/?(?:\s|$)|\/(?:etc|var|home|usr|bin|root)\b)/mu,
  ),
  always(/\(\)\s{0,5}\{\s{0,5}(?::|;|_|\w{1,20}\s{0,3};)\s{0,5};?\s{0,5}\}\s{0,5};/u),
  always(/:\s{0,3}\(\)\s{0,3}\{\s{0,3}:\s{0,3}\|/u),
  always(/\|\s{0,5}(?:\/bin\/)?(?:ba|z|da|k)?sh\s{0,5}(?:$|;|#|-[is]\b|-c\b)[^\n]{0,5}$/mu),
  always(
    /%0[ad](?:%0[ad])?(?:%20|\+|\s)?(?:cat|id|whoami|ls|wget|curl|ping|nc|sh|bash|uname|sleep)\b/u,
  ),
  always(
    /\b(?:powershell|pwsh)(?:\.exe)?\s{1,5}[^\n]{0,80}-(?:e|en|enc|encodedcommand|nop|w\s{1,3}hidden)\b/u,
  ),
  always(
    /\b(?:runtime\.getruntime\s?\(\s?\)|processbuilder|child_process|os\.(?:system|popen)|subprocess\.(?:call|popen|run|check_output)|__import__\s?\(\s?["'](?:os|subprocess))[^\n]{0,80}(?:id|whoami|\/etc\/|\/bin\/|calc|sleep|curl|wget|touch|cat\s|rm\s-)/u,
  ),
  always(
    /\b(?:system|exec|passthru|shell_exec|popen|eval|assert)\s?\(\s?(?:base64_decode\b|\$_(?:get|post|request|cookie|server)\b)/u,
  ),
  always(
    /\b(?:wget|curl)\s[^\n]{0,120}(?:;|&&|\|)\s{0,5}(?:sudo\s{1,5})?(?:\/bin\/)?(?:ba|z|da|k)?sh(?:\s{1,5}\/(?:tmp|dev)\/|\s{0,5}[;|&)])/u,
  ),
  always(/\b(?:phpinfo|passthru|shell_exec|proc_open)\s?\(\s?(?:["'$)]|\))/u),
  broken(
    new RegExp(
      `(?:;|\\||&|\`|\\$\\(|<\\(|>\\(|\\n|\\r|%0a|%0d|%26|%3b|%7c|\\^|!)${gap}{0,10}(?:/?(?:usr/)?(?:local/)?s?bin/|\\./|\\\\)?${tried}(?:\\b|$|[\\s;|&<>$\`"'\\\\{)])`,
      'u',
    ),
  ),
  broken(/`[^`\n]{0,100}(?:[;|&$<>]|\/(?:bin|etc|tmp|dev)\/)[^`\n]{0,100}`/u),
  broken(/\$\([^)\n]{1,200}\)?/u),
  broken(/\$\{[^}\n]{1,100}\}/u),
  broken(/\$(?:\{)?(?:path|home|shell|user|pwd|env|@|\*)\b|\$\d<<</u),
  broken(/(?:;|&&|\|\||\||&\s)\s{0,5}[^\s>]{1,40}\s{0,5}(?:;|&&|\|\||\||&|#|>|<)/u),
  broken(/^\s{0,5}(?:;|\||&(?!#?\w{1,10};))\s{0,5}\S/u),
  broken(/^\s{0,5}(?:[<>]\s{0,5}\/\w|<\()/u),
  broken(/^[^\s;|&]{1,40}\s{0,3}[;|&]\s{0,3}$/u),
  broken(/\/(?:usr\/)?(?:local\/)?s?bin\/(?:\w{1,20}|\?{1,10}|\*)/u),
  broken(/\/(?:\?{2,3}|b\?n|b\*n)\/[\w?*]{1,12}/u),
  broken(/(?:>|>>|<)\s{0,5}(?:\/(?:dev|tmp|etc|proc|var|root|home)\/|&\d)/u),
  broken(/\b\w{0,10}["'\\]{1,2}\w{0,10}["'\\]{1,2}\w{0,10}\s{1,3}\/etc\//u),
  broken(/\{\s{0,3}(?:cat|ls|id|wget|curl|ping|sleep|echo|rm|nc|bash|sh|touch)\s{0,3},/u),
  broken(/\b(?:wget|curl)\s{1,5}[^\n]{0,80}(?:https?:|\/\/|\d{1,3}\.\d{1,3}|-o\b|\||`|\$)/u),
  broken(
    /\b(?:system|exec|popen|eval|assert|passthru|shell_exec|execsync|spawn|spawnsync|require|import|__import__)\s{0,3}\(\s{0,3}["'`$]/u,
  ),
  // Words cut by quotes and backslashes, and braces that become words: a shell puts them together.
  broken(/(?:\b|\/)\w{0,8}(?:''|"")\w{1,8}[^\n]{0,30}\w(?:''|"")\w/u),
  broken(/^\{?,?\$?(?:\w{1,6}(?:""|''|\\)\w{0,8}){1,4}\}?$/u),
  broken(/^\w{1,3}(?:"\w{1,3}"\w{0,3}|'\w{1,3}'\w{0,3}){2,6}$/u),
  broken(/^\{,?[^{}\s]{0,60}(?:,-|\/\?|\$["'])[^{}\s]{0,60}\}\w{0,3}$/u),
  broken(/\$'[^'\n]{0,80}'\s{0,3}(?:&&|;|\|)/u),
  broken(/\\x[\da-f]{2}\\x[\da-f]{2}/u),
  broken(/%(?:comspec|systemroot|programfiles|userprofile|appdata|temp|windir)%/u),
  broken(/\b(?:cmd|powershell|pwsh)(?:\.exe)?\s{1,5}(?:\/[ck]\b|-[a-z]{1,14}\b)/u),
  broken(/<<<?\s{0,3}["']?\w/u),
];

/** A value that a program reads as an option. */
export const argumentInjection: readonly Rule[] = [
  always(
    /--(?:upload-pack|receive-pack|exec|output|checkpoint-action|to-command|use-compress-program|rsh|config|exec-path|ext-diff|textconv|open-files-in-pager|no-preserve-root|post-file|unix-socket|proxy)\s{0,3}=\s{0,3}\S{1,80}(?:;|\||&|`|\$|\/(?:tmp|bin|etc)|sh\b|touch|curl|id\b)/u,
  ),
  always(/-o\s{0,3}proxycommand\s{0,3}=/u),
  always(/\bext::(?:sh|bash|\S{1,20}\s)/u),
  always(
    /\b(?:core\.(?:sshcommand|fsmonitor|hookspath|pager|editor|gitproxy|worktree)|protocol\.ext\.allow|diff\.external|credential\.helper|filter\.\w{1,20}\.(?:clean|smudge|process)|alias\.\w{1,20})\s{0,3}=\s{0,3}["']?\S/u,
  ),
  bare(
    /^\+?refs\/\S{1,100}:refs\/|^\S{1,100}\s--?(?:force|exec|upload-pack|receive-pack|mirror|delete|config|output)\b/u,
  ),
  bare(/^\s{0,3}--?[a-z][\w-]{0,40}(?:=|\s|$|[./;|&$])/u),
];
