const TAG_WORD = '(?:TODO|FIXME|HACK|XXX|BUG|NOTE|OPTIMIZE|REVIEW|WARNING|IDEA|TBD)s?';

/** Words after which a tag is talked about, even with a colon behind it. */
const DETERMINER =
  /(?:^|\W)(?:the|these|those|any|each|every|no|another|our|your|my|his|her|its|their|see|such|grep|like|as|e\.g\.,?|i\.e\.,?|called|named|contains?|containing|matches|says|saying)\s+$/i;
/** Words that may as well end the sentence before, so that only what follows can tell. */
const WEAK_DETERMINER =
  /(?:^|\W)(?:this|that|other|all|some|old|existing|following|previous|first|last|next|same|corresponding|related|unresolved|remaining|above|mentioned|many|few|more|most|several|two|three|which|whose|what)\s+$/i;
const ARTICLE = /(?:^|\W)an?\s+$/i;
const CODE_WORD =
  /(?:^|[^\w])(?:case|const|let|var|enum|class|struct|def|func|fn|import|define|undef|ifdef|ifndef|defined|goto|return|new|typeof|static|public|private)\s+$/;
const NOUN_AFTER =
  /^\s+(?:comments|markers|tags|annotations|entries|keywords|marker|tag|annotation|entry|keyword|comment|list|item|items|lists|above|below)\b(?:\s+(?:is|are|was|were|in|above|below|here|of|for|that|which|from|on|at|and|or|to|with|can|will|must|should|may)\b|\s*[.,;)]|\s*$)/;
const ANOTHER_AFTER = new RegExp(
  String.raw`^["'\x60]?(?:\s*[,/|&]\s*|\s+(?:and|or|&|vs\.?)\s+|,?\s+(?:and|or)\s+)["'\x60]?${TAG_WORD}\b`,
);
const ANOTHER_BEFORE = new RegExp(
  String.raw`\b${TAG_WORD}["'\x60]?(?:\s*[,/|&]\s*|,?\s+(?:and|or|&|vs\.?)\s+)["'\x60]?$`,
);

/** Whether the words around a tag talk about tags ("see the TODO above") or about code that is called so. */
export function isMention(lead: string, rest: string, atStart: boolean): boolean {
  if (/^['\u2019](?:s|d)\b|^\xe2\x80\x99s\b/.test(rest)) return true;
  if (insideQuotes(lead, rest)) return true;
  const colon = /^\s?:(?!:)|^\([^)]+\):/.test(rest);
  if (!colon && NOUN_AFTER.test(rest)) return true;
  if (ANOTHER_AFTER.test(rest) && !pairEndsWithColon(rest)) return true;
  if (ANOTHER_BEFORE.test(lead) && !(colon && lead.endsWith('/'))) return true;
  if (atStart) return false;
  if (DETERMINER.test(lead) || CODE_WORD.test(lead)) return true;
  if (!colon && WEAK_DETERMINER.test(lead)) return true;
  // `@param a` names a parameter.
  if (colon && /[@\\]param\b/.test(lead)) return false;
  return ARTICLE.test(lead) && !/\b(?:is|was|are|it's|what|such)\s+an?\s+$/i.test(lead);
}

/** Whether a line that ends so goes on with the tag on the next one as a part of the sentence. */
export function leadsToMention(above: string): boolean {
  const text = `${above.trimEnd()} `;
  if (/[.!?:;,)]\s$/.test(text)) return false;
  return (
    DETERMINER.test(text) ||
    ARTICLE.test(text) ||
    /(?:^|[^\w])(?:of|with|as|like|and|or|in|from|to|for|called|named|contains?|by|on|into|than|via|using)\s$/i.test(
      text,
    )
  );
}

/** `XXX` that stands for characters to be filled in. */
export function isPlaceholder(tag: string, lead: string, rest: string): boolean {
  if (/^[*X]*X{2,}\b/.test(rest) || /^[-.:/]?\s?X{2,}\b/.test(rest)) return true;
  if (/\bX{2,}[-.:/]?\s?[([]?$/.test(lead)) return true;
  if (tag !== 'XXX') return false;
  // An address or a name on the same line has it for a part: what follows says what that part is.
  if (/[\w/][-/.:_]XXX(?!\w)/.test(lead)) return true;
  return (
    /^[-.:/_)\]]\s?[\dX]/.test(rest) || /(?:[\d=#]|\w[-.:/_])$/.test(lead) || /^\)\s?X/.test(rest)
  );
}

function pairEndsWithColon(rest: string): boolean {
  return new RegExp(String.raw`^\s?[/|&]\s?${TAG_WORD}\s?(?:\([^)]*\))?:`).test(rest);
}

/** An odd number of quotation marks before the tag, and one after it. */
function insideQuotes(lead: string, rest: string): boolean {
  for (const quote of ['`', '"']) {
    const parts = lead.split(quote);
    if (parts.length % 2 === 0 && rest.includes(quote) && parts.length > 1) return true;
  }
  return /(?:^|[\s([{=,])'[^'\s]*$/.test(lead) && /^[^']*'(?!\w)/.test(rest);
}
