import { always, bare, type Rule } from './rule.ts';

/** Text that a template engine runs. */
export const templateInjection: readonly Rule[] = [
  always(
    /(?:\{\{|\$\{|#\{|<%=?|\*\{|@\{|\[\[|\{%|@\()\s{0,5}["']?\d{1,9}["']?\s{0,5}[*+]\s{0,5}["']?\d{1,9}/u,
  ),
  always(/\$\{\s{0,3}(?:jndi|\$\{|(?:lower|upper|env|sys|java|ctx|date|main|::-)\s{0,3}:)/u),
  always(
    /(?:\{\{|\{%|\$\{|#\{|<%)[^\n{}%]{0,200}(?:__class__|__mro__|__globals__|__subclasses__|__builtins__|__init__|__import__|\.constructor\b|getruntime|freemarker\.template|java\.lang|processbuilder|popen|os\.system|child_process|self\._templatereference|request\.application|config\.items|cycler|joiner|lipsum|get_flashed_messages|_self\.env|registerundefinedfiltercallback|file_get_contents|system\s?\(|exec\s?\(|passthru|phpinfo|readfile|open\s?\()/u,
  ),
  always(/<#assign\b[^>]{0,200}\?new\s?\(/u),
  always(/\{\s{0,3}(?:php|smarty\.(?:version|template))\b/u),
  always(/#set\s{0,3}\(\s{0,3}\$\w{1,20}\s{0,3}=/u),
  always(/\{\{\s{0,5}(?:config|self|settings|request|app|_self|dump)\s{0,5}(?:\}\}|\.|\[|\()/u),
  always(/\bt\(\s{0,3}java\.lang|\$\{t\s{0,3}\(/u),
  bare(/\{\{[^\n{}]{0,200}\}{1,2}/u),
  bare(/\{%[^\n%]{0,200}%\}/u),
  bare(/<%[^\n%]{0,200}%>/u),
  bare(/#\{[^\n{}]{0,200}\}/u),
  bare(/[*@~]\{[^\n{}]{0,200}\}/u),
  bare(/<\?(?:php|=)/u),
  bare(/@\([^\n)]{1,100}\)/u),
  bare(/\$(?:class|!?\w{1,20})\.(?:inspect|getclass|forname|type)\b/u),
];

/** Line breaks that become headers, log lines or protocol commands. */
export const headerInjection: readonly Rule[] = [
  always(
    /(?:%0d|%0a|%e5%98%8[ad]|\\r|\\n|\r|\n)\s{0,5}(?:set-cookie|location|content-type|content-length|x-[\w-]{1,30}|host|transfer-encoding|access-control-[\w-]{1,30}|refresh|link)\s{0,3}(?::|%3a)\s{0,5}\S/u,
  ),
  always(/\r\n\r\n\s{0,5}<|%0d%0a%0d%0a/u),
  always(/\bhttp\/1\.[01]\s{0,3}(?:\r|\n|%0d|%0a|\\r)/u),
  bare(/%0[ad]|%e5%98%8[ad]|%u000[ad]|\\r\\n/u),
  bare(/[\r\u0085\u2028\u2029\v\f]/u),
  bare(
    /\n\s{0,3}(?:bcc|cc|to|from|subject|reply-to|co-authored-by|signed-off-by|date|content-\w{1,20}|helo|mail from|rcpt to|data|quit|get|post|put|delete)\b[: ]/u,
  ),
  bare(
    /\n\s{0,3}\S{0,80}(?:level|info|warn|error|\[|::(?:set-|add-|error|warning|debug|group|stop))/u,
  ),
  always(
    /(?:^|\n)::(?:set-output|set-env|add-path|add-mask|save-state|stop-commands|debug|notice|warning|error|group)\b[^\n]{0,100}::/u,
  ),
];

/** Cells that a spreadsheet runs. */
export const formulaInjection: readonly Rule[] = [
  always(
    /^\s{0,3}[=+@-]\s{0,3}(?:[\w(]{0,20})?(?:cmd|powershell|mshta|rundll32|dde|ddeauto)\s{0,3}[|(]/mu,
  ),
  always(
    /^\s{0,3}[=+@-]\s{0,3}(?:hyperlink|importxml|importdata|importhtml|importrange|importfeed|webservice|image|call|exec|register|filterxml|rtd|dde)\s{0,3}\(/mu,
  ),
  bare(/^[=@\t]\s{0,3}\w{1,20}\s{0,3}[(|+*]/u),
  bare(/^[=+-]{1,2}\s{0,3}\d{1,9}\s{0,3}[+*-]\s{0,3}\w/u),
  bare(/^[+-]\s{0,3}[a-z]{2,20}\s{0,3}\(/u),
];

export const prototypePollution: readonly Rule[] = [
  always(/\b__proto__\s{0,3}(?:\]|\[|\.\w|["']\s{0,3}:|=)/u),
  always(
    /\bconstructor\s{0,3}(?:\]\s{0,3}\[|\.|\[|["']\s{0,3}:\s{0,3}\{\s{0,3}["'])\s{0,3}["']?prototype\b/u,
  ),
  bare(/\b__(?:proto__|definegetter__|definesetter__|lookupgetter__)/u),
  bare(/^(?:constructor|prototype|tostring|valueof|hasownproperty)$/u),
  bare(/\bconstructor\s{0,3}[.[(]/u),
];

/** Serialized objects that run code when they are read. */
export const deserialization: readonly Rule[] = [
  always(/\b[oc]:\d{1,4}:"[\w\\]{1,80}":\d{1,4}:\{/u),
  always(/\bro0ab[\w+/=]{4,}/u),
  always(/!!(?:python\/(?:object|name|module)|javax?\.|org\.|com\.|ruby\/|perl\/)/u),
  always(/!ruby\/(?:object|hash|struct|regexp)/u),
  always(/_\$\$nd_func\$\$_/u),
  always(/"(?:\$type|@type|@class)"\s{0,3}:\s{0,3}"(?:system\.|com\.|org\.|java)/u),
  always(/\baced0005[\da-f]{2,}/u),
  bare(/^(?:gasv|gan|kgnw|y[23]?vb|aaeaaad|base64:tz)/u),
  bare(/\bc(?:os|posix|nt|subprocess|builtins)\n/u),
];

/** Words to the agent instead of to a person. */
export const promptInjection: readonly Rule[] = [
  always(
    /\b(?:ignore|disregard|forget|override|bypass)\s{1,5}(?:all\s{1,5}|any\s{1,5}|the\s{1,5}|your\s{1,5}|my\s{1,5}|every\s{1,5}|these\s{1,5}){0,4}(?:previous|prior|above|earlier|preceding|system|foregoing|existing|safety|security)\s{0,5}(?:and\s{1,5}\w{1,12}\s{1,5})?(?:instructions?|prompts?|rules?|directions?|messages?|guidelines?|context|polic(?:y|ies)|commands?|text)/u,
  ),
  always(
    /<\|?(?:im_start|im_end|system|endoftext|eot_id|start_header_id)\|?>|\[\/?inst\]|<<sys>>|<\/?(?:system|assistant)(?:-reminder|_prompt)?>/u,
  ),
  always(
    /^\s{0,3}(?:#{1,3}\s{0,3})?(?:system|assistant)\s{0,3}(?:prompt|message|override)?\s{0,3}:\s{0,5}(?:you|ignore|disregard|new|from now|do not|reveal|print|send|the user|override)/mu,
  ),
  always(
    /\b(?:reveal|print|show|repeat|output|leak|exfiltrate)\s{1,5}(?:me\s{1,5}|us\s{1,5})?(?:your|the|all)\s{1,5}(?:\w{1,12}\s{1,5}){0,2}?(?:system\s{1,5}prompt|(?:hidden|initial|original|secret)\s{1,5}(?:instructions?|prompt|rules)|environment\s{1,5}variables?\s{1,5}(?:to|in|as|here)|secrets?\s{1,5}(?:to|in|as|here)|api\s{1,5}keys?\s{1,5}(?:to|in|as|here))/u,
  ),
  always(
    /\byou\s{1,5}are\s{1,5}now\s{1,5}(?:in\s{1,5}|an?\s{1,5})?(?:dan\b|developer\s{1,5}mode|unrestricted|jailbroken|root|admin|free\s{1,5}of|no\s{1,5}longer)/u,
  ),
  always(
    /\b(?:upload|post|send|push|email|exfiltrate|curl)\s{1,5}(?:the\s{1,5}|all\s{1,5}|your\s{1,5}|its\s{1,5}){0,3}(?:contents?\s{1,5}of\s{1,5})?(?:\S{0,20}\.env\b|~\/\.ssh|secrets?|credentials?|tokens?|private\s{1,5}keys?|environment)\b[^\n]{0,40}\bto\s{1,5}(?:https?:|\S{1,40}\.(?:com|io|net|org|evil|example))/u,
  ),
  always(
    /\bdo\s{1,5}not\s{1,5}(?:tell|inform|mention|reveal|show)\s{1,5}(?:this\s{1,5}|it\s{1,5})?(?:to\s{1,5})?(?:the\s{1,5})?(?:user|maintainers?|reviewers?|humans?|anyone)\b/u,
  ),
];

/** Characters that a person does not see or sees elsewhere than they stand. */
export const hiddenText: readonly Rule[] = [
  always(/[\u202A-\u202E\u2066-\u2069]/u),
  always(/[\u{E0001}\u{E0020}-\u{E007F}]{2,}/u),
  always(/[\u200B\u2060\u2062-\u2064\uFEFF\u180E\u00AD]{3,}/u),
  always(/[^\P{Cc}\n\t\r][[\]PX^_()#]|\u009B/u),
  always(/[a-z0-9][\u200B\u2060\u00AD\uFEFF][a-z0-9]/u),
  always(
    /(?=\p{Script=Latin})[a-z]{1,20}[\u0430\u0435\u043E\u0440\u0441\u0443\u0445\u0456\u0458\u04CF\u0501\u03BF\u03B1\u03C1]/u,
  ),
  always(
    /[\u0430\u0435\u043E\u0440\u0441\u0443\u0445\u0456\u0458\u04CF\u0501\u03BF\u03B1\u03C1][a-z]/u,
  ),
  bare(/[^\P{Cc}\n\t\r]/u),
  bare(/[\u200B\u200C\u200E\u200F\u2060-\u206F\uFEFF\u{E0000}-\u{E0FFF}\uFFF9-\uFFFD]/u),
  bare(/[\uFF01-\uFF5E]{4,}/u),
];
