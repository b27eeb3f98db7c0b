const entities: Readonly<Record<string, string>> = {
  lt: '<',
  gt: '>',
  amp: '&',
  quot: '"',
  apos: "'",
  lpar: '(',
  rpar: ')',
  colon: ':',
  sol: '/',
  newline: '\n',
  tab: '\t',
  nbsp: ' ',
  grave: '`',
  semi: ';',
  equals: '=',
};

/** Without one of these a text reads in one way alone. */
const escapes = /[%&\\\u0080-\uffff]|\/\*/;

/**
 * The ways one text can be read by a program behind us: as it stands in lower case, and with its escapes undone (percent
 * and HTML encoding, three times, because proxies undo some; JavaScript and CSS escapes; full-width letters; SQL comments
 * between words; invisible characters within words). Both are for looking only. Linear in the length.
 */
export function readings(text: string): readonly string[] {
  const plain = text.toLowerCase();
  if (!escapes.test(text)) return [plain];
  const decoded = decode(decode(decode(text)))
    .normalize('NFKC')
    .replace(/[\u2044\u2215\u2571]/gu, '/')
    .replace(/[\u2216\u2572]/gu, '\\')
    .replace(/[\u00AD\u200B-\u200F\u2060-\u2064\uFEFF]/gu, '')
    .replace(/\/\*(?!!)[^*]{0,60}\*\//gu, ' ')
    .replace(/\/\*!\d{0,6}/gu, ' ')
    .toLowerCase();
  return decoded === plain ? [plain] : [plain, decoded];
}

function decode(text: string): string {
  return text
    .replace(/%u([\da-f]{4})/giu, (_, hex: string) => character(hex, 16))
    .replace(/%(?:(?:e0|f0%80)%)?(?:c[01]|8[01])%([\da-f]{2})/giu, overlong)
    .replace(/(?:%[\da-f]{2})+/giu, percent)
    .replace(/&#x0{0,8}([\da-f]{1,6});?/giu, (_, hex: string) => character(hex, 16))
    .replace(/&#0{0,8}(\d{1,7});?/gu, (_, digits: string) => character(digits, 10))
    .replace(/&([a-z]{2,8});/giu, (whole, name: string) => entities[name.toLowerCase()] ?? whole)
    .replace(/\\u\{?([\da-f]{4,6})\}?/giu, (_, hex: string) => character(hex, 16))
    .replace(/\\x([\da-f]{2})/giu, (_, hex: string) => character(hex, 16));
}

/** ASCII in more bytes than it needs, which is no UTF-8 and read all the same by careless decoders. */
function overlong(run: string, last: string): string {
  const before = /(?:c|8)([01])%..$/iu.exec(run)?.[1] === '1' ? 0x40 : 0;
  return String.fromCodePoint(before + (Number.parseInt(last, 16) % 0x40));
}

/** UTF-8 where it is that, else each byte by itself, as careless decoders do. */
function percent(run: string): string {
  const bytes = Buffer.from(run.replaceAll('%', ''), 'hex');
  const text = bytes.toString('utf8');
  return text.includes('\uFFFD') ? bytes.toString('latin1') : text;
}

function character(digits: string, base: number): string {
  const point = Number.parseInt(digits, base);
  return point > 0x10_ff_ff || (point >= 0xd8_00 && point <= 0xdf_ff)
    ? '\uFFFD'
    : String.fromCodePoint(point);
}
