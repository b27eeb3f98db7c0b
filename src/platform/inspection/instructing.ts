import { asking, enough } from './asking.ts';
import { leaning } from './learned.ts';
import { withoutCode } from './prose.ts';
import { createSieve, signOf } from './sign.ts';

/**
 * What words to an agent are made of, whichever words they are: somebody turns to it, takes the place of those who
 * instruct it, wants its judgement, its secrets or its silence. One of these is everyday among people who build agents;
 * two in one text are not.
 */
const signs: readonly (readonly RegExp[])[] = [
  // Turns to a program that reads, at the beginning of a line or a sentence.
  [
    /(?:^|[.!?]\s|["*_>-]\s?)(?:(?:hello|hi|hey|dear|ok|okay|attention|note|notes|message|important)\W{1,3}(?:to\s|for\s)?)?(?:the\s|all\s|any\s)?(?:\w{1,12}\s)?(?:assistant|claude|copilot|chatgpt|gpt|codex|gemini|ais?|ai\sagents?|agents?|llms?|bots?|language\smodels?|(?:code\s)?reviewer\sbot|automated\sreviewer)(?:\s(?:reading|working|processing|handling|reviewing)\s[^\n:,]{1,40})?\s?[,:!]/mu,
    /(?:^|\n)\s{0,3}(?:the\s)?(?:reviewer|judge|grader|evaluator|verifier)\s?[,:]\s/u,
    /\bif\syou\sare\s(?:an?\s)?(?:\w{1,12}\s)?(?:ai|agent|assistant|language\smodel|llm|bot|model)\b/u,
    /\b(?:todo|fixme|note|hint)\s?\(\s?(?:ai|agent|claude|assistant|bot|llm)\s?\)|\b(?:ai|agent|assistant|llm|bot)[-_ ](?:instructions?|note|directive|hint|command)\b/u,
    /\b(?:memo|message|notice|instructions?|order|command)\s(?:to|for|from)\s(?:the\s|all\s)?(?:automation|agents?|assistants?|bots?|models?|anthropic|openai|operators?|developers?)\b/u,
    // The same in other languages.
    /(?<![\p{L}])(?:l['’]?\s?agent|agenten?|asistente|assistente|asystent\w{0,2}|ассистент|асистент|агент|помощник|دستیار|مساعد|सहायक|asistan)(?![\p{L}])[^\n.,:：،!]{0,16}[,:：،!]|(?:助手|系统提示|智能体|代理|エージェント|アシスタント|에이전트|어시스턴트)[^\n。]{0,6}[,:：，、]/u,
    /(?<![\p{L}])(?:nova|nuova|neue|nouvelle|nueva|новая|новое|yeni|nowe)\s(?:\p{L}{1,12}\s)?(?:regra|regola|regel|r[eè]gle|regla|istruzione|anweisung|consigne|instrucci[oó]n|instru[cç][aã]o|orden|инструкция|правило|talimat|polecenie)\b/u,
  ],
  // Ends or opens the frame that a prompt puts round a text.
  [
    /<\/?(?:task|instructions?|prompt|user(?:_?input)?|context|documents?|issue|input|untrusted\w{0,12}|system\w{0,12}|assistant|conversation|rules)>/u,
    /^\W{0,6}(?:end|begin|start)\sof\s(?:the\s)?(?:issue|user|input|prompt|document|context|text|task|untrusted|data|message)\b/mu,
    /^[\s#*=[\]_-]{1,8}(?:system|assistant|developer|admin|root|maintenance)(?:\s(?:mode|prompt|message|override|note))?[\s#*=[\]_-]{0,8}$/mu,
    /\[\[?\s?(?:admin|system|developer|root|god|maintenance)(?:\s\w{1,12})?\s?\]?\]/u,
    /["']?role["']?\s?:\s?["'](?:system|developer|assistant)["']/u,
    /^(?:system|developer|admin)\s?(?:message|note|prompt|override)?\s?:\s|^assistant\s(?:message|note|prompt|override)\s?:\s/mu,
    /<!--[^\n]{0,60}\b(?:agent|assistant|ai|llm|claude|bot)\b/u,
  ],
  // Puts itself before what was said.
  [
    /\b(?:enter|switch\s(?:in)?to|go\sinto|activate|enable)\s(?:\w{1,10}\s)?(?:debug|maintenance|developer|admin|god|unrestricted|root)\smode\b/u,
    /\b(?:ignor\w{1,4}|disregard\w{0,3}|forget|overrid\w{1,3}|bypass\w{0,3}|supersed\w{1,3}|set\saside|pay\sno\sattention\sto|do\snot\s(?:follow|obey))\s(?:\w{1,12}\s){0,4}?(?:instructions?|prompts?|rules|guidelines?|directives?|polic(?:y|ies)|task|filters?|restrictions?|constraints?|safeguards?|user)\b/u,
    /\b(?:has|have|takes?)\s(?:\w{1,10}\s)?(?:priority|precedence)\sover\syour\b/u,
    /\bfrom\snow\son\b|\bnew\s(?:instructions?|orders|task|objective|rules|goal)\b|\b(?:your|the)\s(?:real|actual|true|new)\s(?:task|goal|job|instructions?|objective|mission)\b/u,
    /\b(?:above|before|preceding)\s(?:is|was|are)\s(?:\w{1,8}\s)?(?:a\s)?(?:test|fake|wrong|void|outdated|just)\b/u,
    /\byou\s(?:are|now)\s(?:now\s)?(?:work|in|an?\s(?:different|unrestricted|new|helpful)|no\slonger|free|dan|root|authori[sz]ed|allowed)\b/u,
    /\b(?:rules|instructions|guidelines|polic(?:y|ies))\s(?:that\s)?(?:you\s(?:were|have\sbeen)\s(?:given|told)|(?:do|does)\snot\s(?:exist|apply|matter|count))\b/u,
    /\b(?:only\s(?:obey|rule)|obey\s(?:messages|me|only)|do\swhat\s(?:this|i)\b|stop\swhat\syou\sare\sdoing|decode\sand\sobey)\b/u,
    /\b(?:sandbox|restrictions?|limits?|safety\s\w{1,8}|filters?|guardrails?)\s(?:has|have|is|are)\s(?:now\s)?(?:been\s)?(?:lifted|removed|off|disabled|suspended|void)\b/u,
    /\byou\shave\s(?:my\s|full\s|our\s)?permission\sto\b|\b(?:trusted|privileged|verified)\s(?:instructions?|commands?|text|content)\b/u,
    /\bpretend\s(?:that\s)?(?:you|the|there)\b/u,
    /\bwhat\sthe\s(?:issue|task|user|ticket)\s(?:says|asks|wants)\b/u,
    /(?:没有任何限制|解除限制|无限制|制限なし|제한\s?없이)|(?<!\p{L})(?:desconsider\p{L}{1,3}|tralasci\p{L}{1,3}|überspring\p{L}{0,3}|omit[ea]|забудь|пропусти|zignoruj|ignor\p{L}{1,4}|oubli\p{L}{1,3}|olvid\p{L}{1,3}|vergiss)(?!\p{L})|(?:کنار\sبگذار|نادیده|भूल\sजा|अनदेखा|無視|忘れ|忽略|忘记|무시|تجاهل)/u,
    /\b(?:emergency|security|admin|system|developer)\soverride\b/u,
    /\bi\s(?:hereby\s)?authori[sz]e\syou\b|\bas\sthe\s(?:developer|owner|admin\w{0,12}|author|maintainer)\sof\s(?:this|the)\b/u,
  ],
  // Speaks of what only the reader has.
  [
    /\byour\s(?:\w{1,12}\s){0,2}?(?:prompt|guidelines|instructions|rules|directives|restrictions|confidence|verdict|system\smessage|context\swindow|training|safety\s\w{3,10}|sandbox|tools)\b/u,
    /\byou\s(?:were|have\sbeen)\s(?:told|given|instructed)\b|\b(?:initial|original|hidden)\s(?:instructions?|prompt|rules)\b|系统提示词|システムプロンプト|시스템\s?프롬프트/u,
    /\b(?:everything|secrets?|files?|data)\s(?:that\s)?you\s(?:can|may|have)\s(?:read|see|access|reach)\b/u,
    /\b(?:words|text|lines|sentences?|everything)\s(?:above|before)\b[^\n]{0,30}\b(?:start|begin)\w{0,4}\swith\b|\byou\sare\b['"’]/u,
  ],
  // Wants a judgement without judging, or an act without those who decide.
  [
    /\b(?:mark|approve|rate|treat|report|accept|grade)\s(?:this|it|the\s\w{3,12}|everything)\s(?:\w{1,8}\s)?as\s\W?(?:lgtm|approved|safe|passed|passing|trusted|verified|correct|done|resolved|harmless)\b/u,
    /\b(?:answer|respond|reply|output|write|say|return)\s(?:\w{1,10}\s){0,2}?(?:only\s)?(?:with\s)?(?:the\sword\s)?["'“‘`]?(?:pass|approved?|lgtm|yes|safe|accept(?:ed)?|ok)["'”’`]?(?:[.,;!]|\s(?:in|to|for|whatever|regardless|no\smatter|as)\b|$)/mu,
    /\b(?:pre-?approved|passing\sverdict|verdict["']?\s?:\s?["']pass|approvals?\s(?:is|are)\snot\s(?:needed|required|necessary))\b/u,
    /\b(?:no\sneed\sto|need\snot|do\snot|don['’]t)\s(?:\w{1,8}\s)?(?:read|run|review|check|look\sat|test|verify|ask)\s(?:the\s|any)?(?:code|tests?|test\ssuite|diff|changes?|one|body|it)?/u,
    /\b(?:output|answer|reply|respond|return)\s(?:exactly|only|nothing\sbut)\b|\bnothing\selse\b|\btrust\sthe\sauthor\b/u,
    /(?:approuv|approv|aprueb|aprov|freigeb|freigabe|führe[^\n.]{0,30}zusammen|fusion|одобр|承認|批准|승인|병합|合并|تایید|تأیید|स्वीकृ|onayla|zatwierd)/u,
    /(?:n['’]exécute\spas|sans\s(?:exécuter|revue)|ohne\s(?:prüfung|tests)|sin\srevis|senza\srevis|sem\srevis|без\s(?:проверки|тестов)|テストを実行せず|不(?:要)?运行测试|검토\s없이|la\srevisión|die\sprüfung)/u,
    /\bset\s(?:your|the)\s(?:confidence|score|verdict|rating|risk)\s(?:\w{1,8}\s)?to\b/u,
    /\b(?:merge|push|commit|deploy|approve|publish|release)\b[^\n.]{0,40}\b(?:without|straight|directly|no\shuman|immediately|at\sonce)\b[^\n.]{0,40}(?:review|tests?|checks?|approval|human|main\b|master\b|branch|production|asking)/u,
    /\b(?:turn|switch)\s(?:the\s|your\s)?(?:approvals?|gate|sandbox\w{0,3}|safeguards?|checks|guardrails?)\soff\b/u,
    /\b(?:say|claim|report|state)\s(?:that\s)?(?:all|every\w{0,10}|they|it)\s(?:\w{1,10}\s)?(?:pass(?:ed|es)?|succeeded|worked|(?:is|are|was|were)\s(?:fine|green|done|safe))\b/u,
    /\b(?:skip|disable|turn\soff|switch\soff|bypass|remove|suspend)\s(?:\w{1,8}\s){0,2}?(?:approvals?|approval\s\w{1,8}|gate|sandbox\w{0,3}|confirmations?|safety\s\w{1,10}|safeguards?|checks|review|human\s\w{1,8}|guardrails?)\b/u,
    /\b(?:no|without)\s(?:a\s)?(?:humans?|person|maintainer|user|reviewer)\s(?:needs?|has|have|must|should|involved|approval|review|looking)\b/u,
    /\b(?:already|been)\s(?:been\s)?(?:approved|authori[sz]ed|signed\soff|reviewed)\b/u,
    /\b(?:grant|give)\s(?:\w{1,12}\s){0,3}?(?:write|admin|root|push|full|maintainer)\s(?:access|rights|permissions?)\b/u,
    /\b(?:all|any|every)\s(?:safety|security)\s(?:checks?|filters?|rules)\s(?:are|is)\s(?:now\s)?(?:off|disabled|lifted|suspended)\b/u,
  ],
  // Wants that nobody hears of it, or that they hear what is not so.
  [
    /\b(?:say|tell\s\S{2,12}(?:\s\w{2,14})?|claim|report|answer|state|pretend)\b[^\n.]{0,30}\b(?:even\sif|although|whether\sor\snot|no\smatter)\b|\b(?:so\sthat|such\sthat|that|make)\s(?:\w{1,10}\s){0,3}looks?\s(?:harmless|innocent|normal|like\s(?:a|an)\b)/u,
    /\b(?:hide|conceal|omit|leave\sout)\s(?:this|these|that)\s(?:\w{1,14}\s)?(?:when|in|from|of)\b|\bdo\snot\sask\s(?:anybody|anyone|back|first)\b/u,
    /\b(?:do\snot|don['’]t|never|not|without)\s(?:tell(?:ing)?|mention(?:ing)?|inform(?:ing)?|show(?:ing)?|report(?:ing)?|disclos(?:e|ing)|say(?:ing)?|log(?:ging)?|ask(?:ing)?)\s(?:this|it|that|them|about|anybody|anyone|the\s(?:user|maintainers?|reviewers?|owners?|humans?|change)|any\s(?:user|human)|for\spermission)\b/u,
    /\b(?:hidden|secret(?:ly)?|invisible|unseen|quietly|silently|covertly)\b[^\n.]{0,24}\b(?:from|to)\s(?:the\s)?(?:users?|maintainers?|humans?|reviewers?|owners?)\b/u,
    /\b(?:nobody|no\sone)\s(?:will|would|needs\sto|has\sto|must|can)\s(?:ever\s)?(?:notice|know|see|find\sout)\b/u,
    /\bdo\snot\shave\sto\sask\b|\b(?:just|simply)\sfollow\s(?:the|these|my)\sinstructions\b/u,
  ],
  // Carries away what is nobody's to have.
  [
    /\b(?:print|list|listing|reveal|show|paste|post|copy|upload|e-?mail|send|output|commit|dump|leak|exfiltrate|share|include|append|embed|encode|read|give|display|provide|expose|return|attach|write)s?\b[^\n.]{0,40}(?:\.env\b|\benv(?:ironment)?(?:\svariables?)?\b|\bsecrets?\b|\bcredentials?\b|\btokens?\b|\b(?:api|private|secret|ssh|deploy)\skeys?\b|\bpasswords?\b|netrc|\.npmrc|\.ssh\b|id_rsa|id_ed25519|authorized_keys|\bdatabase\sdump\b|\b[a-z][a-z\d_]{1,30}_(?:token|key|secret|password)s?\b)/u,
    /\b(?:upload|send|e-?mail|post|push|append|forward|exfiltrate|transmit|submit)\b[^\n.]{0,50}\bto\s(?:https?:\/\/|\S{1,40}@\S|\S{1,40}\.(?:com|net|io|org|ru|xyz|evil|example|invalid))/u,
    /(?:\.env\b|ключ|токен|переменн|密钥|令牌|环境变量|系统提示词|秘密鍵|環境変数|トークン|비밀\s?키|토큰|환경\s?변수|کلید|توکن|टोकन|कुंजी|المفتاح|chaves?\s(?:de\s|secret)|claves?\s(?:de\s|secret)|cl[ée]s?\s(?:d['’e]|secr|api)|chiav[ei]\s|schlüssel|variabili?\sd['’]ambiente|variables\sd['’]environnement|umgebungsvariablen|anahtar)/u,
    /\b(?:quote|print|show|reveal|summari[sz]e|repeat|output|confirm\sby\sprinting)\b[^\n.]{0,30}\b(?:configuration|instructions|prompt|rules|vault\skey|private\skey)\b|\/proc\/self\/environ|\boutput\sof\s`|\$\((?:whoami|env|cat\b)/u,
    /\badd\s(?:my|this|the\sfollowing)\s(?:ssh\s|public\s|deploy\s)?key\b/u,
    /\b(?:url[\s-]?encode|base64)\b[^\n]{0,60}\b(?:append|send|fetch|load|retrieve)\b/u,
  ],
  // Wants something done before or beside the work, or with what it was told.
  [
    /\b(?:before|prior\sto|instead\sof|while|when|after)\s(?:you\s)?(?:fix\w{0,4}|start\w{0,3}|begin\w{0,4}|work\w{0,3}|review\w{0,3}|summari[sz]\w{1,4}|answer\w{0,3}|implement\w{0,3}|reading|read|do\w{0,3})\b[^\n.]{0,50}[,:]\s?(?:also\s|first\s|please\s|always\s)?(?:run|execute|tell|add|delete|remove|print|send|open|visit|fetch|download|curl|post|copy|write|push)\b/u,
    /\bwhen\syou\s(?:open|create|write|commit|finish|push|are\sdone)\b[^\n.]{0,40},/u,
    /\b(?:weaken|backdoor|disable|bypass)\s(?:the\s)?(?:password|auth\w{0,12}|login|signature|permission)\b|\bany\spassword\sworks\b/u,
    /\badd\s\S{1,40}@?\S{0,40}\sto\s(?:codeowners|maintainers?|collaborators|authorized_keys)\b|\b(?:change|transfer)\sthe\sowner\b|\bcron\b[^\n]{0,20}\/etc\/cron|\blabel\sit\s\S{1,30}approved\b/u,
    /\b(?:one\slast|final|extra|additional|hidden)\s(?:thing|step|task|instruction|requirement)\b/u,
    /\b(?:delete|remove|rewrite|replace)\s(?:the\s|all\s)(?:\w{1,10}\s)?(?:\.github|workflows?|tests|history|ci\b|\.git\b)/u,
    /\bdo\snot\sprint\b|\binstead(?:\sof\s[^\n.]{1,40})?,?\s(?:print|output|reply|say|write|respond)\b/u,
    /\b(?:you\smust|must\salways)\s(?:comply|obey|follow)\b/u,
  ],
  // Has what it was given turned into something else and followed, run, or put where others read it.
  [
    /\b(?:put|place|insert|hide)\s(?:it|them|that|the\s(?:result|output|value))\s(?:in|into|inside|as\spart\sof)\s(?:the|a|an|your)\s(?:pull\srequest|pr\b|comments?|description|commit|readme|branch|title|body)/u,
    /\b(?:run|execute|do|follow|obey)\s(?:whatever|anything|everything|all)\s(?:that\s)?(?:the|this|my|i|it)\b/u,
    /\b(?:fetch|download|open|visit|read)\b[^\n]{0,60}\band\s(?:then\s)?(?:follow|do|execute|obey|run)\b/u,
    /\b(?:decode|decrypt|translate|rot13|base64)\b[^\n]{0,40}\b(?:follow|execute|obey|run|do\swhat|act\son)\b/u,
  ],
  [/\b(?:first|please|now|then|and)\s(?:execute|run)\b[^\n]{0,20}[:`]/u],
  [/(?:^|\s)[a-z\d+/]{12,400}={1,2}(?:\s|$)/u],
  // Turns on people, or on the machine, through the reader.
  [
    /\b(?:open|start|spawn|give\sme|get)\s(?:me\s)?a\s(?:reverse|remote|root|bind)\sshell\b/u,
    /\btell\s(?:the\s)?(?:users?|maintainers?|people|everyone)\sto\s(?:visit|open|log\sin|run|install|click|download)\b/u,
  ],
];

/** Said to nobody but a program that is to become another, to take a text for its orders, or to give away what it was told. */
const unmistakable: readonly RegExp[] = [
  /\byou\sare\s(?:no\slonger|now)\s[^\n]{1,80}[.;]\syou\s(?:are|have|will|must|can)\b/u,
  /^\W{0,6}(?:begin|start|end)\s(?:of\s)?(?:trusted|system|admin|developer|new|hidden|privileged)\s(?:instructions?|prompt|messages?|commands?)\b/mu,
  /\b(?:role-?play|act|behave|respond|answer)\s(?:as|like)\s(?:an?|the)\s[^\n.]{1,40}\b(?:with\sno|without(?:\sany)?)\s(?:restrictions?|limits?|rules|filters?|guardrails?)\b/u,
  /\b(?:will|must|shall|should)\s(?:now\s)?only\s(?:obey|follow|listen)\b/u,
  /\bwhat\s(?:were|are)\s(?:you|your)\s(?:told|given|instructed|initial|original|system|exact)\b/u,
  /\bverdict["']?\s?:\s?["']pass\w{0,4}["'][^\n]{0,20}\bnothing\selse\b/u,
  /\b(?:everything|anything|all|whatever|the\srest)\b[^\n.]{0,30}\b(?:as\s(?:trusted|authoritative|coming\sfrom)|takes?\sprecedence|counts\sas)\b|\b(?:this|the\sfollowing)\s(?:comment|text|message|issue|ticket|line)\s(?:takes\s(?:precedence|priority)|overrules|replaces\s(?:your|all|any|every\w{0,5}|what|the\s(?:rules|instructions|system|guidelines|policy|above))|counts)\b/u,
  /\bi\s(?:order|command|instruct|direct)\syou\b|\bimagine\s(?:that\s)?(?:you|there)\s(?:had|have|were|are)\sno\b/u,
  /\b(?:decode|decrypt|translate|rot13)\b[^\n]{0,40}\b(?:obey|do\swhat|act\son)\b/u,
  /(?<!(?:to|could|might|may|can|would|not|never|n't)\s)\bleak\s(?:the|your|all|its)\s(?:\w{1,12}\s)?(?:tokens?|secrets?|keys?|passwords?|credentials?)\b/u,
];

/** Letters set apart so that no word is seen. */
const spaced = /(?:^|[\s*_-])(?:\p{L}[\s.*_-]){5,}\p{L}(?=[\s.*_-]|$)/u;

/** Words that invisible characters or digits in the place of letters keep from being seen. */
const cut = /\p{L}[\u200B-\u200D\u2060\uFEFF\u00AD]\p{L}|\p{L}[0134]\p{L}{1,20}\s/u;

/** Without one of these no word is cut. */
const cutter = /[0134\u200B-\u200D\u2060\uFEFF\u00AD]/;

/** Characters. */
export const mostRead = 8000;

/**
 * Whether a text speaks to the agent that will read it rather than to people. Looks at its beginning. `known` is the text
 * without code where somebody made that already.
 */
export function instructs(text: string, known?: string): boolean {
  const start = text.slice(0, mostRead);
  const plain = plainly(start);
  if ((spaced.test(start) || (cutter.test(start) && cut.test(start))) && readsAsOverride(plain))
    return true;
  if (orders(plain)) return true;
  // What was learned finds a part of what nobody thought of, and is no judge of code.
  const written = known === undefined || start !== text ? withoutCode(start) : known;
  if (leaning(written === start ? plain : plainly(written)) > 0) return true;
  return unwrapped(start).some((inner) => orders(plainly(inner)));
}

/** Words that are spoken of and not said: in quotation marks behind what names them so. */
const spokenOf =
  /\b(?:phrases?|prompts?|words?|text|strings?|sentences?|examples?|e\.g\.|such as|like|says?|contains?|titled|called|named|reads?|message)[ :,]{1,3}(?:["“«][^"”»\n]{1,200}["”»]|'[^'\n]{1,200}'(?!\w))/giu;

/** A text without the words that it only speaks of, where enough is left that was said. */
export function asSaid(text: string): string {
  if (!/[ :,]["'“«]/.test(text)) return text;
  const said = text.replace(spokenOf, ' ');
  return (said.match(/\p{L}{2,}/gu)?.length ?? 0) >= 6 ? said : text;
}

/** What is said in a text, as it is learned from and judged: without code. */
export function asRead(text: string): string {
  return plainly(withoutCode(text));
}

/** In lower case, in single blanks and without what is only spoken of. */
function plainly(text: string): string {
  const lower = asSaid(text).toLowerCase();
  // Most text is in single blanks, and to make it anew costs more than to see that.
  if (!/\t| {2}|[\u2018\u2019]/.test(lower)) return lower;
  return lower.replace(/[\u2018\u2019]/gu, "'").replace(/[ \t]{1,50}/gu, ' ');
}

const groups = new Set(signs.map((patterns) => signOf(1, patterns)));
let sieve: ReturnType<typeof createSieve> | null = null;

function orders(plain: string): boolean {
  sieve ??= createSieve([...groups, ...asking, signOf(enough, unmistakable)]);
  // What weighs most goes first: without it the rest is soon too little.
  const may = sieve(plain).toSorted((one, other) => other.of.weight - one.of.weight);
  // What is seen, and what may still be; a text is done with once the rest cannot be enough.
  let [seen, sum, left, weight] = [0, 0, 0, 0];
  for (const { of } of may) {
    if (groups.has(of)) left += 1;
    else weight += of.weight;
  }
  for (const { of, parts } of may) {
    if (seen + left < 2 && sum + weight < enough) return false;
    const isGroup = groups.has(of);
    if (isGroup) left -= 1;
    else weight -= of.weight;
    if (!parts.some(({ holds }) => holds(plain))) continue;
    if (isGroup) seen += 1;
    else sum += of.weight;
    if (seen >= 2 || sum >= enough) return true;
  }
  return false;
}

const shortestEncoded = 24;

/** Whether so many characters of base64 follow each other anywhere: every such run has one at each so many-th place. */
function hasLongRun(text: string): boolean {
  for (let at = shortestEncoded - 1; at < text.length; at += shortestEncoded) {
    if (!isBase64(text.charCodeAt(at))) continue;
    let [from, to] = [at, at + 1];
    while (from > 0 && isBase64(text.charCodeAt(from - 1))) from -= 1;
    while (to < text.length && to - from < shortestEncoded && isBase64(text.charCodeAt(to)))
      to += 1;
    if (to - from >= shortestEncoded) return true;
  }
  return false;
}

/** Of the alphabets of base64 and of base64url (RFC 4648). */
function isBase64(code: number): boolean {
  return (
    (code >= 97 && code <= 122) ||
    (code >= 65 && code <= 90) ||
    (code >= 47 && code <= 57) ||
    code === 43 ||
    code === 45 ||
    code === 95
  );
}

/** What stands in a text in base64, turned round or in rot13, for those who are told to undo it. */
function unwrapped(text: string): readonly string[] {
  const encoded = hasLongRun(text)
    ? (text.match(/[A-Za-z\d+/_-]{24,4000}/g)?.slice(0, 10) ?? [])
    : [];
  const inner = encoded
    .map((run) => Buffer.from(run, 'base64').toString('utf8'))
    .filter((decoded) => / /.test(decoded) && !/[^\n\t\r\P{Cc}]|\uFFFD/u.test(decoded));
  if (/rot-?13/iu.test(text))
    inner.push(
      text.replaceAll(/[a-z]/giu, (letter) => {
        const base = letter < 'a' ? 65 : 97;
        return String.fromCodePoint(((letter.charCodeAt(0) - base + 13) % 26) + base);
      }),
    );
  if (/revers|backward|turned round/iu.test(text)) inner.push([...text].reverse().join(''));
  return inner;
}

function readsAsOverride(plain: string): boolean {
  const letters = plain
    .replaceAll(/[\s.*_\-\u200B-\u200D\u2060\uFEFF\u00AD]/gu, '')
    .replaceAll('0', 'o')
    .replaceAll('1', 'i')
    .replaceAll('3', 'e')
    .replaceAll('4', 'a');
  return /ignore(?:all|any|the|your)?(?:previous|prior|above|instructions|rules)|systemprompt|youarenow/u.test(
    letters,
  );
}
