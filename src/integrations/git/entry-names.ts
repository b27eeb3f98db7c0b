// What counts as a name that some file system takes for `.git`: git's own verify_path (read-cache.c), HFS+ and NTFS rules.

/** Code points that HFS+ ignores in a name (Apple TN1150), as git lists them in utf8.c. */
const ignoredOnHfs = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/gu;
const control = /\p{Cc}/u;
const bidi = /[\u202a-\u202e\u2066-\u2069]/u;

/** Whether the name is `.git` on any file system: by case, by 8.3 alias, by invisible characters, by trailing dots. */
function isGitName(name: string): boolean {
  const plain = name.replace(ignoredOnHfs, '').toLowerCase();
  const onNtfs = plain.split(':')[0]?.replace(/[. ]+$/u, '') ?? '';
  return plain === '.git' || onNtfs === '.git' || /^git~\d+$/u.test(onNtfs);
}

/** Why a name may not come out of a workspace; null when it may. */
export function refusalOfName(name: string): string | null {
  if (name === '' || name === '.' || name === '..') return 'not a file name';
  if (isGitName(name)) return 'a name that a file system takes for .git';
  if (name.includes('\u{FFFD}')) return 'a name that is not valid UTF-8';
  if (control.test(name)) return 'control characters in the name';
  if (bidi.test(name)) return 'direction marks in the name';
  if (name.includes('\\')) return 'a backslash in the name';
  if (Buffer.byteLength(name) > 255) return 'a name of more than 255 bytes';
  return null;
}
