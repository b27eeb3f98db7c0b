import type { Language } from '../language.ts';
import { isWord } from '../lexis/places.ts';
import { addComment, type Lexis, type Scan, scanCode } from '../lexis/scan.ts';

export interface HtmlOptions {
  /** The language of an element whose content is code, by element name and attributes; `null`: text that is not read. */
  readonly embedded: (element: string, attributes: string) => Language | null | undefined;
  /** Code in the text and in attributes: `{` (Svelte), `{{` (Vue). */
  readonly code?: { readonly open: '{' | '{{'; readonly read: Lexis };
  /** XML: character data sections, no embedded languages. */
  readonly xml?: boolean;
}

/** Reads HTML, XML and single-file components: comments, and the code of embedded languages. */
export function readHtml(scan: Scan, from: number, to: number, options: HtmlOptions): void {
  const { src } = scan;
  let pos = from;
  while (pos < to && pos < scan.limit) {
    const code = src.charCodeAt(pos);
    if (code === 60) pos = markupEnd(scan, pos, to, options);
    else if (code === 123 && options.code !== undefined && src.startsWith(options.code.open, pos)) {
      pos = expressionEnd(scan, pos, to, options.code);
    } else pos++;
  }
}

/** What starts with `<`: comment, section, declaration, tag. */
function markupEnd(scan: Scan, pos: number, to: number, options: HtmlOptions): number {
  const { src } = scan;
  if (src.startsWith('<!--', pos)) {
    const at = src.indexOf('-->', pos + 4);
    const end = at < 0 ? to : Math.min(at, to);
    addComment(scan, pos + 4, end);
    return Math.min(end + 3, to);
  }
  if (src.startsWith('<![CDATA[', pos)) return after(src, ']]>', pos, to);
  if (src.startsWith('<?', pos)) return after(src, '?>', pos, to);
  if (!isWord(src.charCodeAt(pos + 1))) return pos + 1;
  return elementEnd(scan, pos, to, options);
}

function elementEnd(scan: Scan, pos: number, to: number, options: HtmlOptions): number {
  const { src } = scan;
  const open = tagEnd(scan, pos, to, options);
  const name = /^<([\w:-]+)/.exec(src.slice(pos, pos + 60))?.[1]?.toLowerCase() ?? '';
  if (options.xml === true || src[open - 2] === '/') return open;
  const language = options.embedded(name, src.slice(pos + name.length + 1, open));
  if (language === undefined) return open;
  const end = closingTag(src, name, open, to);
  if (language !== null) language.read(scan, open, end);
  return end;
}

function closingTag(src: string, name: string, from: number, to: number): number {
  const pattern = new RegExp(`</${name}[\\s>]`, 'gi');
  pattern.lastIndex = from;
  const at = pattern.exec(src)?.index ?? to;
  return Math.min(at, to);
}

/** Offset after the `>` of a tag; quoted values and code in braces may hold one. */
function tagEnd(scan: Scan, from: number, to: number, options: HtmlOptions): number {
  const { src } = scan;
  let pos = from + 1;
  while (pos < to) {
    const character = src[pos];
    if (character === '>') return pos + 1;
    if (character === '"' || character === "'") {
      if (src[pos - 1] === '=' || /\s/.test(src[pos - 1] ?? '')) {
        const close = src.indexOf(character, pos + 1);
        pos = close < 0 || close >= to ? pos + 1 : close + 1;
      } else pos++;
    } else if (character === '{' && options.code?.open === '{')
      pos = expressionEnd(scan, pos, to, options.code);
    else pos++;
  }
  return to;
}

/** Code between braces; the brackets around it are part of what is read, so that they nest. */
function expressionEnd(
  scan: Scan,
  pos: number,
  to: number,
  { open, read }: { open: string; read: Lexis },
): number {
  const start = pos + open.length;
  // The end of a block: `{/if}`.
  if (/^\/[a-z]/.test(scan.src.slice(start, start + 2))) return start;
  return Math.max(scanCode(scan, read, start, to, '}'), start);
}

function after(src: string, text: string, pos: number, to: number): number {
  const at = src.indexOf(text, pos);
  return at < 0 || at >= to ? to : at + text.length;
}
