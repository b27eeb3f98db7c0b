/**
 * Compiles a glob of a policy. `**` crosses folders, `*` and `?` stay in one; hidden names are matched like any other
 * (node's `matchesGlob` skips them, and hidden is what most protected paths are). A pattern without a slash holds in
 * every folder, and a pattern that names a folder holds for everything below it.
 */
export function compileGlob(glob: string): (path: string) => boolean {
  const rooted = glob.replace(/^\.?\/+/u, '').replace(/\/+$/u, '');
  const anywhere = rooted.includes('/') || glob.startsWith('/') ? rooted : `**/${rooted}`;
  const pattern = new RegExp(`^${anywhere.split('/').map(segment).join('')}(?:/.*)?$`, 'su');
  return (path) => pattern.test(`/${path}`);
}

/** Each segment brings its leading slash, so that `**` can stand for no folder at all. */
function segment(text: string): string {
  if (text === '**') return '(?:/[^/]+)*';
  return `/${text.replace(/\*+|\?|\{[^{}]*\}|\[[^\]]+\]|[^\w*?]/gu, translate)}`;
}

function translate(token: string): string {
  if (token.startsWith('*')) return '[^/]*';
  if (token === '?') return '[^/]';
  if (token.length > 1 && token.startsWith('[')) {
    const inside = token.slice(1, -1).replace(/^[!^]/u, '');
    return `[${inside.length < token.length - 2 ? '^' : ''}${inside.replace(/[\\[\]^]/gu, '\\$&')}]`;
  }
  if (token.length > 1) {
    const choices = token.slice(1, -1).split(',');
    return `(?:${choices.map((choice) => choice.replace(/\*+|\?|[^\w*?]/gu, translate)).join('|')})`;
  }
  return /[\\^$.*+?()[\]{}|/]/u.test(token) ? `\\${token}` : token;
}
