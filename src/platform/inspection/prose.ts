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

const fence = /^(?:```|~~~)/u;

/**
 * Leaves out what a person marked as code: fenced and indented blocks, and code spans that stand like words. Only where
 * something is left to read, so that nobody hides a value by putting it in back ticks.
 */
export function withoutCode(text: string): string {
  const kept: string[] = [];
  let isInside = false;
  for (const line of text.split('\n')) {
    if (fence.test(line.trimStart())) isInside = !isInside;
    else if (!isInside && !/^(?: {4}|\t)\S/u.test(line)) kept.push(line);
  }
  const rest = kept
    .join('\n')
    .replace(
      /(^|[\s([{"'>*_|-])(`{1,3})(?!`)[^`\n]{1,400}\2(?=$|[\s)\]}"'.,:;!?<*_|/-])/gmu,
      '$1 ',
    );
  return wordsOf(rest) >= 2 ? rest : text;
}

/** Whether it reads like sentences, a title, a table or a block of code of a person, and not like one value. */
export function isProse(text: string): boolean {
  const head = text.slice(0, 4000);
  if (fence.test(head.trimStart()) || /^\s{0,3}\|[\s:|-]{3,200}\|\s{0,3}$/mu.test(head))
    return true;
  const tokens = head.split(/\s{1,100}/u).filter((token) => token !== '').length;
  const words = wordsOf(head);
  return (words >= 3 && words * 2 >= tokens) || words >= 12 || ideographs(head) >= 8;
}

/** Plain words, as a person separates them. */
function wordsOf(text: string): number {
  let count = 0;
  for (const token of text.slice(0, 4000).split(/\s{1,100}/u)) {
    const word = token.replace(/^["'(*_]{1,2}|["')*_.,:;!?]{1,3}$/gu, '').toLowerCase();
    if (/^\p{L}[\p{L}'’-]{1,30}$/u.test(word) && !payloadWords.has(word)) count += 1;
  }
  return count;
}

/** Writing that does not put blanks between words. */
function ideographs(text: string): number {
  return (
    text.match(
      /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Hangul}]/gu,
    )?.length ?? 0
  );
}
