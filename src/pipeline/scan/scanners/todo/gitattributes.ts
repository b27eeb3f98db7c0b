/** What `linguist-generated` and `linguist-vendored` say of a path; absent where nothing is said. */
export interface LinguistAttributes {
  generated?: boolean;
  vendored?: boolean;
}

interface AttributeLine {
  readonly matches: (path: string) => boolean;
  readonly generated: boolean | undefined;
  readonly vendored: boolean | undefined;
}

/** Reads the `.gitattributes` of a folder; paths are relative to that folder, later lines win (gitattributes(5)). */
export function parseGitattributes(text: string): (path: string) => LinguistAttributes {
  const lines = text.split(/\r?\n/).flatMap(attributeLine);
  return (path) => {
    const result: LinguistAttributes = {};
    for (const line of lines) {
      if (!line.matches(path)) continue;
      if (line.generated !== undefined) result.generated = line.generated;
      if (line.vendored !== undefined) result.vendored = line.vendored;
    }
    return result;
  };
}

function attributeLine(text: string): AttributeLine[] {
  const match = /^\s*(?:"((?:[^"\\]|\\.)*)"|(\S+))\s+(.*)$/.exec(text);
  const pattern = match?.[1]?.replace(/\\(.)/g, '$1') ?? match?.[2];
  if (match === null || pattern === undefined || /^[#![]/.test(pattern)) return [];
  const attributes = (match[3] ?? '').split(/\s+/);
  const generated = valueOf(attributes, 'linguist-generated');
  const vendored = valueOf(attributes, 'linguist-vendored');
  if (generated === undefined && vendored === undefined) return [];
  const expression = patternExpression(pattern);
  return [{ matches: (path) => expression.test(path), generated, vendored }];
}

/** `name`, `name=true`, `-name`, `name=false`, `!name`. */
function valueOf(attributes: readonly string[], name: string): boolean | undefined {
  let value: boolean | undefined;
  for (const attribute of attributes) {
    if (attribute === name || attribute === `${name}=true`) value = true;
    else if (
      attribute === `-${name}` ||
      attribute === `!${name}` ||
      attribute === `${name}=false`
    ) {
      value = false;
    }
  }
  return value;
}

/** A pattern without a slash matches the name at any depth; others match from the folder of the file. */
function patternExpression(pattern: string): RegExp {
  const anchored = pattern.replace(/\/$/, '').includes('/');
  const body = pattern.replace(/^\//, '').replace(/\/$/, '/**');
  const source = body
    .split(/(\*\*\/|\/\*\*|\*\*|\*|\?|\[[^\]]+\])/)
    .map((part, at) =>
      at % 2 === 0 ? part.replace(/[.+^${}()|\\[\]]/g, String.raw`\$&`) : wildcard(part),
    )
    .join('');
  return new RegExp(anchored ? `^${source}$` : `^(?:.*/)?${source}$`);
}

function wildcard(part: string): string {
  if (part === '**/') return '(?:.*/)?';
  if (part === '/**') return '/.*';
  if (part === '**') return '.*';
  if (part === '*') return '[^/]*';
  if (part === '?') return '[^/]';
  return part.replace(/^\[!/, '[^');
}
