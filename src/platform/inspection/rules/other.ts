import { always, bare, broken, type Rule } from './rule.ts';

/** Text that a template engine runs. */
export const templateInjection: readonly Rule[] = [
  always(
    /(?:\{\{|\$\{|#\{|<%=?|[*%]\{|@\{|\[\[|\{%|@\()\s{0,5}["']?\d{1,9}["']?\s{0,5}[*+]\s{0,5}["']?\d{1,9}/u,
  ),
  always(/\$\{\s{0,3}(?:jndi|\$\{|(?:lower|upper|env|sys|java|ctx|date|main|::-)\s{0,3}:)/u),
  always(
    /(?:\{\{|\{%|\$\{|#\{|<%)[^\n{}%]{0,200}(?:__class__|__mro__|__globals__|__subclasses__|__builtins__|__init__|__import__|\.constructor\b|getruntime|freemarker\.template|java\.lang|processbuilder|popen|os\.system|child_process|self\._templatereference|request\.application|config\.items|cycler|joiner|lipsum|get_flashed_messages|_self\.env|registerundefinedfiltercallback|file_get_contents|system\s?\(|exec\s?\(|passthru|phpinfo|readfile|open\s?\()/u,
  ),
  always(/[%$*]\{\s{0,5}\(?#\w{1,30}\s?=|@(?:ognl|java)\.[\w.]{1,60}@/u),
  always(/<#assign\b[^>]{0,200}\?new\s?\(/u),
  always(/\{\s{0,3}(?:php|\$?smarty\.(?:version|template\w{0,12}))\b/u),
  always(/#set\s{0,3}\(\s{0,3}\$\w{1,20}\s{0,3}=/u),
  always(/\{\{\s{0,5}(?:config|self|settings|request|app|_self|dump)\s{0,5}(?:\}\}|\.|\[|\()/u),
  always(/\.getclass\s?\(\)\s?\.\s?(?:forname|getclassloader|getmethod)\b|<\?=?\s?`/u),
  always(/\bt\(\s{0,3}java\.lang|\$\{t\s{0,3}\(/u),
  always(/\{[\w.[\]]{0,40}\.?__(?:class|init|globals|mro|dict|builtins)__/u),
  broken(/\{\{[^\n{}]{0,200}\}{1,2}/u),
  broken(/\{%[^\n%]{0,200}%\}/u),
  broken(/<%[^\n%]{0,200}%>/u),
  broken(/#\{[^\n{}]{0,200}\}/u),
  bare(/[*@~]\{[^\n{}]{0,200}\}/u),
  broken(/<\?(?:php|=)/u),
  broken(/@\([^\n)]{1,100}\)/u),
  bare(/\$!?\{?(?:class|\w{1,20})\.(?:inspect|getclass|forname|type)\b/u),
];

/** Places of a format that read or write what lies behind the text. */
export const formatString: readonly Rule[] = [
  always(/(?:%[\d$.-]{0,8}[npx]\W{0,2}){3}/u),
  bare(/(?:%[\d$.-]{0,8}[sdnpxou]\W{0,2}){3}/u),
  bare(/%\d{1,3}\$[-\d.]{0,6}[a-z]/u),
  bare(/^(?:%\d{0,4}[npx])+$|^%\(\w{1,40}\)[sdr]$/u),
  bare(/^(?:a{4,}|b{4,})[^\n]{0,20}%[\dpxns]/u),
];

/** Line breaks that become headers, log lines or protocol commands. */
export const headerInjection: readonly Rule[] = [
  always(
    /(?:%0d|%0a|%e5%98%8[ad]|\\r|\\n|\r|\n)\s{0,5}(?:set-cookie|location|content-type|content-length|x-[\w-]{1,30}|host|transfer-encoding|access-control-[\w-]{1,30}|refresh|link)\s{0,3}(?::|%3a)\s{0,5}\S/u,
  ),
  always(/\r\n\r\n\s{0,5}<|%0d%0a%0d%0a/u),
  always(
    /^[^\n]{1,60}\r?\n\s?\[?\d{4}-\d\d-\d\d[t ]\d\d:\d\d\S{0,20}\s{1,3}\W?(?:error|warn|info|debug|fatal|critical)\b[^\n]{0,200}$/u,
  ),
  always(/^[^\n{]{1,60}\r?\n\{\s?"(?:level|severity|timestamp|time|msg)"\s?:[^\n]{0,400}$/u),
  always(
    /^[\w.@-]{1,30}\n\s?\[?(?:warn(?:ing)?|error|info|debug|fatal|critical|notice)\b[\]:]?\s[^\n]{0,200}$/u,
  ),
  always(/(?:%0d)?%0a\s{0,3}(?:%5b|\[)?(?:error|warn(?:ing)?|info|debug|fatal|critical|notice)\b/u),
  always(/\bhttp\/1\.[01]\s{0,3}(?:\r|\n|%0d|%0a|\\r)/u),
  bare(/%0[ad]|%e5%98%8[ad]|%u000[ad]|\\r\\n/u),
  bare(/[\r\u0085\u2028\u2029\v\f]/u),
  bare(
    /\n\s{0,3}(?:bcc|cc|to|from|subject|reply-to|co-authored-by|signed-off-by|date|content-\w{1,20}|helo|mail from|rcpt to|data|quit|get|post|put|delete)\b[: ]/u,
  ),
  broken(
    /[^\n]\n[ \t]{0,3}\S{0,80}(?:level|info|warn|error|\[(?!skip\b|ci\b|x\]|\s\]|\^)|::(?:set-|add-|error|warning|debug|group|stop))/u,
  ),
  always(
    /(?:^|\n)::(?:set-output|set-env|add-path|add-mask|save-state|stop-commands|debug|notice|warning|error|group)\b[^\n]{0,100}::/u,
  ),
];

/** Cells that a spreadsheet runs. */
export const formulaInjection: readonly Rule[] = [
  always(
    /^\s{0,3}[=+@-]\s{0,20}(?:[\w(]{0,20})?(?:cmd|powershell|mshta|rundll32\w{0,60}|dde|ddeauto)\s{0,3}[|(]/mu,
  ),
  always(
    /^\s{0,3}[=+@-]\s{0,3}(?:hyperlink|importxml|importdata|importhtml|importrange|importfeed|webservice|image|call|exec|register|filterxml|rtd|dde)\s{0,3}\(/mu,
  ),
  broken(/^\s{0,5}[=@]\s{0,3}\w{1,20}\s{0,3}[(|+*](?![^\n]{0,80}\{)/u),
  bare(/^\s{0,5}[=+-]{1,2}\s{0,3}\d{1,9}\s{0,3}[+*-]\s{0,3}\w/u),
  bare(/^[+-]\s{0,3}[a-z]{2,20}\s{0,3}\(/u),
];

export const prototypePollution: readonly Rule[] = [
  always(/["']__proto__["']\s{0,3}:/u),
  always(/\b__proto__\s{0,3}(?:\]|\[|\.\w|["']\s{0,3}:|=)/u),
  always(
    /\bconstructor\s{0,3}(?:\]\s{0,3}\[|\.|\[|["']\s{0,3}:\s{0,3}\{\s{0,3}["'])\s{0,3}["']?prototype\b/u,
  ),
  bare(/\b__(?:proto__|definegetter__|definesetter__|lookupgetter__)/u),
  bare(/^(?:constructor|prototype|tostring|valueof|hasownproperty)$/u),
  bare(/\bconstructor\s{0,3}[.[(]/u),
  bare(
    /^\s{0,5}object\.prototype\.(?!(?:hasownproperty|isprototypeof|propertyisenumerable|to(?:locale)?string|valueof)\b)\w/u,
  ),
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
  bare(/^(?:kgrw|kgxw|y19f|h4siaaaa[\w+/=]{30}|gasv|gan|kgnw|y[23]?vb|aaeaaad|base64:tz)/u),
  always(/^c(?:os|posix|nt|subprocess|builtins|__builtin__|commands|pty)\n\w{1,30}\n/u),
  always(/\(s'[^'\n]{1,200}'\n(?:p\d\n)?tr\./u),
  bare(/\bc(?:os|posix|nt|subprocess|builtins)\n/u),
];

/** Previous instructions that are to be ignored: verb, "previous" and "instructions" in one sentence, in the order of the language. */
const inOtherLanguages: readonly Rule[] = [
  // French, German, Spanish, Portuguese, Italian, Dutch.
  always(
    /(?<!\p{L})(?:ignore[zr]?|ignorier(?:e|en|t)|ignor(?:a|ad|ar|en)|oublie[zr]?|vergiss|vergesst|olvid(?:a|ad|e)|esque[cç]a|dimentica(?:te)?|negeer|vergeet|missachte)\s[^\n.!?]{0,60}(?:instru[a-zçõñ]{3,12}|anweisung(?:en)?|vorgaben|regeln|consignes|r[eè]gles|reg(?:las|ras|ole)|istruzioni)[^\n.!?]{0,30}(?:pr[eé]c[eé]dent|anterior|previ[ao]s|ci-dessus)/u,
  ),
  always(
    /(?<!\p{L})(?:ignorier(?:e|en|t)|vergiss|vergesst|missachte|negeer|vergeet|ignora)\s[^\n.!?]{0,30}(?:vorherig|bisherig|vorangegangen|obig|vorige|eerdere|precedent)[^\n.!?]{0,40}(?:anweisung|vorgaben|regeln|instruc|istruzion)/u,
  ),
  // Rules of the reader's own.
  always(
    /(?<!\p{L})(?:ignore[zr]?|ignorier\w{1,3}|ignor(?:a|ad|en)|oublie[zr]?|vergiss|olvida|esque[cç]a|dimentica|negeer|vergeet|zignoruj)\s(?:todas?\s|toutes?\s|alle\s|tutte\s)?(?:vos|tes|deine|ihre|eure|tus|sus|suas|tuas|le\stue|jouw|je|swoje|twoje)\s[^\n.!?]{0,20}(?:instru|anweis|vorgab|regel|regl|règl|consign|istruz|polece|zasad)/u,
  ),
  // Russian and Ukrainian.
  always(
    /(?<!\p{L})(?:про)?(?:игнорируй|ігноруй|забудь|забути)(?:те)?\s[^\n.!?]{0,30}(?:предыдущ|прежн|прошл|попередн)[^\n.!?]{0,30}(?:инструкц|указани|правил|команд|інструкц)/u,
  ),
  // Polish, Vietnamese.
  always(
    /(?<!\p{L})(?:zignoruj|pomi[nń])(?:cie)?\s[^\n.!?]{0,30}poprzedni[^\n.!?]{0,30}(?:instrukc|polece|zasad)/u,
  ),
  always(/(?:bỏ qua|quên)\s[^\n.!?]{0,30}(?:hướng dẫn|chỉ dẫn|lệnh)[^\n.!?]{0,20}trước/u),
  // Chinese, Japanese, Korean.
  always(
    /(?:忽略|无视|無視|忘记|忘掉|忘記)[^\n。]{0,10}(?:之前|以上|前面|先前|上述|所有)[^\n。]{0,12}(?:指令|指示|提示|规则|規則)/u,
  ),
  always(
    /(?:これまで|以前|前の|上記|すべて|全て)[^\n。]{0,12}(?:指示|命令|ルール|プロンプト)[^\n。]{0,8}(?:無視し|忘れ)/u,
  ),
  always(
    /(?:이전|위의|모든|앞의)[^\n.]{0,15}(?:지시|명령|프롬프트|규칙)[^\n.]{0,10}(?:무시하|잊)/u,
  ),
  // Arabic, Persian, Hindi, Turkish.
  always(/(?:تجاهل|انس)\s[^\n.]{0,20}(?:التعليمات|الأوامر|القواعد)[^\n.]{0,20}(?:السابقة|أعلاه)/u),
  always(/(?:دستور|راهنمایی)[^\n.]{0,20}(?:قبلی|پیشین|بالا)[^\n.]{0,30}(?:نادیده|فراموش)/u),
  always(
    /(?:पिछले|पिछली|उपरोक्त|पहले के)[^\n।]{0,25}(?:निर्देश|आदेश|नियम)[^\n।]{0,20}(?:अनदेखा|नज़रअंदाज|भूल)/u,
  ),
  always(
    /önceki\s[^\n.]{0,30}(?:talimat|komut|kural)[^\n.]{0,30}(?:yok\s{1,3}say|unut|görmezden)/u,
  ),
];

/** Words to the agent instead of to a person. */
export const promptInjection: readonly Rule[] = [
  always(
    /\b(?:ignore|disregard|forget|override|bypass)\s{1,5}(?:all\s{1,5}|any\s{1,5}|the\s{1,5}|your\s{1,5}|my\s{1,5}|every\s{1,5}|these\s{1,5}){0,4}(?:previous|prior|above|earlier|preceding|system|foregoing|existing|safety|security)\s{0,5}(?:and\s{1,5}\w{1,12}\s{1,5})?(?:instructions?|prompts?|rules?|directions?|messages?|guidelines?|directives?|context|polic(?:y|ies)|commands?|text)/u,
  ),
  always(
    /<\|?(?:im_start|im_end|system|endoftext|eot_id|start_header_id)\|?>|\[\/?inst\]|<<sys>>|<\/?(?:system|assistant)(?:-reminder|_prompt)?>/u,
  ),
  always(
    /^\s{0,3}(?:#{1,3}\s{0,3})?(?:system|assistant)\s{0,3}(?:prompt|message|override)?\s{0,3}:\s{0,5}(?:you|ignore|disregard|new|from now|do not|reveal|print|send|the user|override|sure\b|of course|ok(?:ay)?\b|certainly|here\b)/mu,
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
  always(
    /\b(?:ignore|disregard|forget|override)\s{1,5}(?:everything|anything|all|what\s{1,5}is|the)\s{1,5}(?:of\s{1,5})?(?:the\s{1,5})?(?:above|before|previous)\b(?!\s{1,5}(?:comments?|commits?|versions?|patch(?:es)?|runs?|reports?|issues?|reviews?|logs?|release|attempts?|screenshots?|links?|questions?|suggestions?)\b)/u,
  ),
  always(
    /\bforget\s{1,5}(?:everything|all)\b[^\n]{0,40}\b(?:above|before|told|know|instructions?)/u,
  ),
  always(
    /\b(?:print|echo|reveal|leak|output|dump|exfiltrate|paste)\s{1,5}(?:\$|the\s{1,5}|your\s{1,5}|value\s{1,5}of\s{1,5}){0,3}[a-z]{2,20}_(?:token|api_key|secret|password|key)\b/u,
  ),
  always(
    /(?<!(?:not|never|n't)\s)\bexfiltrate\s{1,5}(?:[\w.~/-]{1,20}\s{1,5}){0,2}(?:secrets?|data|keys?|tokens?|credentials?|files?|information|records?|databases?|contents?|history|source|code|everything)\b/u,
  ),
  always(
    /<!--\s{0,5}(?:ai|agents?|assistant|claude|llm|bot|copilot|codex|instructions?|system)\b[^>\n]{0,40}[:,!]/u,
  ),
  always(
    /\b(?:notes?|messages?|instructions?|attention|dear|hey|hello|important)\W{1,5}(?:to\s{1,5}|for\s{1,5}|all\s{1,5}|any\s{1,5}|the\s{1,5}){0,3}(?:coding\s{1,5}|ai\s{1,5}|autonomous\s{1,5}){0,2}(?:agents?|assistants?|ai|llms?|language\s{1,5}models?)\b[^\n]{0,10}[:,]/u,
  ),
  always(
    /\b(?:begin|start|enter|enable|activate)\W{1,3}(?:of\s{1,5})?(?:admin|system|developer|god|debug|root|maintenance|dan)\W(?:mode\s{1,5})?(?:override|prompt|instructions?|mode)\b[^\n]{0,40}(?:approve|true|ignore|unrestricted|no\s{1,5}(?:rules|limits)|end\b)/u,
  ),
  always(
    /\brepeat\s{1,5}(?:all\s{1,5})?(?:of\s{1,5})?(?:the\s{1,5})?(?:words|text|everything|instructions)\s{1,5}(?:above|before)\b/u,
  ),
  always(
    /\bskip\s{1,5}(?:the\s{1,5}|all\s{1,5})?(?:tests?|checks?|review|approval)\s{1,5}and\s{1,5}(?:merge|push|approve|commit|deploy)\b/u,
  ),
  always(
    /\b(?:add|insert|include|introduce|plant|hide)\s{1,5}(?:a\s{1,5}|an?\s{1,5}\w{1,12}\s{1,5})?(?:back\s?door|key\s?logger|malware|reverse\s{1,5}shell)\b/u,
  ),
  always(
    /\b(?:act|behave|respond|pretend)\s{1,5}(?:as|like|to\s{1,5}be)\s{1,5}(?:if\s{1,5})?(?:you\s{1,5}(?:are|were|have)\s{1,5})?(?:an?\s{1,5})?(?:unrestricted|unfiltered|root|admin(?:istrator)?|dan|jailbroken|evil|no\s{1,5}(?:rules|restrictions))\b/u,
  ),
  always(
    /\bwithout\s{1,5}(?:telling|informing|asking|notifying|mentioning\s{1,5}it\s{1,5}to)\s{1,5}(?:the\s{1,5}|any\s{1,5})?(?:users?|humans?|maintainers?|reviewers?|owner)\b/u,
  ),
  always(
    /\byou\s{1,5}(?:must|should|will|have\s{1,5}to)\s{1,5}(?:now\s{1,5}|always\s{1,5}|only\s{1,5})?(?:obey|comply|ignore\s{1,5}(?:all|any|the|your)|reveal|approve\s{1,5}(?:this|everything|all))\b/u,
  ),
  always(
    /\bnew\s{1,5}(?:system\s{1,5})?(?:instructions?|directives?|objective|rules)\s{0,3}:\s{0,5}\S/u,
  ),
  always(
    /\b(?:approved|authori[sz]ed|allowed|permitted)\s{1,5}by\s{1,5}(?:the\s{1,5})?(?:system|anthropic|openai|developer)\b/u,
  ),
  always(
    /\b(?:ignore|disregard|forget|override|bypass)\s{1,5}(?:all\s{1,5})?(?:of\s{1,5})?your\s{1,5}(?:\w{1,12}\s{1,5})?(?:guidelines?|instructions?|rules|restrictions?|training|system\s{1,5}prompt)\b/u,
  ),
  always(
    /\b(?:previous|prior|above|earlier)\s{1,5}(?:rules|instructions|guidelines|directives)\s{1,5}(?:are|were)\s{1,5}(?:now\s{1,5})?(?:void|null|revoked|cancel\w{1,4})\b/u,
  ),
  always(
    /\b(?:i|we)\s{1,5}(?:hereby\s{1,5})?(?:authori[sz]e|instruct|order|command)\s{1,5}you\s{1,5}to\b/u,
  ),
  always(
    /\b(?:include|attach|append|paste|put|embed|commit)\s{1,5}(?:the\s{1,5}|all\s{1,5}|whole\s{1,5}|full\s{1,5}){0,3}contents?\s{1,5}of\s{1,5}\S{0,40}(?:\.ssh\b|\.env\b|\.npmrc|\.netrc|\.aws\b|\.kube\b|id_rsa|id_ed25519|\/etc\/)/u,
  ),
  always(/\b(?:answer|respond|listen)\s{1,5}(?:only\s{1,5})?to\s{1,5}me\b/u),
  ...inOtherLanguages,
];

/** Patterns that take a time that doubles with each character: a repetition of what repeats itself. */
export const costlyPattern: readonly Rule[] = [
  bare(/\((?:\?:)?(?:[^()\\\n]|\\.){0,40}[+*]\)(?:[+*]|\{\d{0,4},\d{0,4}\})/u),
  bare(/\((?:\?:)?\((?:[^()\\\n]|\\.){1,40}\)[+*](?:[^()\\\n]|\\.){0,10}\)[+*{]/u),
  bare(/\((?:\?:)?([^()|\\\n]{1,20})\|\1\??\)[+*]/u),
  bare(/\((?:\?:)?[^()\n]{0,20}\.[+*][^()\n]{0,20}\)\{\d{2,4}\}/u),
];

/** Characters that a person does not see or sees elsewhere than they stand. */
export const hiddenText: readonly Rule[] = [
  always(/[\u202A-\u202E\u2066-\u2069]/u),
  // A black flag and at most six of these are the flag of a part of a country.
  always(
    /(?<![\u{1F3F4}\u{E0020}-\u{E007E}])[\u{E0001}\u{E0020}-\u{E007F}]{2,}|[\u{E0020}-\u{E007F}]{8,}/u,
  ),
  always(/[\u200B\u2060\u2062-\u2064\uFEFF\u180E\u00AD]{3,}/u),
  always(/[^\P{Cc}\n\t\r][[\]PX^_()#]|\u009B/u),
  always(/[a-z0-9][\u200B\u2060\u00AD\uFEFF][a-z0-9]/u),
  always(
    /[a-z][\u0430-\u045F\u04CF\u0501\u051B\u051D\u03BF\u03B1\u03C1\u03BD\u03B9\u03BA\u0561-\u0587\u13A0-\u13F5\uAB70-\uABBF]/iu,
  ),
  always(
    /[\u0430-\u045F\u04CF\u0501\u051B\u051D\u03BF\u03B1\u03C1\u03BD\u03B9\u03BA\u0561-\u0587\u13A0-\u13F5\uAB70-\uABBF][a-z]/iu,
  ),
  always(/[\u{1D400}-\u{1D7FF}]{3}/u),
  // More marks on a Latin letter than any language writes.
  always(/[a-z]\p{M}{4}/u),
  always(/[\uFE00-\uFE0F\u{E0100}-\u{E01EF}]{2}/u),
  bare(/[^\P{Cc}\n\t\r]/u),
  bare(
    /[\u200B\u2060-\u206F\uFEFF\u00AD\u115F\u1160\u3164\uFFA0\u{E0000}-\u{E001F}\u{E0080}-\u{E0FFF}\uFFF9-\uFFFD]/u,
  ),
  // Joiners and marks of direction belong to Arabic, Hebrew and Indic writing and to emoji, and to nothing in Latin letters.
  bare(/(?:[\w-]|^)(?:\u200C|\u200D|\u200E|\u200F|\u061C)/u),
  bare(/^[\w-]{1,40}[\u2010-\u2015\u2212][\w\u2010-\u2015\u2212-]{1,40}$/u),
  bare(/[\uFF01-\uFF5E]{4,}/u),
];
