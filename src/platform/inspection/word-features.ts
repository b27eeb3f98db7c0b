import { pieces, senseOf } from './senses.ts';

/** A word, a beginning of one, or a sense, with a hash that stands for it where speed counts. */
export interface Part {
  readonly text: string;
  readonly hash: number;
}

interface Token {
  readonly word: Part;
  /** The beginning of a long word, for its other endings. */
  readonly beginning: Part | null;
  readonly sense: Part | null;
}

/** One sentence, or so many words of a long one. */
export type Sentence = readonly Token[];

/** Is told a feature: one part, or two or three that follow each other. */
export type Take = (first: Part, second?: Part, third?: Part) => void;

const mostTokens = 60;
const longWord = 6;
const beginningLength = 5;
/** Characters. */
const shortPath = 16;

/** An address, a path, a piece that has a sense, an ideograph, a name, a word, a number, the end of a sentence and what is blank behind it, a mark. */
const anyToken = new RegExp(
  String.raw`https?:\/\/[^\s)>\]"']+|[\w.+-]+@[\w-]+\.[\w.-]+|[\w.-]*\/[\w./-]+|\.[a-z][\w.-]+|(?=[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}ー])(?:${pieces.join('|')})|[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]|[\p{L}\p{N}]+_[\p{L}\p{N}_]*|\p{L}[\p{L}\p{M}\p{N}']*|\p{N}+|[.!?;](?:\s+|$)|[。！？\n]\s*|[^\s\p{L}\p{N}]`,
  'uy',
);
const end = /^(?:[.!?;](?:\s|$)|[。！？\n])/u;

/** Cuts a text in lower case into sentences of tokens. Linear in its length. */
export function sentencesOf(text: string): readonly Sentence[] {
  const found: Token[][] = [];
  let sentence: Token[] = [];
  const add = (token: Token, isEnd: boolean): void => {
    sentence.push(token);
    if (!isEnd && sentence.length < mostTokens) return;
    found.push(sentence);
    sentence = [];
  };
  for (let at = 0; at < text.length; ) {
    const next = readPlain(text, at, add);
    at = next < 0 ? readAny(text, at, add) : next;
  }
  if (sentence.length > 0) found.push(sentence);
  return found;
}

type Add = (token: Token, isEnd: boolean) => void;

/** Reads the token or the blank at a place, whatever it is; answers what comes behind it. */
function readAny(text: string, at: number, add: Add): number {
  anyToken.lastIndex = at;
  const [run] = anyToken.exec(text) ?? [];
  if (run === undefined) return at + ((text.codePointAt(at) as number) > 0xff_ff ? 2 : 1);
  const isEnd = end.test(run);
  add(isEnd ? endOf(run) : tokenOf(run), isEnd);
  return at + run.length;
}

/** What a letter of ASCII is to the tokens that it may begin or end. */
const [other, letter, digit, blank, mark, stop, joint] = [0, 1, 2, 3, 4, 5, 6] as const;
const sorts = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code);
  if (/[A-Za-z]/u.test(character)) return letter;
  if (/\d/u.test(character)) return digit;
  if (/\s/u.test(character)) return blank;
  if (/[!?;]/u.test(character)) return stop;
  // Addresses, paths and names go on behind these, or begin with them.
  return /[./_+-]/u.test(character) ? joint : mark;
});

/** Behind the end there is a blank. */
function sortAt(text: string, at: number): number {
  if (at >= text.length) return blank;
  const code = text.charCodeAt(at);
  return code < 128 ? (sorts[code] as number) : other;
}

/**
 * The same as `readAny` for the tokens that most text is made of: words, numbers and marks of ASCII that are no part of an
 * address, a path or a name. Answers -1 where it may be another one.
 */
function readPlain(text: string, from: number, add: Add): number {
  const code = text.charCodeAt(from);
  const sort = sortAt(text, from);
  const at = from + 1;
  switch (sort) {
    case letter:
    case digit:
      return readWord(text, from, sort, add);
    case blank:
      return code === newline ? readEnd(text, from, endOfLine, add) : at;
    case stop:
      return readEnd(text, from, marks[code] as Token, add);
    case joint:
      if (sortAt(text, at) !== blank) return -1;
      if (code === fullStop) return readEnd(text, from, marks[code] as Token, add);
      add(marks[code] as Token, false);
      return at;
    case mark:
      add(marks[code] as Token, false);
      return at;
    default:
      return -1;
  }
}

function readEnd(text: string, from: number, token: Token, add: Add): number {
  let at = from + 1;
  while (at < text.length && sortAt(text, at) === blank) at += 1;
  if (sortAt(text, at) === other) return -1;
  add(token, true);
  return at;
}

function readWord(text: string, from: number, sort: number, add: Add): number {
  let at = from + 1;
  while (isOfWord(sortAt(text, at))) at += 1;
  if (mayBeJoined(text, at)) return -1;
  if (sort === digit) {
    at = from + 1;
    while (sortAt(text, at) === digit) at += 1;
    add(someNumber, false);
    return at;
  }
  while (isOfWord(sortAt(text, at)) || text.charCodeAt(at) === apostrophe) at += 1;
  if (sortAt(text, at) === other) return -1;
  add(wordOf(text.slice(from, at)), false);
  return at;
}

