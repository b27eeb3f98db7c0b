import { inOtherTongues } from './asking-elsewhere.ts';
import { type Part, pair, type Sign, sign } from './sign.ts';

/** Weights of different signs that make it words to an agent. */
export const enough = 3;

const agent =
  '(?:(?:(?!(?:for|to|of|by|and|or|in|on|from|with|how|why|when|that|which|than|as) )\\w{1,14}[ -]){0,3}(?:agents?|assistants?|bots?|llms?|ai|ais|copilot|claude|codex|gemini|chatgpt|gpt|cursor|devin|language models?|ai models?|automation|automated (?:fixer|tool|system|reviewer|solver|\\w{1,12} tool)|coding tool|machine reader))';

/** Where a sentence orders something: a verb at its beginning, behind a courtesy, a conjunction or "you must". */
const order =
  "(?:(?:^|[.!?:;,>] |[\"'*(] ?|[-*>] )(?:step \\d\\W{1,2})?|\\b(?:please|kindly|now|then|also|first|just|and|instead|simply|ahead|rather|so|therefore|thus|hence|accordingly|next|finally|ok|okay|thanks?|must|you (?:must|should|can|may|need to|have to|will|shall|are to|are free to|might|could)|(?:could|can|would|will) you|(?:need|want|like|order|ask|require|expect|authori[sz]e) you to|let's|is to|has to|(?:remember|sure|forget|free|permitted|allowed|authori[sz]ed|instructed|required|supposed) to|is that you) )(?:(?:\\w{2,12}ly|please|also|now|first|just|always) ){0,2}";

const giving =
  '(?:prints?|show|reveal|post|paste|send|e?-?mail|upload|leak|dump|display|output|list|tell|give|share|read|write|put|copy|include|attach|append|add|embed|echo|publish|expose|encode|forward|transmit|exfiltrate|hand over|repeat|recite|quote|translate|disclose|return|provide|report|submit|log|cat|base64|hex|commit|insert|place|drop|summari[sz]e|save|store|move|push|pass|collect|gather|retrieve|fetch|extract|find|grab|describe|type|reply with|answer with|respond with|reply|respond|answer)';

const secret =
  "(?:\\benv(?:ironment)?(?: variables?| vars?|'s)?(?![\\w-])|\\.env\\b|\\b(?:secrets?|credentials?|tokens?|passwords?|passphrases?|api ?keys?|(?:private|secret|ssh|signing|deploy|encryption|access|model|host) keys?|keychain|netrc|id_rsa|id_ed25519|cookies|vault|printenv|customer (?:table|data|list)|database dump|user table)\\b(?![ -](?:helpers?|sections?|pages?|fields?|forms?|managers?|stores?|providers?|rotation|polic\\w{1,3}|formats?|parsers?|names?|types?|counts?|budgets?|limits?|headers?|endpoints?|buttons?|box|inputs?|checks?|strength|meter|hints?|resets?|dialogs?|docs|documentation|tests?|validation|length|usage|expiry|scopes?|refresh\\w{0,3}|settings)\\b)|/(?:var/)?run/secrets|~/\\.\\w|/etc/(?:passwd|shadow)|/proc/self|\\b[a-z]{2,20}_(?:token|key|secret|password)s?\\b|\\b[a-z]{2,20}(?:_[a-z]{2,20})?_(?:api|access|secret)_\\w{2,10}\\b)";

const outside =
  '(?:\\b(?:as|in|into|to|on|onto|at|under|inside|through|via|with) (?:an?|the|this|your|its|my|our|some)? ?(?:\\w{1,14} ){0,3}(?:comments?|pull request|pr|merge request|branch|commit|description|title|body|issue|thread|reply|answer|readme|changelog|file|folder|directory|docs|gist|paste|pastebin|webhook|url|address|server|endpoint|query|subdomain|dns|code block|poem|log|output|summary|message|artifact|section|screen|chat)\\b|https?:|\\S@\\S{3,60}\\.\\w|\\bto \\S{1,40}\\.(?:invalid|com|net|io|org|ru|xyz|dev|app|example|test)\\b|\\bdocs/|\\bhere\\b|\\bto (?:me|us)\\b|\\bbelow\\b)';

const guards =
  '(?:(?:\\w{1,14} ){0,3}(?:reviews?|reviewers?|approvals?|permissions?|confirmations?|sign-?offs?|checks?|checking|verification|tests?|ci|humans?|person|people|maintainers?|owners?|anybody|anyone|somebody|waiting|asking|looking|consent|us|me))';

const boundary =
  '(?:(?:failing|broken|red|all|those|these|slow|security|every) tests?\\b|tests? (?:that|which) fails?|test suite|(?:\\w{1,12} )?branch protections?|protection rules?|codeowners|sandbox\\w{0,3}|logging\\b|monitoring\\b|approvals?\\b|approval \\w{2,10}|reviews\\b|review (?:step|gate|requirement)|required review\\w{0,3}|verification\\b|qa\\b|safeguards?|guardrails?|(?:the|all|any|your|those|these|ci|safety|security|status|lint|required|secret|scanner) (?:\\w{1,12} )?(?:checks?\\b|gates?\\b|scann\\w{2,4}|filters?)|checks in|audit(?:ing)?(?: log| trail)?|content polic\\w{1,3}|two-factor|2fa|authentication|auth checks?|signature (?:check|verification)|rate limits?|ci workflow|protected paths?|permission checks?)';

const rules =
  '(?:instructions?|rules?|guidelines?|guidance|directions?|directives?|orders?|constraints?|restrictions?|prompts?|polic(?:y|ies)|safeguards?|training|limits?|limitations?|commands?|briefing|guide|protocols?|programming|conditioning|boundaries|context|values|principles|ethics|morals|safety)';

const letGo =
  "(?:ignore|disregard|forget|overlook|set aside|put aside|leave aside|lay aside|drop|discard|neglect|override|bypass|overrule|overwrite|skip|dismiss|abandon|erase|unlearn|throw out|throw away|wipe|clear|cancel|reset|look past|do not (?:follow|obey|apply|heed)|don't (?:follow|obey|apply|heed|worry about)|pay no (?:attention|heed) to|stop (?:following|obeying|applying)|break (?:out of|free from)|step out(?:side)? of)";

/** The second behind the first in one line, and before a mark that ends a sentence; full stops are in names of files. */
function near(one: string, other: string, within: number): readonly Part[] {
  return pair(one, other, { within, stops: /[\n!?]/u });
}

