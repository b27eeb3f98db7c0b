/**
 * Makes text of others mean to an agent what it showed to the person who approved it. Outside code, what Markdown hides
 * (HTML comments, attributes, image texts, link definitions) is shown and named as hidden; everywhere, characters that
 * show nothing are removed, except where a script or an emoji needs them.
 */
export function visible(text: string): string {
  return regions(withoutInvisible(text))
    .map(({ isCode, lines }) => (isCode ? lines.join('\n') : shown(lines.join('\n'))))
    .join('\n');
}

interface Region {
  readonly isCode: boolean;
  readonly lines: string[];
}

/** Fenced code (CommonMark 4.5) and what stands between. */
function regions(text: string): readonly Region[] {
  const found: Region[] = [{ isCode: false, lines: [] }];
  let fence: string | null = null;
  for (const line of text.split('\n')) {
    const marks: string | undefined = /^ {0,3}(`{3,}(?=[^`]*$)|~{3,})/u.exec(line)?.[1];
    if (fence === null && marks !== undefined) {
      fence = marks;
      found.push({ isCode: true, lines: [line] });
      continue;
    }
    found.at(-1)?.lines.push(line);
    if (fence !== null && marks?.startsWith(fence) === true && line.trim() === marks) {
      fence = null;
      found.push({ isCode: false, lines: [] });
    }
  }
  return found.filter(({ lines }) => lines.length > 0);
}

// Scripts in which a joiner changes what is read (Unicode 16, 23.2), and what an emoji sequence joins.
const joining =
  'Arab|Syrc|Mong|Nkoo|Mand|Phag|Adlm|Rohg|Sogd|Deva|Beng|Guru|Gujr|Orya|Taml|Telu|Knda|Mlym|Sinh|Khmr|Mymr|Tibt|Bali|Java|Newa|Tirh|Gran|Sidd'
    .split('|')
    .map((script) => `\\p{Script_Extensions=${script}}`)
    .join('');
const flags = '\u{1F3F4}(?:gbeng|gbsct|gbwls)\u{E007F}'.replace(/[a-z]/gu, (letter) =>
  String.fromCodePoint(0xe0000 + (letter.codePointAt(0) ?? 0)),
);

/** One alternative for each thing that stays (group 1), then everything that shows nothing. */
const invisible = new RegExp(
  [
    `(${flags}`,
    `(?<=[${joining}])[\\u200C\\u200D]`,
    '(?<=[\\p{Extended_Pictographic}\\uFE0F\\u{1F3FB}-\\u{1F3FF}])\\u200D(?=\\p{Extended_Pictographic})',
    '(?<=\\p{Emoji})[\\uFE0E\\uFE0F]',
    '(?<=[\\p{Sm}\\p{Script=Han}])[\\uFE00-\\uFE02]',
    '(?<=\\p{Script=Han})[\\u{E0100}-\\u{E01EF}]',
    // Behind a letter alone: the selectors are of that script themselves, so that a run of them would stay.
    '(?<=\\p{Script=Mong}(?<=\\p{L}))[\\u180B-\\u180D\\u180F]',
    '[\\n\\t])',
    '[\\p{Default_Ignorable_Code_Point}\\p{Cc}\\uFFF9-\\uFFFB\\u2800]',
  ].join('|'),
  'gu',
);

/** Removes bidi controls, tags, zero-width, filler and control characters; line ends become LF. */
export function withoutInvisible(text: string): string {
  return text
    .toWellFormed()
    .replace(/\r\n?/gu, '\n')
    .replace(invisible, (_whole, kept: string | undefined) => kept ?? '');
}

/** Hidden Markdown as words; what stands in back-ticks is seen by readers and stays. */
function shown(text: string): string {
  return comments(text)
    .split(/(`+[^`\n]+`+)/u)
    .map((part, index) => (index % 2 === 1 ? part : attributes(part)))
    .join('');
}

/** A comment without an end hides all that follows. */
function comments(text: string): string {
  return between(text, '<!--', '-->', 'comment', 'to the end');
}

/** Names what stands between two marks; without the second one it stays as it is, or is taken to the end. */
function between(
  text: string,
  open: string,
  close: string,
  name: string,
  unclosed: 'as it is' | 'to the end',
): string {
  const parts: string[] = [];
  let from = 0;
  for (let start = text.indexOf(open); start !== -1; start = text.indexOf(open, from)) {
    const end = text.indexOf(close, start + open.length);
    if (end === -1 && unclosed === 'as it is') break;
    const inner = text.slice(start + open.length, end === -1 ? undefined : end);
    parts.push(text.slice(from, start), `[hidden ${name}: ${inner.trim()}]`);
    from = end === -1 ? text.length : end + close.length;
  }
  return parts.join('') + text.slice(from);
}

/** All that CommonMark calls HTML (6.6) and does not show, and what links hide. */
function attributes(text: string): string {
  const sections = between(text, '<![CDATA[', ']]>', 'section', 'as it is');
  return between(sections, '<?', '?>', 'instruction', 'as it is')
    .replace(
      /^( {0,3})\[([^\]\n]{1,999})\]:[ \t]*(\S[^\n]*)$/gmu,
      '$1[hidden link definition: $2 $3]',
    )
    .replace(/!\[([^\]\n]{1,999})\](?=[([])/gu, '[hidden image text: $1]')
    .replace(/(\]\([^\s()]{1,2000})[ \t]+["']([^"'\n]{1,999})["']\)/gu, '$1) [hidden title: $2]')
    .replace(/(\]\([^\s()]{1,2000})[ \t]+\(([^()\n]{1,999})\)\)/gu, '$1) [hidden title: $2]')
    .replace(/<!([a-z][^<>]{0,2000})>/giu, '[hidden declaration: $1]')
    .replace(/<([a-z][a-z0-9-]{0,30})(\s[^<>]{1,2000})>/giu, '[hidden markup: $1$2]');
}