function isOfWord(sort: number): boolean {
  return sort === letter || sort === digit;
}

/** Whether what stands behind letters and digits may make an address, a path or a name of them. */
function mayBeJoined(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  if (code === colon) return text.charCodeAt(at + 1) === slash;
  if (code === atSign || code === underscore) return true;
  const sort = sortAt(text, at);
  if (sort !== joint) return sort === other;
  for (let ahead = at; ahead < at + farthestAhead; ahead += 1) {
    const next = text.charCodeAt(ahead);
    if (next === slash || next === atSign) return sortAt(text, ahead + 1) !== blank;
    const is = sortAt(text, ahead);
    if (is !== joint && !isOfWord(is)) return false;
  }
  return true;
}

/** Characters; what goes on without a blank for longer is looked at with care. */
const farthestAhead = 40;
const slash = 47;
const colon = 58;
const atSign = 64;
const underscore = 95;
const newline = 10;
const apostrophe = 39;
const fullStop = 46;

function endOf(run: string): Token {
  return run.startsWith('\n') ? endOfLine : plain(run.slice(0, 1));
}

/** Addresses, names and numbers are alike to it, and so are paths that are not known by heart. */
function tokenOf(run: string): Token {
  if (/^\p{L}[^_@/]*$/u.test(run)) return wordOf(run);
  if (/^\p{N}+$/u.test(run)) return someNumber;
  if (run.includes('://') || /.@/u.test(run)) return someUrl;
  if (run.includes('_') && !run.includes('/')) return run === '_' ? plain(run) : someName;
  return run.length < shortPath ? plain(run) : someFile;
}

/** Tells what a sentence is judged by: its words, pairs and threes of them, and the same of their senses. */
export function tellFeatures(sentence: Sentence, take: Take): void {
  const senses: Part[] = [];
  for (let at = 0; at < sentence.length; at += 1) {
    const { word, beginning, sense } = sentence[at] as Token;
    take(word);
    if (beginning !== null) take(beginning);
    const two = sentence[at + 1]?.word;
    if (two !== undefined) {
      take(word, two);
      const three = sentence[at + 2]?.word;
      if (three !== undefined) {
        take(word, two, three);
        take(word, gap, three);
      }
    }
    if (sense !== null) senses.push(sense);
  }
  const first = sentence[0]?.sense ?? null;
  if (first !== null) take(start, first);
  for (let at = 0; at < senses.length; at += 1) {
    const one = senses[at] as Part;
    const [two, three] = [senses[at + 1], senses[at + 2]];
    take(one);
    if (two !== undefined) take(one, two);
    if (two !== undefined && three !== undefined) take(one, two, three);
    for (let ahead = 2; ahead <= 4; ahead += 1) {
      const other = senses[at + ahead];
      if (other !== undefined) take(one, gap, other);
    }
  }
}

/** The hash of a feature, from those of its parts. */
export function hashOf(first: Part, second?: Part, third?: Part): number {
  let hash = first.hash;
  if (second !== undefined) hash = mixed(hash, second.hash);
  if (third !== undefined) hash = mixed(hash, third.hash);
  return hash;
}

export function partOf(text: string): Part {
  return { text, hash: hashText(text, text.length) };
}

const gap = partOf('*');
const start = partOf('^');
const plain = (text: string): Token => ({ word: partOf(text), beginning: null, sense: null });
const someUrl = plain('<url>');
const someFile = plain('<file>');
const someName = plain('<name>');
const someNumber = plain('<number>');
const endOfLine = plain('<line>');
const marks = Array.from({ length: 128 }, (_, code) => plain(String.fromCharCode(code)));
const senseParts = new Map<string, Part>();

/** Words seen lately, which are most of those to come. */
const words = new Map<string, Token>();
const mostWords = 4096;
const longestWord = 24;

function wordOf(word: string): Token {
  const known = words.get(word);
  if (known !== undefined) return known;
  const sense = senseOf(word);
  const token = {
    word: partOf(word),
    beginning: beginningOf(word),
    sense: sense === null ? null : partOfSense(sense),
  };
  if (words.size >= mostWords) words.clear();
  if (word.length <= longestWord) words.set(word, token);
  return token;
}

function beginningOf(word: string): Part | null {
  return word.length > longWord ? partOf(`${word.slice(0, beginningLength)}-`) : null;
}

function partOfSense(sense: string): Part {
  const known = senseParts.get(sense) ?? partOf(sense.toUpperCase());
  senseParts.set(sense, known);
  return known;
}

/** FNV-1a over UTF-16 units (Fowler, Noll and Vo), 32 bits. */
function hashText(text: string, length: number): number {
  let hash = 0x81_1c_9d_c5;
  for (let at = 0; at < length; at += 1)
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01_00_01_93);
  return hash;
}

function mixed(one: number, other: number): number {
  const hash = Math.imul(one ^ (one >>> 15), 0x85_eb_ca_6b) + other;
  return Math.imul(hash ^ (hash >>> 13), 0xc2_b2_ae_35);
}
