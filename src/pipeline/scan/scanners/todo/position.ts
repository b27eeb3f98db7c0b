import { type CommentLine, lineAbove, lineAt, lineBelow } from './comment-lines.ts';
import type { Comment } from './lexis/scan.ts';
import { isMention, isPlaceholder, leadsToMention } from './mentions.ts';
import type { Candidate } from './tags.ts';

/** A tag that is meant: where it stands decides how sure that is. */
export interface Position {
  readonly line: CommentLine;
  readonly atStart: boolean;
  readonly confidence: number;
}

/** What may stand before a tag that is still at the start of its line: bullets, boxes, numbers, ornaments. */
const DECORATION =
  /^["']?(?:[\s*\-!#/|^<>;%=+~(.:,_&@\\{]|\[[ xX]?\]?|\d+[.)](?=\s)|\xc2[\xb7\xa0\xa7]|\xe2\x80[\xa2\xa3\x93\x94]|\xe2\x97[\xa6\x8f]|\xe2\x9a\xa0|\xef\xb8\x8f|\xf0\x9f[\x80-\xbf]{2}|dnl\s|REM\s|rem\s)*$/;
/** Text this long before a tag is not decoration; keeps lines of a megabyte cheap. */
const LONGEST_LEAD = 400;

/** Where the candidate stands in its comment, or undefined when it is not a finding there. */
export function positionOf(
  src: string,
  comment: Comment,
  candidate: Candidate,
): Position | undefined {
  const line = lineAt(src, comment, candidate.start);
  const sigil = candidate.spelling === 'sigil' ? 1 : 0;
  const lead = src.slice(
    Math.max(line.start, candidate.start - LONGEST_LEAD - sigil),
    candidate.start - sigil,
  );
  const rest = src.slice(candidate.end, Math.min(line.end, candidate.end + LONGEST_LEAD));
  if (!isWholeWord(src, line, candidate, rest) || isPlaceholder(candidate.tag, lead, rest))
    return undefined;
  const atStart = DECORATION.test(lead);
  const place = { line, atStart };
  if (candidate.spelling === 'other') {
    return otherCase(src, comment, candidate, { lead, rest, ...place });
  }
  if (isMention(lead, rest, atStart)) return undefined;
  if (atStart) return startPosition(src, comment, { lead, rest, ...place });
  return laterPosition(src, comment, candidate, { lead, rest, ...place });
}

interface Around {
  readonly lead: string;
  readonly rest: string;
  readonly line: CommentLine;
  readonly atStart: boolean;
}

/** Part of a path, an address, an identifier with dashes, or a name in quotes. */
function isWholeWord(src: string, line: CommentLine, candidate: Candidate, rest: string): boolean {
  const before = candidate.start > line.start ? (src[candidate.start - 1] ?? '') : '';
  const earlier = candidate.start - 1 > line.start ? (src[candidate.start - 2] ?? '') : '';
  if (/[$%"'`&?]/.test(before) && !/^["'%]\s*$/.test(src.slice(line.start, candidate.start)))
    return false;
  if (/["'`]/.test(before) && rest.includes(before)) return false;
  if (/[-./:\\@=+<]/.test(before) && /[\w)}\]>]/.test(earlier)) {
    return (
      before === '/' &&
      /^\s?(?:\([^)]*\))?:/.test(rest) &&
      followsTag(src.slice(line.start, candidate.start))
    );
  }
  if (before === '<' && rest.startsWith('>')) return false;
  if (before === '/' && /[.~]/.test(earlier)) return false;
  if (/^[-./\\@+]\w/.test(rest) && !/^-[A-Za-z]\w*:/.test(rest)) return isTagPair(rest);
  return (
    !/^(?:["'`%$]|=[^=]|\[[^\]]*\]\s*=|::|\(\)|\(s\)|\\u|->)/.test(rest) &&
    !/^\(\s*[^)]*\)\s*(?:[{;]|=>|->)/.test(rest)
  );
}

/** `TODO/FIXME: …` */
function isTagPair(rest: string): boolean {
  return /^\/[A-Z]{3,}\b[^,]*[:(]/.test(rest);
}

function followsTag(lead: string): boolean {
  return /\b(?:TODO|FIXME|HACK|XXX|BUG)\/$/.test(lead);
}

/** Lower or mixed case: only first on its line with a colon or an owner, or alone in the comment. */
function otherCase(
  src: string,
  comment: Comment,
  candidate: Candidate,
  { lead, rest, line, atStart }: Around,
): Position | undefined {
  if (!atStart || lead.endsWith('\\')) return undefined;
  if (isSeparated(candidate.tag, rest)) return { line, atStart, confidence: 0.85 };
  const alone =
    /^[^\w]*$/.test(rest) &&
    isBlankEnd(src, comment, lineBelow(src, comment, line)) &&
    isBlankEnd(src, comment, lineAbove(src, comment, line));
  return alone && !/["'`]/.test(lead + rest) ? { line, atStart, confidence: 0.7 } : undefined;
}

/** A colon or an owner; `xxx(3)` and `bug:label` are other things. */
function isSeparated(tag: string, rest: string): boolean {
  if (/^\s?:(?![:=\w/])|^:[A-Z]|^\s?\([\w@#./, -]+\)\s*:/.test(rest)) return true;
  return /^(?:TODO|FIXME)$/.test(tag) && /^(?::\w|\([\w@#./, -]+\)(?:\s|$))/.test(rest);
}

/** Whether there is no such line, or only the ornament of the opening or closing line. */
function isBlankEnd(src: string, comment: Comment, line: CommentLine | undefined): boolean {
  if (line === undefined) return true;
  return comment.marker === null && /^[\s*]*$/.test(src.slice(line.start, line.end));
}

function startPosition(
  src: string,
  comment: Comment,
  { lead, rest, line, atStart }: Around,
): Position | undefined {
  const separated = /^\s?[:(]/.test(rest);
  // A sentence that was wrapped in front of the tag goes on with it.
  const wrapped = !separated && !/[-*[(@\\.)]\s*$|\d/.test(lead.replace(/^\s*\*/, ''));
  const above = wrapped ? textAbove(src, comment, line) : '';
  if (!/^\W*(?:XXX|TODO|FIXME)\b/.test(above) && leadsToMention(above)) return undefined;
  return { line, atStart, confidence: separated ? 0.98 : 0.9 };
}

/** After other text: with a colon or an owner, first in a sentence, or last in the comment. */
function laterPosition(
  src: string,
  comment: Comment,
  candidate: Candidate,
  { lead, rest, line, atStart }: Around,
): Position | undefined {
  if (/^\s?(?::(?![:=])|\xef\xbc\x9a)/.test(rest)) return { line, atStart, confidence: 0.85 };
  if (/^\([^)]/.test(rest) || /^\s\([^)]*\):/.test(rest)) return { line, atStart, confidence: 0.8 };
  if (/^=(?:head|item)/.test(lead)) return undefined;
  if (startsSentence(lead, comment.marker !== null) || standsApart(lead, rest)) {
    return { line, atStart, confidence: 0.7 };
  }
  if (/^[\s.!?)\]*]*$/.test(rest) && endsParagraph(src, comment, line)) {
    return isNamed(candidate.tag, lead) ? undefined : { line, atStart, confidence: 0.6 };
  }
  return undefined;
}

/** After a full stop, a directive of the compiler, a dash between clauses, an opening parenthesis, or a marker of a comment in a line comment. */
function startsSentence(lead: string, lineComment: boolean): boolean {
  if (/(?:\b(?:e\.g|i\.e|etc|cf|vs|resp|incl)\.|\.\.)\s+[([]?$/i.test(lead)) return false;
  if (/^\s*@ts-[a-z-]+\s+$/.test(lead)) return true;
  if (lineComment && /(?:\/\/|\/\*|#|<!--|;;|\s;|%|@)\s*$/.test(lead)) return true;
  return /(?:[.!?;]\)?\s+[([]?|\b(?:NOTE|Note|WARNING|XXX|HACK):\s+|\s(?:--?|\xe2\x80[\x93\x94])\s+|\s[([])$/.test(
    lead,
  );
}

/** Set off by more than one space from a sentence; columns of a table have more such gaps. */
function standsApart(lead: string, rest: string): boolean {
  return (
    /^(?:\S+ )*\S+ {2,3}$/.test(lead.trimStart()) &&
    /^ \S+ \S/.test(rest) &&
    lead.trim().includes(' ')
  );
}

/** Whether nothing goes on after this line: the comment ends, or a blank line or another item follows. */
function endsParagraph(src: string, comment: Comment, line: CommentLine): boolean {
  const below = lineBelow(src, comment, line);
  if (below === undefined) return true;
  const text = src.slice(below.start, below.end);
  const own = isStarred(src, comment, line) ? text.replace(/^\s*\*/, '') : text;
  return /^[\s*/#;%!-]*(?:$|[@\\]\w|[-*]\s|TODO\b|FIXME\b)/.test(own);
}

/** Whether the next line of the block begins with a star as this one does, so that the star is no bullet. */
function isStarred(src: string, comment: Comment, line: CommentLine): boolean {
  if (comment.marker !== null) return false;
  const isFirst = line.start === comment.start;
  return isFirst || /^\s*\*/.test(src.slice(line.start, line.end));
}

/** "replace XXX", "marked as TODO": the last word is what is talked about. */
function isNamed(tag: string, lead: string): boolean {
  const word = /([\w'@-]+)\W*$/.exec(lead)?.[1]?.toLowerCase() ?? '';
  const direct = /\w\s+$/.test(lead);
  if (!direct) return false;
  if (NAMING.has(word)) return true;
  return (
    tag === 'XXX' && /^(?:is|number|id|code|version|by|with|name|equals|line|port|type)$/.test(word)
  );
}

const NAMING = new Set(
  'end begin start as to with like called named and or for in of by from on at per contains contain containing mark marked marks word tag keyword add adds write writes find finds replace replaces remove removes ignore ignores report reports print prints match matches say says into than using use uses via not known about'.split(
    ' ',
  ),
);

function textAbove(src: string, comment: Comment, line: CommentLine): string {
  const above = lineAbove(src, comment, line);
  return above === undefined
    ? ''
    : src.slice(Math.max(above.start, above.end - LONGEST_LEAD), above.end);
}
