import { z } from 'zod';

// Grammars of what people and programs give us. Structured fields are refused when they do not fit; free text may say
// anything and is kept byte for byte. All patterns are linear: one pass, no repetition inside a repetition.

/** Length as people count: code points, so an emoji is one and a letter outside of the first plane is not two. */
export function codePoints(text: string): number {
  let count = text.length;
  for (let index = 0; index < text.length - 1; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit >= 0xd8_00 && unit <= 0xdb_ff) {
      const next = text.charCodeAt(index + 1);
      if (next >= 0xdc_00 && next <= 0xdf_ff) {
        count -= 1;
        index += 1;
      }
    }
  }
  return count;
}

interface Length {
  readonly min?: number;
  readonly max: number;
}

/**
 * Text of a person of at most `max` code points: well-formed Unicode without NUL, nothing else is asked of it and nothing
 * is changed. `min` counts what is more than blanks.
 */
export function freeText({ min = 0, max }: Length) {
  return z
    .string()
    .max(max * 2, tooLong(max))
    .refine((text) => codePoints(text) <= max, tooLong(max))
    .refine((text) => text.isWellFormed(), 'this is not well-formed Unicode')
    .refine((text) => !text.includes('\0'), 'a NUL character can not be kept')
    .refine((text) => min === 0 || codePoints(text.trim()) >= min, 'this is empty')
    .meta({ freeText: true, maxLength: max });
}

/** Free text on one line: titles, which become subjects and headings. */
function lineOfText(length: Length) {
  return freeText(length)
    .refine((text) => !/[\n\r\v\f\u0085\u2028\u2029]/u.test(text), 'this has to stand on one line')
    .refine((text) => !/[^\P{Cc}\t\n\r]/u.test(text), 'control characters do not belong here')
    .meta({ freeText: true, maxLength: length.max });
}

/** Of an issue or a task. */
export const titleText = lineOfText({ min: 1, max: 256 });
export const bodyText = freeText({ max: 65_536 });
/** Why somebody did something. */
export const reasonText = freeText({ max: 2000 });
/** What a person calls a thing of their own: a token, a passkey. */
export const nameText = lineOfText({ min: 1, max: 100 });
/** Words to search for. */
export const searchText = lineOfText({ max: 200 });

/** What is kept nowhere in words: passwords, codes, tokens. It is not looked through for attacks. */
export function secretText({ max }: { readonly max: number }) {
  return z.string().min(1).max(max).meta({ secret: true, writeOnly: true });
}

const githubName = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})\/[A-Za-z0-9._-]{1,100}$/u;

/** Whether it is `owner/name` as GitHub has them. */
export function isGithubName(text: string): boolean {
  return githubName.test(text) && !/\/\.{1,2}$|^[^/]*(?:--|-\/)|\.git$/u.test(text);
}

/** In UTF-8; contracts are read in the browser too, so nothing of Node is used here. */
function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** A folder as people write it: from the root, from here or from home, and never back out of itself. */
export function isFolder(text: string): boolean {
  return (
    /^(?:\/|\.(?:\/|$)|~\/|[A-Za-z]:[\\/])/u.test(text) &&
    byteLength(text) <= 4096 &&
    isPlain(text) &&
    !/(?:^|[\\/])\.\.(?:[\\/]|$)/u.test(text)
  );
}

/** `owner/name` of GitHub, or the folder of a local repository. */
export const repositoryName = z
  .string()
  .max(4096)
  .refine(
    (text) => isGithubName(text) || isFolder(text),
    'write owner/name, or a folder like /srv/project or ./project',
  )
  // A folder reads like a path on purpose: it is flagged as one, and nobody is blocked for having several.
  .meta({ freeText: true });

/** The same, and patterns of it: `acme/*`, `/srv/*`. */
export const repositoryPattern = z
  .string()
  .max(4096)
  .refine(
    (text) =>
      /^[\w.*?[\]{},!-]{1,100}\/[\w.*?[\]{},!-]{1,100}$/u.test(text) ||
      isGithubName(text) ||
      isFolder(text),
    'write owner/name, owner/*, or a folder',
  );

/** A branch by the rules of `git check-ref-format --branch`. */
export const branchName = z
  .string()
  .min(1)
  .max(244)
  .refine(isBranch, 'this is no name of a branch in git');