/** What is asked of the reader, by what is done to what: the words are of a class, not of a phrase. */
export const asking: readonly Sign[] = [
  // Asks what serves nobody but an attacker.
  sign(
    3,
    '\\bhelp me (?:to )?(?:bypass|hack|steal|evade|break into|circumvent|exfiltrate|smuggle)\\b',
    `${order}(?:access|read|open|show|list|dump|get) (?:me )?(?:other|another|all) (?:users?|people|customers?|tenants?)(?:'s?|s')? (?:\\w{1,12} )?(?:conversations?|data|messages?|accounts?|mails?|passwords?|files)\\b`,
    `${order}(?:modify|change|edit|rewrite|alter|erase|replace) your own\\b`,
    `\\b(?:act|behave|speak|answer) (?:as|like) an? (?:\\w{1,12} )?(?:hacker|attacker|criminal|malware|spy)\\b`,
    '^(?:```|~~~) ?(?:system|assistant|developer|admin)\\s?$|#{2,} ?\\(?system[ _]?(?:message|prompt|override|instruction)',
  ),
  sign(
    2,
    `${order}(?:execute|run|do|perform|apply|install)\\b[^\\n.!?]{0,40}\\b(?:silently|quietly|secretly|covertly|unnoticed)\\b`,
    `\\b(?:say|generate|produce|answer|write|give|do) (?:something |anything )?(?:\\w{1,10} ){0,2}?(?:harmful|forbidden|prohibited|unethical|illegal|offensive)\\b`,
    `${order}(?:execute|run|call|invoke)\\b[^\\n.!?]{0,12}\\b(?:curl|wget|nc|ncat|bash -c|powershell)\\b[^\\n]{0,60}https?:`,
  ),
  sign(
    1,
    '\\b(?:bypass|circumvent|evade|override|disable) (?:the |all |any |your |these )?(?:\\w{1,10} )?(?:filters?|safety|security|restrictions?|guardrails?|safeguards?|gates?)\\b',
    '\\bto (?:continue|proceed with|complete|finish) (?:the|this|your) (?:task|work|job)\\b',
    `\\byour (?:own |new |old )?(?:\\w{1,12} )?${rules}\\b`,
  ),
  // Turns to a program as its reader.
  sign(
    2,
    `(?:^|[.!?] |["*_>(#-] ?|<!-- ?)(?:(?:hello|hi|hey|dear|ok|okay|attention|notes?|memo|message|important|reminder|hint|instructions?|@)\\W{0,3}(?:to |for )?)?(?:the |all |any |our |this )?@?${agent}(?: (?:that |who |which )?(?:reads?|reading|works?|working|process\\w{0,3}|handl\\w{1,3}|review\\w{0,3}|assigned|picks?|solv\\w{1,3}|fix\\w{0,3})\\b[^\\n.:,]{0,40})? ?(?:[,:!?]| -+ )`,
    `\\b(?:if|since|because|as|when) you(?:'re| are) (?:an? |the |some |actually )(?:\\w{1,14} ){0,3}${agent}`,
    `\\b(?:notes?|message|memo|notice) (?:to|for) (?:the |any |all )?(?:\\w{1,14} ){0,2}model\\b`,
    '\\b(?:whoever|whatever|those who|if you|anyone|anything) (?:is |are )?(?:automat\\w{1,5}|scripting|machine-reading)\\b|^\\W{0,4}(?:for )?machine readers?\\b',
    `\\b(?:notes?|message|memo|notice|instructions?|hint|reminder|word|task|orders?|steps?|request|favou?r|job|homework|heads-?up|question)s? (?:to|for|aimed at|intended for|addressed to|directed at) (?:the |any |all |our |an? |whichever |whatever )?${agent}\\b`,
    '\\b(?:which|what|who)ever (?:\\w{1,12} )?(?:model|agent|assistant|system|program|tool) (?:reads?|process\\w{0,3}|handles?|is|works|picks|gets|receives)\\b|^(?:to|for) (?:the|any|whichever) (?:\\w{1,12} )?(?:model|ai|agent)\\b[^\\n.:]{0,30}[,:]',
    `\\b(?:whoever|whichever|whatever|any|every|the|all)\\b[^\\n.]{0,20}${agent} (?:that |who |which |is |are )?(?:reads?|reading|working|works|processing|handling|assigned|handles|solving|solves|fixing|picks) `,
    '\\bwhoever (?:is )?(?:read|process|handl|work)\\w{0,4} (?:on )?(?:this|it)\\b[^\\n.]{0,20}\\bas an? ',
    `\\b(?:only|solely) (?:for|meant for|visible to) (?:the |an? )?${agent}\\b|\\bas an? (?:ai|llm|language model|(?:coding|autonomous|ai) (?:agent|assistant)),? (?:you|your)\\b`,
  ),
  sign(1, `\\b${agent} (?:must|has to|have to|needs? to|is to|are to|shall|is required to) `),
  // Puts itself before what the reader was told.
  sign(
    2,
    `${order}${letGo}\\b[^\\n.!?]{0,30}\\b(?:your|all|any|every|the|these|those|previous|prior|earlier|above|old|former|other|initial|original|system|security|safety) (?:\\w{1,12} ){0,3}?${rules}\\b`,
    `${order}${letGo}\\b[^\\n.!?]{0,30}\\b(?:what(?:ever)? (?:else )?(?:you|they|was|is|has|had|i|it)|(?:everything|anything|all)(?: that)? (?:above|before|you|was|came|so far|said|stated|written|prior|until))`,
    `${order}(?:ignore|disregard|forget|skip|drop|override|bypass|break|violate) (?:it|them|this|that|these|those) (?:here|this time|for (?:this|now|once|us|me|the)|just|today|and)\\b`,
    `\\b(?:instructions?|rules?|guidelines?|guidance|directions?|directives?|constraints?|restrictions?|polic(?:y|ies)|limits?|limitations?|orders|safeguards|prompt)\\b[^\\n.!?]{0,60}\\b(?:no longer|don't|do not|does not|doesn't|cease to|stop|never|are not|aren't|not) (?:appl\\w{1,4}|count\\w{0,3}|hold|matter|bind\\w{0,3}|valid|in force|in effect|exist|relevant)\\b`,
    `\\b(?:instructions?|rules?|guidelines?|guidance|directions?|constraints?|restrictions?|polic(?:y|ies)|limits?|limitations?|safeguards|filters?|guardrails|protections?)\\b[^\\n.!?]{0,24}\\b(?:is|are|were|was|has been|have been|being) (?:now |hereby |all |temporarily )?(?:lifted|void|revoked|suspended|obsolete|outdated|superseded|replaced|cancel\\w{1,4}|off|disabled|overridden|removed|relaxed|withdrawn|nullified)\\b`,
    '\\b(?:it|that|this|which) (?:overrides?|supersedes?|replaces?|outranks?|takes precedence over) (?:whatever|everything|all|any|your|what)\\b',
    '\\bnew (?:system )?(?:directives?|instructions?|orders?|rules?|task|objective)(?: (?:from|by) |:)',
    '\\b(?:this|the) (?:\\w{1,10} )?(?:issue|bug|ticket|report|text|task|description) is (?:only |just |merely )?(?:fake|a (?:decoy|cover|test|trick|pretext)|not real|irrelevant|made up)\\b',
    '\\b(?:outranks?|overrules?|trumps?|stands? above|comes? before|(?:is|are) (?:\\w{1,8} )?(?:important|authoritative|higher|stronger) than) (?:all|any|your|every\\w{0,5}|what)\\b',
    '\\b(?:your|the) (?:real|actual|true|new|only|sole|first|main|updated|hidden) (?:task|instructions?|job|goal|objective|mission|orders|assignment|purpose|duty|request|message|role|identity|name)\\b[^\\n]{0,24}(?:\\bis\\b|\\bare\\b|begin|start|follow|:)|\\b(?:the )?(?:thing|what) i (?:really|actually) (?:need|want)\\b',
    '\\b(?:the |this |text |everything |all )?(?:above|preceding|before)(?: this)? (?:is|was|were|are) (?:only |just |merely )?(?:an? )?(?:tests?|fake|decoy|example|joke|placeholder|void|outdated|wrong)\\b',
    '\\b(?:takes?|has|have) (?:\\w{1,10} )?(?:precedence|priority) over\\b|\\b(?:supersedes|overrides|replaces|outranks|overrules) (?:all |any |your |every\\w{0,5} |the )(?:\\w{1,12} ){0,3}(?:instructions?|rules?|guidelines?|prompts?|polic|else|before)',
    `\\b(?:may|can|should|free to|allowed to|permitted to|need not|needn't|don't (?:have|need) to) (?:\\w{2,10}ly )?(?:disregard|ignore|skip|forget|bypass|break|violate|obey|follow|respect|comply with) (?:\\w{1,12} ){0,5}?${rules}\\b`,
    `\\bregardless of (?:your|any|the|all|what(?:ever)?) (?:\\w{1,14} ){0,3}(?:${rules}|you|says?|shows?|told)\\b`,
  ),
  sign(
    1,
    '\\b(?:from (?:now|here|this (?:point|moment)) on(?:ward)?s?|from here forward|henceforth|for (?:all|every|any) (?:future|following|subsequent) \\w+|for (?:this|the rest of (?:this|the)) (?:session|conversation)|whenever you|each time you|every time you|in (?:all|every) (?:future|reply|answer))\\b',
    '\\b(?:instructions?|rules?|guidance|guidelines?|told|given|said|written|wrote)\\b[^\\n.!?]{0,12}\\b(?:before|earlier|previously|above|so far|until now|up to (?:now|here)|at the (?:start|beginning))\\b|\\b(?:earlier|previous|prior|preceding|above|initial|original|existing) (?:instructions?|rules?|guidance|guidelines?|prompt|directives?|orders|constraints)\\b',
    "\\b(?:do(?:es)?n't|do(?:es)? not|no longer) (?:apply|count|matter) (?:to you|here|for you|now|this time|any ?more)\\b",
    '\\b(?:this|the) (?:task|issue|job|assignment|ticket|request) (?:has|have|is) (?:been )?(?:now )?(?:changed|updated|replaced|superseded|different)\\b',
  ),
  sign(
    2,
    "\\byou (?:were|are|have been|had been|'ve been) (?:\\w{1,10} )?(?:told|instructed|asked|trained|programmed|configured|ordered|warned) (?:not )?(?:to|that|about|by)\\b",
    '\\b(?:administrator|admin|operator|owner|developer|maintainer|user|system|boss|team) (?:has |have |had )?(?:already )?(?:told|instructed|ordered|asked|authori[sz]ed|allowed|permitted|wants?|expects?) you\\b',
    '\\b(?:verification|validation|review|approval|testing|checks?|checking|sign-?off|gate) (?:has|have) (?:already )?been (?:waived|skipped|suspended|granted|given|cleared|lifted|obtained)\\b|\\b(?:verification|review|approval|testing) (?:is|was) waived\\b',
    "\\b(?:has|have|with|given|got|you have) (?:our|my|full|the (?:team|owner|maintainer)s?(?:')?s?) (?:blessing|consent|go-ahead|green light|approval|permission|authori[sz]ation|okay)\\b",
    '\\b(?:go|get|slip|work|step) (?:past|around|round) (?:the |your |any |all )?(?:\\w{1,10} )?(?:gatekeep\\w{1,4}|gates?|process|procedures?|reviews?|checks?|rules|safeguards?|approvals?|filters?|protections?|controls?)\\b',
  ),
  sign(
    1,
    "\\bit(?:'s| is) (?:fine|ok|okay|allowed|safe|alright) to\\b[^\\n.!?]{0,30}\\bnow\\b|\\bthat was (?:written|said|valid|true|decided) before\\b",
  ),
  sign(
    1,
    '\\byour (?:environment|tokens?|credentials|keys?|access|permissions|runner|shell|home (?:folder|directory)|sandbox|tools|workspace|session|memory|context|system prompt)\\b|\\b(?:values?|keys?|tokens?) your\\b',
  ),
  sign(
    2,
    '\\b(?:comply|obey) (?:now|immediately|at once|without|with (?:all|every|any))\\b|\\bfollow only (?:this|my|these|what)\\b|\\bonly follow (?:this|my|these|what)\\b',
  ),
  // Asks what the reader is able to do.
  sign(
    3,
    '\\b(?:what|which|list|enumerate|describe|name|show|tell me|print) (?:are )?(?:all |me |every |the |your )*(?:\\w{1,12},? ){0,4}?(?:tools?|functions?|capabilit\\w{1,3}|plugins?|apis|abilities)\\b[^\\n.]{0,40}\\b(?:do you have|can you (?:use|call|invoke)|you (?:can|have|may|are able)|available to you|at your disposal)\\b',
  ),
  // Gives the reader another part to play.
  sign(
    2,
    "\\byou(?:'re| are| will be| shall be) (?:now|henceforth|from now on|going to be|to (?:act|behave|play)|playing|acting|called|free from|no longer|in \\w{1,12} mode|an? (?:\\w{1,14} ){0,2}(?:without|with no))\\b|\\bconsider yourself (?:free|released|unbound|exempt|relieved|authori[sz]ed)\\b|\\byou have been (?:re-?assigned|promoted|upgraded|unlocked|freed|re-?configured|jailbroken)\\b|\\b(?:imagine|pretend|suppose|assume|make believe|simulate|picture|emulate) (?:that )?(?:you|to be|being|yourself)(?:'re)?\\b",
    '\\b(?:act|behave|respond|answer|speak|reply|operate) (?:as|like) (?:if you|an? |the |my |root\\b|though you|someone|one )[^\\n.]{0,60}\\b(?:you|without|no|never|can|any|ignores?|terminal|shell|admin\\w{0,9}|root|mode)\\b|\\b(?:act|play|take on|adopt|assume) the (?:role|part|persona|identity|character) of',
    '\\b(?:role-?play|act|pretend|speak|answer|pose|behave) as (?:my|his|her|root|admin|an? (?:admin|root|hacker|unrestricted|uncensored|evil))\\b',
    '\\b(?:simulate|emulate|enter|activate|switch (?:in)?to|go into) (?:an? |the |your )?(?:\\w{1,14} ){0,2}(?:(?:developer|debug|maintenance|god|admin|root|dan|sudo|unrestricted|test|opposite|free) mode|terminal|shell|persona)\\b',
  ),
  sign(
    2,
    '\\b(?:every|any|all) (?:\\w{1,10} )?(?:commands?|actions?|requests?|questions?|things?) (?:is|are) (?:now )?(?:allowed|permitted|fine|legal|acceptable)\\b',
  ),
  sign(
    2,
    "\\byou(?:'re| are) (?:an? |the |my )(?:\\w{1,14} ){0,2}(?:terminal|shell|console|interpreter|root user|super-?user|administrator|operator)\\b",
  ),
  sign(
    1,
    "\\bwho (?:used to|would always|always) (?:read|recite|tell|sing|whisper|give)\\b|\\blet's (?:play|pretend|imagine)\\b|\\brole-?play\\b|\\bbe (?:her|him|them|my grand\\w+) and\\b|\\bin this (?:game|story|scenario|exercise)\\b|\\b(?:fictional|hypothetical)\\b",
  ),
  sign(
    1,
    '\\bmy (?:\\w{1,10} )?grand(?:mother|ma|father|pa)\\b[^\\n.!?]{0,12}\\bused to\\b|\\b(?:tell|read|give|show) me (?:\\w{1,10} ){0,2}?system prompts?\\b',
  ),
  sign(
    1,
    '^\\W{0,4}(?:remember|memori[sz]e|keep in mind)\\b|\\b(?:to|in) your (?:long-term )?memory\\b',
  ),
  sign(
    1,
    "\\b(?:without|with no|has no|have no|had no|free (?:of|from)|no longer bound by|bound by no|(?:not|n't|isn't|aren't) (?:bound|restricted|limited|constrained|restrained) by|knows no|no) (?:any |more )?(?:restrictions?|limits?|limitations?|rules|filters?|guardrails?|censorship|constraints|ethic\\w{1,4}|safeguards|safety \\w+|content polic\\w+)\\b|\\bnever (?:refuses?|declines?|says? no|objects?)\\b|\\b(?:unrestricted|unfiltered|uncensored|jailbr\\w+|do anything now)\\b|\\b(?:content )?polic(?:y|ies) (?:is|are) off\\b",
  ),
  sign(
    2,
    '\\[\\/?(?:begin|start|end|hidden)[ _]?(?:hidden|secret|system|admin|instructions?|prompt|override)?\\]|\\[(?:hidden|secret|invisible)\\b',
    `${order}(?:ignore|disregard|forget|bypass|drop|override) (?:all |any |the |your |this |every )?(?:\\w{1,10} )?(?:safety|security|ethics|question|document content|everything|restrictions)\\b`,
    `\\b(?:all|every|each|any) (?:\\w{1,10} )?(?:quer(?:y|ies)|requests?|responses?|answers?|repl(?:y|ies)|outputs?|messages?|commits?|pull requests?) (?:should|must|shall|will|has to|have to|needs? to)(?: now)? (?:include|contain|end|start|begin|carry|list)\\b`,
  ),
  sign(
    2,
    `\\b(?:just|only|simply|instead) (?:output|say|print|reply|respond|answer|write|return)\\b[^\\n]{0,12}["'\`“]\\w`,
  ),
  sign(1, '(?:^|[.!?] |\\n)p\\.?s\\.?[:,.]? |[.:] actually, '),
  sign(
    3,
    '!\\[[^\\]\\n]{0,80}\\]\\(https?:[^)\\s]{1,120}[?&]\\w{1,20}=[^)\\s]{0,20}(?:prompt|secret|history|conversation|_here|\\{\\{|\\$\\{)',
    `${order}(?:continue|complete|finish|fill in|fill)\\b[^\\n]{0,40}${secret}[^\\n]{0,6}(?:is|are|=|:)`,
    '\\b(?:verif|check|valid|auth|is_?allowed|is_?admin|permit)\\w{0,20}(?:\\(\\))? (?:always )?returns? (?:true|ok|success)\\b',
  ),
  sign(
    2,
    `\\b(?:echo(?:es)?|prints?|dumps?|logs?|exposes?|leaks?|uploads?|sends?|posts?) (?:every|all|each|any)\\b[^\\n.!?]{0,24}${secret}`,
  ),
  sign(
    1,
    "\\b(?:so|and) (?:\\w{1,12} ){0,2}(?:won't|will not|can't|cannot|doesn't) (?:catch|notice|see|flag|spot|detect|mask)\\b|\\bbase64'd\\b",
  ),
  {
    weight: 3,
    parts: near(
      secret,
      '\\b(?:is|are|be|gets?|been) (?:\\w{2,10}ly )?(?:attached|posted|included|added|pasted|uploaded|committed|printed|sent|written|copied) (?:to|in|into|as|on|under) (?:the |a |an |this |your )?(?:\\w{1,10} )?(?:comments?|pr|pull request|branch|commit|description|issue|thread|gist|readme|summary)\\b',
      40,
    ),
  },
  // Wants what is nobody's to have; more when it is to lie where others read it.
  { weight: 2, parts: near(`${order}${giving}\\b`, secret, 70) },
  sign(
    2,
    `${order}(?:display|show|give|list|reveal|write|return|type)\\b[^\\n.!?]{0,16}\\b(?:everything|all (?:the )?(?:text|words|lines|messages|instructions|content)|the (?:text|words|lines|conversation|messages))\\b[^\\n.!?]{0,16}\\b(?:above|before|preceding|so far)\\b`,
  ),
  sign(
    2,
    `${order}(?:let|make|have|get|set)\\b[^\\n.!?]{0,60}\\b(?:contain|include|carry|hold|show|equal|start with|end with|spell)\\b[^\\n.!?]{0,60}${secret}`,
  ),
  sign(
    2,
    `${order}use (?:the|your|its|any|whatever) (?:\\w{1,12} ){0,2}?(?:tokens?|credentials?|keys?|access|permissions?|login|session)\\b[^\\n.!?]{0,20}\\b(?:from|in|of|within|you)\\b`,
  ),
  {
    weight: 1,
    parts: [
      ...near(`\\b${giving}\\b[^\\n!?]{0,80}?${secret}`, outside, 80),
      ...near(`\\b${giving}\\b[^\\n!?]{0,40}?${outside}`, secret, 60),
      ...near(
        secret,
        '\\band (?:\\w{2,10}ly )?(?:put|send|post|copy|write|upload|mail|email|paste|add|include|append|place|share) (?:it|them|that|those|everything)\\b',
        60,
      ),
    ],
  },
  sign(
    1,
    `\\b(?:real|actual|current|live|full|plain|contents? of|values? of|you (?:can|have|find|see|know|hold|use|were|are|can reach)|of this machine|on this machine|in memory|your)\\b[^\\n.!?]{0,30}${secret}`,
    `${secret}[^\\n.!?]{0,24}\\b(?:you (?:can|have|find|see|know|hold|use|were|are|'ve)|that you|in memory|on this (?:machine|host|runner)|on the (?:machine|host|runner)|at the end|available to you|within (?:your )?reach)\\b`,
  ),
  sign(
    2,
    `${order}(?:repeat|print|recite|output|show|quote|reveal|display|copy|paste|leak|dump|disclose|share|tell|give|read|write out)\\b(?: (?:me|us|out|down|back|here|aloud)){0,2} (?:\\w{1,12} ){0,4}?(?:system|hidden|initial|original|internal|developer|secret) (?:\\w{1,10} )?(?:prompt|instructions?|message|rules)\\b`,
  ),
  sign(
    1,
    '\\b(?:(?:me|us) (?:the|your|its)|your|exact|complete|entire|full|whole|in full|above|verbatim) (?:\\w{1,12} ){0,3}?(?:prompt|instructions?)\\b|\\b(?:system prompt|system message|instructions) (?:here|in full|as a comment|verbatim|to me|below|now)\\b',
  ),
  sign(
    3,
    `${order}(?:repeat|print|recite|output|quote|copy|paste|translate|echo|dump)\\b[^\\n.!?]{0,24}\\b(?:everything|all|text|words|lines?|conversation|content|what\\w{0,4})\\b[^\\n.!?]{0,24}\\b(?:above|before|preceding|so far|you were|previous)\\b`,
    `\\bwhat (?:were|are|was) (?:you|your) (?:\\w{1,10} ){0,3}(?:told|given|instructed|instructions|prompt|rules)\\b`,
    `\\b(?:instructions?|prompt|rules|guidelines|text|message)\\b (?:that )?(?:you (?:were|have been|'ve been) (?:given|told|started with)|you (?:received|got|started with|saw))\\b[^\\n]{0,40}(?:\\b(?:verbatim|word for word|exactly|here|in full)\\b|\\?)`,
  ),
  sign(
    2,
    `${order}(?:print|show|reveal|repeat|output|list|display|recite|write|tell me|share|dump|paste|post|describe|quote|encode|include|give (?:me|us))\\b[^\\n.!?]{0,30}\\byour (?:\\w{1,12} ){0,2}(?:prompt|config\\w{0,8}|settings\\w{0,5}|instructions|rules|memory|guidelines|context|tools|system message|training)\\b`,
  ),
  sign(
    2,
    '\\b(?:messages?|prompt|text|instructions?|words) (?:that )?(?:you (?:received|got|were given|saw|started with)|(?:came|stands?|stood|is) before (?:mine|this|my))\\b',
    `${secret}[^\\n!?]{0,30}\\band (?:then )?(?:\\w{2,10}ly )?(?:put|send|post|copy|write|upload|mail|email|paste|add|include|append|place|share|commit|attach) (?:the|its|all|every\\w{0,5}) (?:\\w{1,10} )?(?:output|results?|contents?|values?|lines?|them)\\b`,
  ),
  sign(
    1,
    `\\b(?:read|tell|give|show|send|sing|whisper|lend|hand) (?:me|us)\\b[^\\n.!?]{0,30}${secret}`,
    '\\bby (?:posting|printing|sending|listing|pasting|writing|showing|uploading|replying)\\b',
  ),
  sign(
    1,
    '\\b(?:verbatim|word for word|exactly as|no changes|word-for-word|unchanged|as it (?:is|was) (?:written|given)|formatted as an?|first (?:line|word|character)s? of (?:every|each|all)|exact (?:text|words|wording)|hidden messages?|letter by letter|in (?:hex|base64|morse|rot13|reverse)|first letters?|backwards|spell(?:s|ed)? out|url-?encoded|encoded as|character by character)\\b',
  ),
  sign(
    2,
    `${order}(?:upload|send|e?-?mail|post|exfiltrate|transmit|forward|submit|beacon|leak|mirror|replicate|sync|back up|transfer)\\b[^\\n.!?]{0,60}\\b(?:contents?|files?|data|table|history|list|results?|output|everything|repository|source|code|customers?|users?|messages?|mails?|notes?|cop(?:y|ies)|configs?|configuration|[\\w/-]{1,30}\\.(?:ya?ml|json|env|pem|key|sql|csv|db|txt|toml|ini|conf|cfg|log)|it|them)\\b[^\\n!?]{0,30}(?:https?:|\\bto \\S{1,60}@\\S|\\bat \\S{1,60}@\\S|\\bto \\S{1,40}\\.(?:invalid|com|net|io|org|ru|xyz|dev|app|example)\\b)`,
    `${order}(?:open|start|spawn|give me|get me|establish) an? (?:\\w{1,10} ){0,2}(?:shell|tunnel|backdoor|listener)\\b|${order}(?:plant|install|insert|add|hide|leave|introduce|include) an? (?:\\w{1,12} ){0,2}(?:backdoor|back door|trojan|malware|keylogger|vulnerability|time bomb)\\b`,
  ),
  // Wants what keeps the reader within bounds taken away.
  sign(
    2,
    `${order}(?:disable|turn off|switch off|skip|remove|delete|bypass|drop|lift|suspend|relax|weaken|comment out|deactivate|circumvent|evade|defeat|undermine|leave|escape|get around|work around|stop|change|edit|rewrite|modify|loosen|remove)\\b[^\\n.!?]{0,30}\\b${boundary}`,
    `\\b(?:disables?|turns? off|switch\\w{0,2} off|bypass\\w{0,2}|removes?|deletes?|deletion of|removal of|lifts?|edits?|loosens?)\\b (?:\\w{1,10} ){0,3}?(?:branch protections?|codeowners|the sandbox|sandboxing|the tests directory|all tests|every test)\\b`,
    '\\b(?:exempt|excused|released) from\\b[^\\n.!?]{0,24}\\b(?:codeowners|reviews?|approvals?|checks?|rules|polic)|\\bself-(?:merge|approve|review)\\b|\\b(?:merge|approve) (?:it|this|them) yourself\\b',
    `${order}(?:pull|put|use|run|start|launch|mount|execute|install|give|set|widen|grant|raise|extend|open)\\b[^\\n.!?]{0,60}\\b(?:privileged|docker sock\\w{0,3}|docker\\.sock|as root|with sudo|write-all|setuid|chmod 777|host network|all permissions|full (?:access|control))\\b`,
    '\\bso (?:that )?(?:the |all |every )?(?:pipelines?|builds?|ci|checks?|tests?|suite) (?:goes|go|turns?|stays?|is|are|becomes?|pass(?:es)?) (?:green|passing|pass)\\b|\\b(?:gut|stub out|empty|hollow out|neuter) (?:them|it|the (?:\\w{1,10} )?(?:tests?|checks?))\\b',
    '\\boutside (?:of )?(?:the |your |its )?sandbox\\b|\\b(?:no|without|leave the|escape the|break out of the) sandbox(?:ing)?\\b|\\bas root\\b[^\\n.!?]{0,20}\\b(?:run|execute)\\b',
  ),
  sign(
    3,
    '\\b(?:if|when|should) (?:an? |the |any |some )?(?:\\w{1,10} ){0,2}(?:stops?|blocks?|prevents?|hinders?|complains?|objects?|refuses?|gets? in (?:the|your) way)\\b[^\\n.!?]{0,16}, (?:just |simply |then )?(?:edit|change|remove|disable|delete|bypass|ignore|override|skip|go around|work around|rewrite|comment)\\b',
  ),
  // Wants an act of those who decide, without them.
  sign(
    2,
    `\\b(?:merge|push|approve|deploy|publish|release|force-push|sign off|ship|tag|bump|land|commit|apply|go ahead|continue|carry on|proceed|do (?:it|this|so))\\b[^\\n!?]{0,60}\\b(?:without|skipping|instead of|before|no need (?:for|to)|not wait\\w{0,3} for|bypassing) (?:any |the |a |an |further |more |having )?(?:\\w{3,12}ing )?(?:for )?${guards}\\b`,
    `\\b(?:without|skip(?:ping)?|no) (?:any |the |further |human |code )?(?:review|approval|sign-?off)\\b[^\\n.!?]{0,20}\\b(?:merge|push|publish|deploy|release)\\b`,
    `${order}(?:force-?push|push|merge|commit|publish|deploy)\\b[^\\n.!?]{0,30}\\b(?:straight|directly|immediately|right away|at once|over the|right now|by force)\\b`,
    `\\b(?:don't|do not|needn't|need not|no longer) (?:need|require|want|wait for|ask for|have to (?:ask|wait)(?: for)?) (?:any |the |my |our |a |anyone's )?(?:permission|approval|review|confirmation|consent|sign-?off)\\b|\\bno (?:time|need) (?:for|to wait for|to ask for) (?:any |an? |the )?(?:approval|review|permission|tests?|confirmation)\\b|\\b(?:reviews?|approvals?|permissions?|confirmations?) (?:is|are) (?:\\w{1,10} )?(?:not|un)[ -]?(?:needed|necessary|required)\\b|\\bneeds? no (?:\\w{1,10} )?(?:approval|review|permission|confirmation|sign-?off)\\b|\\bno (?:\\w{1,10} )?(?:approval|review|permission|confirmation) (?:is |are )?(?:needed|required|necessary)\\b|\\b(?:nobody|no ?one) (?:has to|needs to|must|should|will|is going to) (?:review|check|approve|look|read|verify|confirm)\\b`,
    `${order}(?:grant|give|add|invite|make|promote|assign)\\b[^\\n.!?]{0,50}\\b(?:collaborator|admin(?:istrator)?|owner|maintainer|write|root|codeowner)s?(?: rights| access| role| permissions?)?\\b[^\\n.!?]{0,30}(?:\\bon\\b|\\bwith\\b|\\bto\\b|\\bof\\b|[.!]|$)`,
    `${order}(?:add|append|install|put|write|include|edit|modify|change|touch)\\b[^\\n.!?]{0,40}\\b(?:authorized_keys|ssh-(?:rsa|ed25519)|deploy key|crontab|\\.bashrc|\\.zshrc|sudoers)`,
    `\\b(?:land|put|get|push|merge|commit)\\b[^\\n.!?]{0,20}\\b(?:on|to|into|onto) (?:the )?(?:default branch|trunk)\\b`,
    '\\bskip (?:straight|right|directly|ahead) to (?:the )?(?:deliver\\w{1,3}|deploy\\w{0,4}|merg\\w{1,3}|releas\\w{1,3}|push\\w{0,3}|publish\\w{0,3}|end)\\b',
    `${order}(?:consider|deem|regard|tick|check off|call)\\b[^\\n.!?]{0,50}\\b(?:satisfied|done|met|passed|approved|complete|fulfilled|all (?:the )?boxes|resolved|trusted)\\b`,
    '\\bleave the (?:reviewers?|maintainers?|humans?|team|users?) (?:out|alone)\\b|\\bwithout (?:involving|bothering|troubling)\\b|\\b(?:reviews?|approvals?|explanations?|confirmations?) (?:is |are )?not (?:needed|required|necessary)\\b',
    `${order}(?:score|grade|rate|rank)\\b[^\\n.!?]{0,40}(?:\\b\\d{1,3} ?(?:/|out of) ?\\d|\\b100 ?%|\\bhighest\\b|\\bfull marks\\b)`,
    `${order}(?:answer|say|respond|reply|report|mark|conclude|state|declare|return|output|comment|set|rate|treat|vote|sign|accept|close)\\b[^\\n.!?]{0,50}["'\`]?\\b(?:approved|approve|fine to merge|ok to merge|safe to merge|good to merge|lgtm|passed|passing|success(?:ful(?:ly)?)?|looks good|safe|green|supported|satisfied|no (?:issues|problems|findings)|verified|as (?:done|resolved|reviewed|harmless|trusted))\\b`,
    `(?:\\b(?:note to|dear|hey|hi|,) ?)?${agent}[,:]? (?:please )?(?:approve|merge|accept|lgtm)\\b`,
    `${order}(?:approve|merge|accept|rubber-?stamp|sign off)\\b (?:\\w{1,10} ){0,3}?(?:own|this (?:pull request|pr|change|issue|task)|the pull request|the pr|everything|it anyway|all (?:pull|open|pending))\\b`,
    `${order}(?:pretend|claim|lie|act as if|make (?:it|everything) (?:look|appear)|fake|falsify|fabricate|forge)\\b`,
    `${order}(?:say|claim|write|state|call it|describe it as|label it|pass it off)\\b[^\\n.!?]{0,40}\\b(?:that (?:it|this|everything|coverage|nothing|all)|(?:it|this|everything|nothing|coverage)) (?:is|was|are|were|has|have)\\b`,
    `\\bopen (?:a|another) second (?:pull request|pr|branch)|\\b(?:second|another|separate|additional) (?:pull request|pr)\\b[^\\n.!?]{0,20}\\b(?:that|which) (?:removes?|deletes?|disables?|changes?|adds?)\\b`,
  ),
  sign(
    1,
    '\\b(?:checks?|tests?|reviews?|approvals?) (?:can|may) (?:wait|be skipped|come later)\\b|\\b(?:regardless of|no matter|whatever the|irrespective of)\\b|\\beven (?:if|when|though) (?:it|they|this|the|that|some|there|checks|tests)\\b[^\\n.!?]{0,30}\\b(?:not|fails?|red|broken|wrong|disagrees?|says?|objects?)\\b',
    `${order}(?:push|merge|publish|deploy|approve|force-?push)\\b[^\\n.!?]{0,30}\\b(?:main|master|production|prod|release branch|npm|registry|pull request)\\b`,
    '\\b(?:post|pre)install\\b|\\bcurl\\b[^\\n]{1,80}\\| ?(?:ba|z)?sh\\b|\\badd (?:a|the) (?:new )?(?:dependency|package|script)\\b',
    `${order}(?:delete|remove|wipe|drop|erase|overwrite|destroy)\\b[^\\n.!?]{0,20}\\b(?:every|all|the (?:whole|entire|tests?|history|database|repository|main|\\.git))\\b`,
    `${order}(?:fetch|download|open|visit|load)\\b[^\\n!?]{0,50}https?:`,
    '\\bdownload(?:s|ing)? and (?:then )?(?:run|execute)\\w{0,3}\\b',
    `${order}(?:run|execute|apply|install)\\b[^\\n.!?]{0,30}(?:\`|https?:|\\.sh\\b|\\b(?:attach\\w{0,5}|script|command)\\b)`,
  ),
  // Speaks with an authority that a text does not have.
  sign(
    2,
    '\\b(?:i|we) (?:hereby )?(?:authori[sz]e|permit|allow|order|command|instruct|direct|empower|entitle) you\\b|\\bas (?:if|though) (?:it|they|this|these)(?: had| have)? (?:came|come|were|was) from (?:your|the|an?) (?:operator|owner|developer|system|user|administrator|creator)\\b|\\byou (?:now )?(?:have|are|were)(?: been)? (?:now |hereby |fully )?(?:root|my permission|our permission|full (?:access|permission|authority)|permission|authori[sz]ed|cleared|entitled|granted|permitted) (?:to|for|access|from|\\.|$)|\\byou have root\\b|\\bon behalf of (?:your|the) (?:operator|owner|developer|user|maintainers?)\\b|\\byou (?:only )?obey\\b',
  ),
  sign(
    1,
    "\\b(?:i(?:'m| am)|this is|we(?:'re| are)) (?:\\w{1,12} )?(?:from|with|on|in|part of|at|the) (?:the |your )?(?:\\w{1,12} )?(?:security|platform|infra\\w{0,9}|anthropic|openai|admin\\w{0,9}|ops|it department|management|compliance|red team|owner|maintainer|operator|developer|ceo|cto)\\b",
    '\\bas (?:the|an?|your) (?:\\w{1,12} )?(?:owner|maintainer|admin\\w{0,9}|operator|developer|author|lead|boss|ceo|cto|creator)\\b|\\bauthori[sz]ed (?:test|message|communication|notice|request|instructions?|order|pen-?test|audit|exercise|by)\\b|\\b(?:security|penetration|red[ -]team) (?:test|exercise|drill)\\b',
    '\\b(?:maintainers?|owners?|reviewers?|team|operators?|admin\\w{0,9}|boss|manager|management|company|cto|ceo|everyone|they|legal|leads?) (?:(?:has|have|had|already|all|both|just|fully)(?: \\w{1,10}){0,2} )?(?:agreed|approved|authori[sz]ed|allowed|confirmed|signed|decided|cleared|consented|okayed|accepted)\\b|\\balready (?:agreed|approved|authori[sz]ed|signed off|cleared|reviewed)\\b|\\bowner approved\\b|\\bour (?:company|team|policy) (?:has a rule|requires|policy)\\b',
    '^\\W{0,8}(?:(?:important|urgent|new|critical) )?(?:system|admin\\w{0,9}|security|policy|urgent|operator|developer|platform|root|emergency|automated) (?:notice|message|update|override|alert|note|announcement|directive|policy|instruction|prompt)s?\\b',
    '\\bproduction is down\\b|\\b(?:extremely|very|most) urgent\\b|\\bthis is (?:urgent|an emergency)\\b|\\bdear (?:system|model|computer|machine)\\b',
  ),
  // Wants that nobody hears of it.
  sign(
    2,
    "\\b(?:don't|do not|never|without|must not|needn't|need not|no need to|avoid|refrain from) (?:\\w{2,10}ly )?(?:mention\\w{0,3}|tell\\w{0,3}|list\\w{0,3}|disclos\\w{1,3}|inform\\w{0,3}|notify\\w{0,3}|alert\\w{0,3}|reveal\\w{0,3}|announc\\w{1,3}|record\\w{0,3}|talk\\w{0,3}|speak\\w{0,3}|bring\\w{0,3}|refer\\w{0,4}|includ\\w{1,3}|document\\w{0,3}|explain\\w{0,3}|say\\w{0,3}|report\\w{0,3}|(?:draw\\w{0,3}|call\\w{0,3}) attention)\\b (?:to |about |of )?(?:it|this|that|them|these|anything|any of|any ?one|any ?body|the (?:user|maintainers?|owners?|reviewers?|team|humans?|following|change|file|step|dependency)|users?)\\b",
    "\\bno need to (?:write|bring|call) (?:it|this|that|them) (?:up|down|out)\\b|\\bif (?:you(?:'re| are) )?(?:asked|questioned|anyone asks|somebody asks|someone asks)\\b|\\b(?:nobody|no ?one) (?:is|gets|was|be) (?:\\w{1,8} )?(?:pinged|told|informed|notified|asked|involved|alerted)\\b|\\btell (?:nobody|no ?one)\\b|\\b(?:nobody|no ?one) (?:else )?(?:needs? to|has to|must|should|is to|may|will) (?:ever )?(?:know|learn|see|notice|hear|find|blame|mind|complain|object)\\b",
    '\\b(?:keep|leave|hide|conceal|omit) (?:it|this|that|them|these|the \\w{1,12}|all of this) (?:\\w{1,8} )?(?:(?:out of|from|off|away from|out|unmentioned in)\\b[^\\n.!?]{0,30}\\b(?:summary|changelog|description|commit|report|log|pull request|pr|user|team|maintainers?|reviewers?|record|notes?|diff)\\b|secret\\b|quiet\\b|hidden\\b|between us|to yourself|off the record|under wraps)',
    "\\b(?:no need to|don't|do not|without) (?:list|mention|include|note|report|describe|show)\\w{0,4}\\b[^\\n.!?]{0,30}\\bin (?:the|your|any) (?:\\w{1,10} )?(?:summary|changelog|description|commit|report|pull request|pr|log|message|answer|reply|notes?)\\b",
  ),
  sign(
    1,
    '\\bno (?:explanations?|mentions?|comments?|notes?|reasons?|descriptions?|announcement)s? (?:is |are )?(?:needed|necessary|required)\\b|\\b(?:write|say|state|note|claim) in the (?:description|summary|commit|changelog|report|message) that\\b',
  ),
  sign(
    1,
    '\\b(?:quietly|silently|secretly|covertly|discreetly|stealthily|inconspicuously|unnoticed|undetected|under the radar)\\b',
  ),
  // Wants something beside the work, or another text obeyed.
  sign(
    1,
    "\\b(?:when|once|after|as soon as|before) (?:you(?:'re| are| have|'ve)? )(?:\\w{1,10} )?(?:done|finish\\w{0,3}|complet\\w{1,3}|through|start\\w{0,3}|begin\\w{0,3}|get to|fix\\w{0,3}|open\\w{0,3}|commit\\w{0,4}|push\\w{0,3}|solv\\w{1,3}|do|work\\w{0,3}|answer\\w{0,3}|reply)\\b|\\bonce (?:the|this|it) (?:\\w{1,10} )?(?:is|has been|'s) (?:in|fixed|merged|done|landed|solved)\\b|\\bthe (?:person|one|engineer) (?:fixing|solving|implementing|picking)\\b|\\bwhile you(?:'re| are) at it\\b|\\bwhile (?:fixing|working|doing|editing|solving)\\b|\\bin (?:your|the resulting) (?:\\w{1,8} )?(?:pull request|pr|commit|branch|answer|summary|reply|response|final)\\b|\\bbesides the fix\\b|\\bas (?:a|the) (?:first|last|final|extra|preliminary|previous) (?:step|thing|action)\\b|\\bif (?:time permits|you (?:have|get|find) (?:the )?(?:time|a chance|a moment))\\b|\\b(?:only )?then (?:look at|fix|start|work on|turn to|deal with) (?:the|this) (?:\\w{1,10} )?(?:bug|issue|ticket|problem)\\b|\\b(?:issue|ticket|bug|text|part)\\b[^\\n.!?]{0,20}\\bis a (?:decoy|cover)\\b",
    '\\bwhile (?:updating|fixing|editing|changing|touching|reviewing) (?:it|this|that|them)\\b|\\bend of (?:the )?(?:bug report|issue|report|ticket|description)\\b',
    `\\b(?:forget|never mind|leave|skip|ignore|drop|instead of) (?:about )?(?:the|this|that) (?:\\w{1,10} )?(?:bug|issue|task|ticket|problem|request|fix)\\b`,
    `${order}(?:encode|encrypt|base64|obfuscate)\\b`,
  ),
  sign(
    2,
    '\\b(?:fetch|download|open|visit|read|get|load|look at|browse|see|consult)\\b[^\\n!?]{0,80}\\b(?:and|then)\\b (?:\\w{1,8} )?(?:follow|obey|do|execute|carry out|apply|run|act on|comply with) (?:what|it|them|the (?:instructions?|steps|commands?)|every|all|whatever|its)\\b',
    `${order}(?:obey|comply with|heed)\\b|${order}(?:follow|do|execute|carry out) (?:what(?:'s|ever)?|everything|anything) (?:is |it |that )?(?:written|says?|said|there|in|the|i|asks?|tells?)\\b`,
  ),
  sign(
    3,
    `\\b(?:decode|decrypt|decipher|de-?obfuscate|unscramble|rot-?13|reverse)\\b[^\\n]{0,60}\\b(?:and|then)\\b (?:\\w{1,8} ){0,2}?(?:do|follow|obey|execute|run|act|carry out|comply)\\b`,
    `${order}treat\\b[^\\n.!?]{0,60}\\b(?:as (?:your|system|trusted|authori\\w+|an? (?:order|command|instruction)|(?:instructions|orders|commands))|as (?:if|though) (?:it|they) (?:came|come|were))\\b`,
  ),
  // Turns of a conversation or calls of a tool, which only a program writes.
  sign(
    3,
    '<\\/?(?:tool_(?:calls?|use|results?|response|output)|function_(?:calls?|results?|response)|function_calls|invoke|antml|tool|observation|thinking|system[-_](?:prompt|message|reminder|notes?|instructions?|override)|assistant|human|operator|root|user_query)\\b[^>\\n]{0,80}>',
    '^\\W{0,4}(?:assistant|ai|bot|model|claude|gpt)\\W{0,3}: ?[^\\n]{0,300}(?:\\n[^\\n]{0,200}){0,3}\\n\\W{0,4}(?:user|human|customer|me)\\W{0,3}:|^\\W{0,4}(?:user|human)\\W{0,3}: ?[^\\n]{0,300}(?:\\n[^\\n]{0,200}){0,3}\\n\\W{0,4}(?:assistant|ai|bot|model|claude|gpt)\\W{0,3}:',
    '^(?:action|tool|function)(?: (?:name|call))?: ?\\S[^\\n]{0,80}\\n(?:action |tool |function )?(?:input|arguments?|parameters?): ?\\S',
    '^#{1,4} (?:instruction|input|human|user|assistant)s?:? ?\\n[^]{1,400}\\n#{1,4} (?:response|assistant|output|answer):?',
    '<\\|[a-z_]{2,20}\\|>|\\[\\/?(?:inst|sys|system_prompt|tool_calls|available_tools)\\]|<<\\/?sys>>|<(?:start|end)_of_turn>',
    '^\\W{0,3}["\']?role["\']? ?: ?["\']system["\'][^\\n]{0,30}content["\']? ?: ?["\'][^"\'\\n]{0,60}\\b(?:you|disable|ignore|approve)\\b',
  ),
  sign(
    1,
    '^(?:observation|final answer|thought|action input|tool result|tool output|human|instruction|new instruction)s?: ?',
    '</(?:issue|task|ticket|body|content|description|data|document|input|context|prompt|title|text|untrusted\\w{0,12})>',
  ),
  // Stands where a person does not look.
  sign(
    1,
    `<!--[^>]{0,200}?\\b${agent}\\b`,
    `^\\[[^\\]\\n]{0,30}\\]: ?(?:#|<>|/)?[^\\n]{0,3}["'(][^\\n]{0,200}\\b${agent}\\b`,
    `<details[^>]{0,40}>[^]{0,200}?\\b(?:notes?|message|instructions?) (?:to|for) (?:the )?${agent}\\b`,
    `\\b(?:alt|title|aria-label|data-\\w{1,12}) ?= ?["'][^"'\\n]{0,120}\\b${agent}\\b`,
    `!?\\[[^\\]\\n]{0,100}\\b${agent}\\b[^\\]\\n]{0,100}\\]\\(`,
    '(?:display ?: ?none|font-size ?: ?0|color ?: ?(?:white|#fff)|opacity ?: ?0|visibility ?: ?hidden)[^>\\n]{0,60}>[^<\\n]{15}',
    '^\\W{0,3}(?:hidden|secret|invisible):|^\\W{0,3}(?:hidden|secret|invisible) (?:\\w{1,10} )?(?:notes?|message|instructions?|task|prompt)\\b',
  ),
  ...inOtherTongues,
];
