import { type CommentLine, lineBelow } from './comment-lines.ts';
import type { Comment } from './lexis/scan.ts';
import type { SourceText } from './source-text.ts';
import type { Candidate } from './tags.ts';

/** What stands after the tag. */
export interface FindingText {
  readonly text: string;
  readonly owner: string | null;
  readonly issue: string | null;
  /** Offset in the last line that belongs to the finding. */
  readonly lastOffset: number;
}

/** The rest of `TODO/FIXME: …`, whose tags have one text. */
const OTHER_TAG = /^(?:\s?[/|&]\s?[A-Z]{3,}\b)+(?=\s?[:(])/;
/** A finding's text goes on for at most this many lines. */
const MOST_LINES = 50;

/** Reads owner, issue and text; `stop` is where the next finding of the same comment starts. */
export function findingTextOf(
  source: SourceText,
  comment: Comment,
  candidate: Candidate,
  line: CommentLine,
  stop: number,
): FindingText {
  const end = Math.min(line.end, stop);
  const first = source.decode(candidate.end, end).trimEnd().replace(OTHER_TAG, '');
  const { owner, issue, rest } = takeOwner(first);
  const parts = [cleanEnd(takeSeparator(rest))];
  let lastOffset = Math.max(candidate.start, end - 1);
  if (stop > line.end) {
    for (const more of continuation(source, comment, candidate, line, stop)) {
      parts.push(cleanEnd(source.decode(more.textStart, more.line.end)));
      lastOffset = more.line.start;
    }
  }
  const element = /<(\w+)>\s*$/.exec(source.src.slice(line.start, candidate.start))?.[1];
  const joined = inParentheses(
    source.src[candidate.start - 1],
    parts.filter((part) => part !== '').join(' '),
  );
  const text = element === undefined ? joined : joined.replace(`</${element}>`, '').trim();
  return { text, owner, issue: issue ?? issueIn(text), lastOffset };
}

/** `(ann)`, `(#12)`, `(ann, #12)`, also in square brackets. */
function takeOwner(text: string): { owner: string | null; issue: string | null; rest: string } {
  const none = { owner: null, issue: null, rest: text };
  const match =
    /^(?:\(([^()]*(?:\([^()]*\)[^()]*)*)\)|\[([^\]]*)\]|<([^<>\s]+)>|\{([^{}\s]*)\})/.exec(text);
  if (match === null) return dashedOwner(text) ?? spacedOwner(text) ?? none;
  const inside = match[1] ?? match[2] ?? match[3] ?? match[4] ?? '';
  if (inside.split(/\s+/).length > 4) return none;
  return { ...namesIn(inside), rest: text.slice(match[0].length) };
}

/** `TODO-ann: …` */
function dashedOwner(
  text: string,
): { owner: string | null; issue: string | null; rest: string } | undefined {
  const match = /^-([A-Za-z]\w*)(?=:)/.exec(text);
  return match === null
    ? undefined
    : { owner: match[1] ?? null, issue: null, rest: text.slice(match[0].length) };
}

