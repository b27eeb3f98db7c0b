/** One field of a query: what is asked, under which name, with which arguments. */
export interface Field {
  readonly name: string;
  readonly alias: string;
  readonly args: Readonly<Record<string, unknown>>;
  /** null for a leaf. */
  readonly fields: readonly Field[] | null;
}

interface Reader {
  peek(): string;
  next(): string;
  expect(token: string): void;
}

const tokenPattern = /"(?:[^"\\]|\\.)*"|\.\.\.|[{}()[\]:!$=,]|[\w.-]+/g;

/**
 * Reads one query of GraphQL (spec October 2021) as far as the emulator needs it: variables with defaults left out,
 * aliases, arguments, inline fragments of any type. Throws on anything else.
 */
export function parseQuery(text: string, variables: Readonly<Record<string, unknown>>): Field[] {
  const tokens = text.replaceAll(/#[^\n]*/g, '').match(tokenPattern) ?? [];
  const reader = createReader(tokens.filter((token) => token !== ','));
  if (reader.peek() !== '{') {
    const what = reader.next();
    if (what !== 'query' && what !== 'mutation')
      throw new Error('the emulator reads only queries and mutations');
    while (reader.peek() !== '{') {
      if (reader.peek() === '') throw new Error('Expected {, actual: (none)');
      reader.next();
    }
  }
  return selection(reader, variables);
}

function selection(reader: Reader, variables: Readonly<Record<string, unknown>>): Field[] {
  const fields: Field[] = [];
  reader.expect('{');
  while (reader.peek() !== '}') {
    if (reader.peek() === '...') {
      reader.next();
      reader.expect('on');
      reader.next();
      fields.push(...selection(reader, variables));
    } else {
      fields.push(field(reader, variables));
    }
  }
  reader.expect('}');
  return fields;
}

function field(reader: Reader, variables: Readonly<Record<string, unknown>>): Field {
  const first = reader.next();
  if (!/^[A-Za-z_]\w*$/.test(first)) throw new Error(`unexpected ${first === '' ? 'end' : first}`);
  const aliased = reader.peek() === ':';
  if (aliased) reader.next();
  const name = aliased ? reader.next() : first;
  const args: Record<string, unknown> = {};
  if (reader.peek() === '(') {
    reader.next();
    while (reader.peek() !== ')') {
      const key = reader.next();
      reader.expect(':');
      args[key] = value(reader, variables);
    }
    reader.next();
  }
  const fields = reader.peek() === '{' ? selection(reader, variables) : null;
  return { name, alias: first, args, fields };
}

function value(reader: Reader, variables: Readonly<Record<string, unknown>>): unknown {
  const token = reader.next();
  if (token === '$') return variables[reader.next()];
  if (token === '{') {
    const object: Record<string, unknown> = {};
    while (reader.peek() !== '}') {
      const key = reader.next();
      reader.expect(':');
      object[key] = value(reader, variables);
    }
    reader.next();
    return object;
  }
  if (token === '[') {
    const list: unknown[] = [];
    while (reader.peek() !== ']') list.push(value(reader, variables));
    reader.next();
    return list;
  }
  // Strings, numbers, true, false and null are JSON; anything else is a name of an enumeration.
  return /^["\d-]|^(true|false|null)$/.test(token) ? (JSON.parse(token) as unknown) : token;
}

function createReader(tokens: readonly string[]): Reader {
  let at = 0;
  const next = (): string => tokens[at++] ?? '';
  return {
    peek: () => tokens[at] ?? '',
    next,
    expect(token) {
      const found = next();
      if (found !== token) throw new Error(`Expected ${token}, actual: ${found}`);
    },
  };
}
