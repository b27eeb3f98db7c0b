/** Words that payloads are made of as well: they say nothing of a person having written a sentence. */
const payloadWords = new Set(
  (
    'select union all from where and or not null like having order group by limit into values insert update delete drop ' +
    'table database schema users user admin password passwd set exec execute declare waitfor delay sleep benchmark as in is ' +
    'between exists case when then else end if true false cat ls id whoami uname curl wget bash sh rm touch echo ping nc ' +
    'nslookup script img svg iframe body src href onerror onload alert prompt confirm javascript document cookie etc tmp bin ' +
    'cmd powershell xor rlike regexp begin commit shutdown grant on root test asc desc'
  ).split(' '),
);

/**
 * How code, markup, patches and stack traces begin that people paste without marking them. A value that breaks out of a
 * place begins with what ends that place, so what only a lone value can be is not asked of these.
 */
const snippets: readonly RegExp[] = [
  /^\s{0,20}(?:const|let|var|type|interface|class|enum|import|export|return|async|await|def|fn|func|pub|use|package|public|private|protected|static|struct|impl|namespace|throw|new)\s{1,5}[\w$*{[<('"]/u,
  /^\s{0,20}(?:(?:if|for|while|switch|catch)\s*\(|try\s*\{)[^\n]*[{};)]$/mu,
  /^\s{0,20}(?:if|for|while|elif)\s[^\n]{1,200}(?:;\s?(?:do|then)\b|:$)/mu,
  /^\s{0,20}(?:print|println!?|puts|echo|console\.log|System\.out\.println|fmt\.\w+)\s?[("']/u,
  /^\s{0,20}(?:std::|#include\b|#define\b|@[A-Z]\w*\s{1,5}\w|[A-Z]\w*<[\w<>, []{1,80}>\s{1,5}\w+\s*[=;(])/u,
  /^\s{0,20}\$\w+\s*=\s*(?:\$this|new\b|\[|array\b|\w+\()/u,
  /^\s{0,20}(?:[$>]\s)?(?:sudo\s{1,5})?(?:git|docker|kubectl|npm|npx|yarn|pnpm|make|cargo|go|pip3?|tar|find|grep|sed|awk|chmod|export|cd|mvn|gradle|helm|terraform|apt-get|apt|brew|python3?|nohup|openssl|systemctl|journalctl|rsync|pytest|node)\s{1,5}[\w.-]/u,
  /^\s{0,20}(?:cat\s{1,5}[\w./-]{1,80}|ls\s-[a-z]{1,5})\s*\|\s*(?:sort|grep|wc|head|tail|jq)\b/u,
  /^(?:diff --git\s|\s{2,8}File\s"[^\n"]{1,200}",\sline\s\d|---\s[ab]\/|@@ -\d|\s{2,8}at\s|Traceback \(most|goroutine \d|thread ')/u,
  /^\s{0,20}<\/?(?:p|b|i|u|em|strong|br|hr|div|span|ul|ol|li|h[1-6]|table|tr|td|th|pre|code|details|summary|blockquote|kbd|sup|sub|del|img|a|!--)(?:\s|\/?>)/iu,
  /^\s{0,20}<[A-Z]\w*[\s/>]/u,
  /^\s{0,20}(?:@media\s|[.#]?[\w:. >-]{1,80}\{[^{}]{1,200}:[^{}]{1,200}\}$)/u,
  /^\s{0,20}SELECT\s[\w\s,.*`()]{1,200}\sFROM\s{1,5}[\w.`"-]+(?:\s{1,5}(?:WHERE\s{1,5}\w+\s*=\s*\S+|ORDER BY\s{1,5}\w+|LIMIT\s{1,5}\d+|GROUP BY\s{1,5}\w+))*;?$/iu,
  /^#!\/|^\s{0,20}(?:set\s-[eux]|trap\s'|case\s\S{1,40}\sin$|(?:[A-Z][A-Z0-9_]{0,30}=\S{0,60}\s){1,8}\.{0,2}\/?[\w-])/mu,
  /^\s{0,20}curl\s(?:-\S{1,20}\s){1,5}https:\/\/[^\s;|&`$]{1,200}\s*(?:\|\s*jq\b|\|\|\s*exit\b)/u,
  // What a program says of its own failure, and files of one line.
  /^[\w./-]{1,40}(?:\[\d{1,8}\])?:\s(?:\[\w{1,12}\]|error|warning|fatal|cannot|unknown|no such|permission denied)\b/iu,
  /^\s{0,5}\{\s?"(?:name|version|private|type|compilerOptions|extends|\$schema|id|status|data|items)"\s?:/u,
  /^\s{0,20}curl\s(?:-[A-Za-z]\s\S{1,60}\s|--?[a-z-]{1,20}\s){0,6}["']?https?:\/\/[\w.:/?=&%-]{1,200}["']?(?:\s(?:-{1,2}[A-Za-z-]{1,20}\s)?(?:'[^'`$]{0,200}'|"[^"`$]{0,200}"|[\w.-]{1,40})){0,8}\s{0,3}$/u,
  /^\s{0,5}<\?xml\sversion="1\.\d"(?:\s\w{1,12}="[\w-]{1,12}"){0,2}\?>\s{0,5}<[\w:]{1,40}(?:\s[\w:]{1,20}="[^"]{0,200}"){0,5}>/u,
  // YAML: a key or an item, and below it what belongs to it or the next one.
  /^(?:#[^\n]{0,200}\n){0,5}(?:---\n)?\s{0,8}(?:-\s{1,4})?["']?[A-Za-z_][\w./-]{0,60}["']?:(?:\s[^\n]{0,200})?\n\s{0,8}(?:-\s|["']?[\w./-]{1,60}["']?:(?:\s|$))/u,
  /^\[{1,2}[\w. "'-]{1,80}\]{1,2}\n[\w."-]{1,60}\s?=\s?\S/u,
  /^FROM\s\S{1,120}(?:\sAS\s\w{1,40})?\n(?:RUN|COPY|WORKDIR|CMD|ENV|ARG|USER|EXPOSE|ENTRYPOINT|LABEL|ADD)\s/u,
  /^(?:resource|data|module|variable|provider|output)\s"[\w-]{1,80}"(?:\s"[\w-]{1,80}")?\s\{/u,
  /^@\w{1,40}(?:\.\w{1,40}){0,3}(?:\([^\n]{0,200}\))?\n\s{0,20}(?:class|def|async|@|public|private|export)\b/u,
  /^<\?php\s{1,4}(?:namespace|use|declare|class|\$\w{1,40}\s=\s)/u,
  /^[a-z_]\w{0,40}\s=\s[\w.]{1,80}\([^\n]{0,200}\)\n\S/u,
  /^\s{0,20}(?:EXPLAIN\s(?:ANALYZE\s|\([^()]{1,80}\)\s)?(?:SELECT|INSERT|UPDATE|DELETE)|WITH\s\w{1,40}\sAS\s\()\s?/iu,
  /^\s{0,20}UPDATE\s[\w.]{1,60}\sSET\s[\w.]{1,60}\s=\s[^\n]{1,200}\sWHERE\s\w/iu,
  /^\s{0,20}SELECT\s[\w\s,.*`]{1,200}\sFROM\s[\w\s.]{1,80}\sJOIN\s[\w\s.]{1,80}\sON\s\w{1,40}\.\w{1,40}\s=\s\w{1,40}\.\w/iu,
];

/** Whether it is code, markup, a patch or a stack trace that somebody pasted as it is. */
export function isSnippet(text: string): boolean {
  const head = text.slice(0, 600);
  return snippets.some((pattern) => pattern.test(head));
}

/** Nothing is left out of a text without one of these. */
const code = /[`~]|^(?: {4}|\t)[ \t]*\S/mu;
const fence = /^(?:```|~~~)/u;

/**
 * Leaves out what a person marked as code: fenced and indented blocks, and code spans that stand like words. Only where
 * something is left to read, so that nobody hides a value by putting it in back ticks.
 */
export function withoutCode(text: string): string {
  if (!code.test(text)) return text;
  const kept: string[] = [];
  let isInside = false;
  for (const line of text.split('\n')) {
    if (fence.test(line.trimStart())) isInside = !isInside;
    else if (!isInside && !/^(?: {4}|\t)[ \t]*\S/u.test(line)) kept.push(line);
  }
  const rest = kept
    .join('\n')
    .replace(
      /(^|[\s([{"'>*_|-])(`{1,3})(?!`)[^`\n]{1,400}\2(?=$|[\s)\]}"'.,:;!?<*_|/-])/gmu,
      '$1 ',
    );
  return isWritten(rest.slice(0, 4000)) ? rest : text;
}

/** Whether two runs of letters are left, and one of them a plain word. */
function isWritten(text: string): boolean {
  let runs = 0;
  for (const _run of text.matchAll(/\p{L}[\p{L}\p{M}]{1,30}/gu)) {
    runs += 1;
    if (runs === 2) break;
  }
  if (runs < 2) return false;
  for (const [token] of text.matchAll(/\S+/gu)) if (isPlain(token)) return true;
  return false;
}

/** Whether it reads like sentences, a title, a table or a block of code of a person, and not like one value. */
export function isProse(text: string): boolean {
  const head = text.slice(0, 4000);
  if (fence.test(head.trimStart()) || /^\s{0,3}\|[\s:|-]{3,200}\|\s{0,3}$/mu.test(head))
    return true;
  const tokens = tokensOf(head);
  const words = wordsOf(tokens, 12);
  return (
    (words >= 3 && words * 2 >= tokens.length) ||
    words >= 12 ||
    hasClause(tokens) ||
    ideographs(head) >= 8
  );
}

/** Whether words follow each other as in a sentence, whatever code or query stands before and after them. */
function hasClause(tokens: readonly string[]): boolean {
  let [run, telling] = [0, 0];
  for (const token of tokens) {
    const word = bareWord(token).toLowerCase();
    if (!isWord(word)) [run, telling] = [0, 0];
    else {
      run += 1;
      if (!payloadWords.has(word)) telling += 1;
      if (run >= 5 && telling >= 3) return true;
    }
  }
  return false;
}

/**
 * Whether it is several lines of a program, a configuration or markup, begun and ended anywhere. What breaks out of a place
 * is a line or two; lines that end and begin as code does, one after the other, are no such value.
 */
export function isCodeBlock(text: string): boolean {
  const lines = text
    .slice(0, 4000)
    .split('\n')
    .filter((line) => line.trim() !== '');
  if (lines.length < 3) return false;
  const coded = lines.filter((line) =>
    /^\s*(?:[}\])]|\{%|;;|(?:fi|done|esac|else|elif|then|do|end|return|unset|export|local|alias|echo|shift|case)\b|<\/?[\w>]|\/\/|[#*@.]\s?\w|["']?[\w.$-]{1,40}["']?\s?[:=]\s?\S)|(?:[{}()[\];,]|=>|&&|\|\||\/?>|:)\s*$/u.test(
      line.slice(0, 400),
    ),
  ).length;
  return coded * 3 >= lines.length * 2;
}

function tokensOf(text: string): readonly string[] {
  return text.slice(0, 4000).match(/\S+/gu) ?? [];
}

/** Plain words, as a person separates them; counted no further than it is asked for. */
function wordsOf(tokens: readonly string[], enough: number): number {
  let count = 0;
  for (const token of tokens) {
    if (isPlain(token)) count += 1;
    if (count >= enough) return count;
  }
  return count;
}

/** Whether it is a word that says something of a person having written. */
function isPlain(token: string): boolean {
  const word = bareWord(token).toLowerCase();
  return isWord(word) && !payloadWords.has(word);
}

/** Letters with the marks that many scripts write vowels with, and the joiners within words. */
function isWord(word: string): boolean {
  if (hasOnlyLatinLetters(word)) return word.length > 1 && word.length < 32;
  return /^\p{L}(?:[\p{L}\p{M}'’-]|\u200C|\u200D){1,30}$/u.test(word);
}

/** Whether it has only the letters of ASCII, which needs no pattern. */
function hasOnlyLatinLetters(word: string): boolean {
  for (let at = 0; at < word.length; at += 1) {
    const lower = word.charCodeAt(at) | 0x20;
    if (lower < 97 || lower > 122) return false;
  }
  return true;
}

function bareWord(token: string): string {
  if (!before.has(token.charAt(0)) && !behind.has(token.charAt(token.length - 1))) return token;
  return token.replace(/^["'(*_]{1,2}|["')*_.,:;!?]{1,3}$/gu, '');
}

const before = new Set('"\'(*_');
const behind = new Set('"\')*_.,:;!?');

/** Writing that does not put blanks between words. */
function ideographs(text: string): number {
  return (
    text.match(
      /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Hangul}]/gu,
    )?.length ?? 0
  );
}