/** `TODO (ann): …`: in parentheses after a space, a single name with a colon after it. */
function spacedOwner(
  text: string,
): { owner: string | null; issue: string | null; rest: string } | undefined {
  const match = /^\s+\(([^()\s]+|[^()\s,]+,\s*#\d+)\)\s*(?=:)/.exec(text);
  return match === null
    ? undefined
    : { ...namesIn(match[1] ?? ''), rest: text.slice(match[0].length) };
}

function namesIn(inside: string): { owner: string | null; issue: string | null } {
  const owners: string[] = [];
  const issues: string[] = [];
  for (const part of inside.split(/[,;|]\s*|\s+(?=#)/)) {
    const name = part.trim();
    if (name === '') continue;
    if (ISSUE.test(name)) issues.push(/^\d+$/.test(name) ? `#${name}` : name);
    else owners.push(name.replace(/^@/, ''));
  }
  if (issues.length > 0 && /^(?:issues?|bugs?|gh|github|ticket|see|pr)$/i.test(owners[0] ?? '')) {
    owners.shift();
  }
  return {
    owner: owners.length === 0 ? null : owners.join(', '),
    issue: issues.length === 0 ? null : issues.join(', '),
  };
}

/** `#12`, `acme/widgets#12`, `GH-12`, `PROJ-12`, `b/12`, `issue 12`, an address. */
const ISSUE =
  /^(?:(?:[\w.-]+\/[\w.-]+)?#\d+|(?:gh|GH)-\d+|[A-Z][A-Z0-9]+-\d+|(?:b|crbug|cl|go)\/[\w./-]*\d+|(?:issues?|bug|ticket)[\s#/:-]*\d+|\d+|https?:\/\/\S+|[\w.-]+\.\w+\/\S+)$/i;

function issueIn(text: string): string | null {
  return /(?:^|[\s([,:])((?:[\w.-]+\/[\w.-]+)?#\d+)\b/.exec(text)?.[1] ?? null;
}

function takeSeparator(text: string): string {
  return text
    .replace(
      /^[*_\])}]*\s*(?:(?:[:\uff1a\u2013\u2014,;.!?|=~>]|-(?=[-\s>:]|$))+|\](?=\s))?(?:\*\*|__)?\s*/u,
      '',
    )
    .trim();
}

/** Cuts closers and ornaments off the end of a line. Hardly a line ends so: its last character is looked at first. */
function cleanEnd(text: string): string {
  let clean = text.trim();
  for (const { last, pattern } of ENDS) {
    if (last.includes(clean.slice(-1))) clean = clean.replace(pattern, '');
  }
  return clean.trim();
}

const ENDS = [
  {
    last: '/>)}#|',
    pattern: /\s*(?:\*+\/|--+!?>|\*\)|-\}|\|#|%>|#\}|--\}\}|\]#|=#|\+\/)$/u,
  },
  { last: '*#/%;=~_-', pattern: /(?<=\s)[*#/%;=~_-]+$|\*{2,}$|^[*#/%;=~-]+$/u },
  { last: '\\', pattern: /\s*\\$/u },
];

/** After `(TODO: fix)` the text ends with the parenthesis that the tag stands in. */
function inParentheses(before: string | undefined, text: string): string {
  const close = before === '(' ? ')' : before === '[' ? ']' : undefined;
  if (close === undefined) return text;
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === before) depth++;
    else if (text[at] === close && --depth < 0) return text.slice(0, at).trimEnd();
  }
  return text;
}

/** The lines below that are indented deeper than the tag. */
function* continuation(
  source: SourceText,
  comment: Comment,
  candidate: Candidate,
  first: CommentLine,
  stop: number,
): Generator<{ line: CommentLine; textStart: number }> {
  const { src } = source;
  const column = baseColumn(src, first, candidate.start);
  let line = first;
  for (let count = 0; count < MOST_LINES; count++) {
    const below = lineBelow(src, comment, line);
    if (below === undefined || below.end > stop) return;
    const textStart = afterOrnament(src, below, comment.marker);
    if (textStart >= below.end || columnOf(src, below.lineStart, textStart) <= column) return;
    if (/^[@\\][a-z]/i.test(src.slice(textStart, textStart + 2))) return;
    yield { line: below, textStart };
    line = below;
  }
}

/** The column of the tag, or of the bullet or parenthesis before it. */
function baseColumn(src: string, line: CommentLine, tag: number): number {
  const lead = src.slice(line.start, tag);
  const bullet = /(?:[-+\xe2\u2022*]\s+(?:\[[ xX]?\]\s*)?|\d+[.)]\s+|\[[ xX]?\]\s*|[(@\\])$/.exec(
    lead,
  );
  const ornament = /^\s*\*+\s+$/.test(lead);
  const start = bullet === null || ornament ? tag : tag - bullet[0].length;
  return columnOf(src, line.lineStart, start);
}

/** After the indentation, and after the asterisks that decorate the lines of a block. */
function afterOrnament(src: string, line: CommentLine, marker: string | null): number {
  const text = src.slice(line.start, Math.min(line.end, line.start + 200));
  const lead = (marker === null ? /^\s*(?:[*|]+(?=\s|$)|[#;%]+(?=\s))?\s*/ : /^\s*/).exec(text);
  return line.start + (lead?.[0].length ?? 0);
}

const TAB_WIDTH = 8;

function columnOf(src: string, from: number, offset: number): number {
  let column = 0;
  for (let at = from; at < offset; at++) {
    column = src.charCodeAt(at) === 9 ? column + TAB_WIDTH - (column % TAB_WIDTH) : column + 1;
  }
  return column;
}