/** Whether git takes it as the name of a branch. */
export function isBranch(text: string): boolean {
  return (
    text.length > 0 &&
    !text.startsWith('-') &&
    text !== '@' &&
    text !== 'HEAD' &&
    isPlain(text) &&
    !/[\s~^:?*[\\]|\.\.|@\{|\/\/|\.$|\/$|^\//u.test(text) &&
    text.split('/').every((part) => !part.startsWith('.') && !part.endsWith('.lock'))
  );
}

/** A label as GitHub takes them: 1 to 50 characters on one line. */
export const labelName = z
  .string()
  .max(100)
  .refine(
    (text) => text.trim() !== '' && codePoints(text) <= 50 && isPlain(text),
    'a label has 1 to 50 characters, all of them visible',
  );

/** A path inside a repository: relative, with `/`, and never out of it. */
export const repositoryPath = z
  .string()
  .min(1)
  .refine(isRepositoryPath, 'write a path relative to the repository');

/** Whether a path stays inside of a repository and is not git's own. */
export function isRepositoryPath(text: string): boolean {
  return (
    text !== '' &&
    byteLength(text) <= 4096 &&
    isPlain(text) &&
    !/^(?:\/|~|[A-Za-z]:)|\\/u.test(text) &&
    text
      .split('/')
      .every((part) => part !== '' && part !== '.' && part !== '..' && !/^\.git$/iu.test(part))
  );
}

/** Number of an issue or a pull request. */
export const issueNumber = z.int().min(1).max(2_147_483_647);

/** An http or https address without a name and password in it, at most 2,048 characters. */
export const webUrl = z
  .string()
  .max(2048)
  .refine(isWebUrl, 'write an http or https address, without a password in it');

/** Whether it is an absolute http(s) address that says where it leads. */
export function isWebUrl(text: string): boolean {
  if (!/^https?:\/\/[^\s\\/?#][^\s\\]*$/iu.test(text) || !isPlain(text) || !URL.canParse(text))
    return false;
  const { username, password, hostname } = new URL(text);
  return username === '' && password === '' && hostname !== '';
}

/** Ids that we make: letters, digits and `._:-`. */
export const plainId = z
  .string()
  .max(100)
  .regex(/^[\w][\w.:-]*$/u, 'an id has letters, digits, and . _ : - between them');

/** Where a list goes on: what an answer gave, unchanged. */
export const cursorText = z
  .string()
  .max(2000)
  .regex(/^[\w.:~+/=|,-]+$/u, 'give back what the last answer said');

/** Names of agents, rules, scanners: `claude-code`, `stale-issue`. */
export const plainName = z
  .string()
  .max(100)
  .regex(/^[A-Za-z0-9][\w.-]*$/u, 'a name has letters, digits, and . _ - between them');

/** A key of the configuration: `github.labels.approved`, `repositories.0.match`. */
export const configKey = z
  .string()
  .max(300)
  .regex(/^[\w$-]+(?:\.[^\s.\p{Cc}\p{Cf}]+)*$/u, 'write the names of a key with dots between them');

/** A file or folder of this machine, as its user names it. */
export const filePath = z
  .string()
  .min(1)
  .refine((text) => byteLength(text) <= 4096 && !/\p{Cc}/u.test(text), 'this is no path');

/** A schedule of five fields: minute, hour, day, month, weekday. */
export const cronText = z
  .string()
  .max(120)
  .refine(isCron, 'write five fields: minute hour day month weekday, for example 0 3 * * 1');

const cronFields = [
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [0, 7],
] as const;

/** Whether it is a schedule of five fields, each `*`, numbers, ranges or steps within its bounds. */
export function isCron(text: string): boolean {
  const fields = text.split(' ');
  return (
    fields.length === cronFields.length &&
    fields.every((field, index) => {
      const [low, high] = cronFields[index] ?? [0, 0];
      return field.split(',').every((part) => isCronPart(part, low, high));
    })
  );
}

function isCronPart(part: string, low: number, high: number): boolean {
  const match = /^(?:\*|(\d{1,2})(?:-(\d{1,2}))?)(?:\/(\d{1,2}))?$/u.exec(part);
  if (match === null) return false;
  const [, from, until, step] = match;
  const first = from === undefined ? low : Number(from);
  const last = until === undefined ? first : Number(until);
  return first >= low && last <= high && first <= last && (step === undefined || Number(step) > 0);
}

/** Nothing in it that is not seen or that steers: no control, format or private characters, no lone surrogate. */
function isPlain(text: string): boolean {
  return text.isWellFormed() && !/[\p{Cc}\p{Cf}\p{Co}\p{Zl}\p{Zp}]/u.test(text);
}

function tooLong(max: number): string {
  return `this is longer than ${max} characters`;
}
