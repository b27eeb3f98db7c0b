/** One todo with its true identity, which the mutations carry along and the matching must find. */
export interface Todo {
  readonly gid: number;
  readonly tag: string;
  readonly owner: string | null;
  readonly text: string;
  /** Line of its block before which it stands. */
  readonly at: number;
}

export interface Block {
  readonly name: string;
  readonly lines: readonly string[];
  readonly todos: readonly Todo[];
}

export interface SourceFile {
  readonly blocks: readonly Block[];
  readonly style: {
    readonly indent: string;
    readonly end: string;
    readonly block: boolean;
    readonly quotes: string;
  };
}

export type CodeBase = ReadonlyMap<string, SourceFile>;
type Fraction = () => number;
type Mutation = (code: CodeBase, fraction: Fraction) => readonly CodeBase[];

const words =
  'parser token cache retry index buffer socket header cursor schema ledger widget branch merge filter render commit vector matrix signal window thread packet bucket'.split(
    ' ',
  );
const verbs =
  'handle remove rewrite validate support document simplify measure split guard refactor drop'.split(
    ' ',
  );
const doubles = ['handle errors', 'remove this hack', 'add tests'];

/** A few files of functions with todos, some of them with equal words. */
export function codeBase(fraction: Fraction): CodeBase {
  let gid = 0;
  const files = new Map<string, SourceFile>();
  for (let file = 0; file < 4; file += 1) {
    const blocks = Array.from({ length: 6 }, (_, at) => {
      gid += 1;
      return blockOf(fraction, `${pick(words, fraction)}${file}${at}`, gid);
    });
    doubleTodo(blocks, pick(doubles, fraction));
    files.set(`src/${pick(words, fraction)}-${file}.ts`, {
      blocks,
      style: { indent: '  ', end: '\n', block: false, quotes: "'" },
    });
  }
  return files;
}

/** Blocks 1 and 3 of each file say the same. */
function doubleTodo(blocks: Block[], text: string): void {
  for (const at of [1, 3]) {
    const block = blocks[at] as Block;
    const todos = block.todos.map((todo) => ({ ...todo, tag: 'TODO', owner: null, text }));
    blocks[at] = { ...block, todos };
  }
}

function blockOf(fraction: Fraction, name: string, gid: number): Block {
  const lines = Array.from(
    { length: 5 },
    () =>
      `const ${pick(words, fraction)} = ${pick(verbs, fraction)}(${name}, %${pick(words, fraction)}%);`,
  );
  const text = fraction() < 0.35 ? pick(doubles, fraction) : phrase(fraction);
  const owner = fraction() < 0.3 ? pick(['ann', 'bob'], fraction) : null;
  return {
    name,
    lines,
    todos: [
      { gid, tag: pick(['TODO', 'FIXME'], fraction), owner, text, at: Math.floor(fraction() * 5) },
    ],
  };
}

function phrase(fraction: Fraction): string {
  return `${pick(verbs, fraction)} the ${pick(words, fraction)} of the ${pick(words, fraction)} when ${pick(words, fraction)} is ${pick(words, fraction)}`;
}

function pick<T>(list: readonly T[], fraction: Fraction): T {
  return list[Math.floor(fraction() * list.length)] as T;
}

export function render(code: CodeBase): Map<string, string> {
  return new Map([...code].map(([path, file]) => [path, renderFile(file)]));
}

function renderFile({ blocks, style }: SourceFile): string {
  const lines = blocks.flatMap((block) => [
    `export function ${block.name}(${block.name}) {`,
    ...block.lines.flatMap((line, at) => [
      ...block.todos
        .filter((todo) => todo.at === at)
        .map((todo) => style.indent + comment(todo, style.block)),
      style.indent + line.replaceAll('%', style.quotes),
    ]),
    '}',
    '',
  ]);
  return lines.join(style.end);
}

function comment({ tag, owner, text }: Todo, block: boolean): string {
  const said = `${tag}${owner === null ? '' : `(${owner})`}: ${text}`;
  return block ? `/* ${said} */` : `// ${said}`;
}

const fresh = (fraction: Fraction) => 1000 + Math.floor(fraction() * 1e9);

function everyFile(change: (file: SourceFile, fraction: Fraction) => SourceFile): Mutation {
  return (code, fraction) => [
    new Map([...code].map(([path, file]) => [path, change(file, fraction)])),
  ];
}

/** Changes one block of each file. */
function oneBlock(change: (block: Block, fraction: Fraction) => Block): Mutation {
  return everyFile((file, fraction) => {
    const chosen = Math.floor(fraction() * file.blocks.length);
    return {
      ...file,
      blocks: file.blocks.map((block, at) => (at === chosen ? change(block, fraction) : block)),
    };
  });
}

function todosOf(change: (todo: Todo, fraction: Fraction) => Todo) {
  return (block: Block, fraction: Fraction): Block => ({
    ...block,
    todos: block.todos.map((todo) => change(todo, fraction)),
  });
}

function styled(style: Partial<SourceFile['style']>): Mutation {
  return everyFile((file) => ({ ...file, style: { ...file.style, ...style } }));
}

function renamed(path: string): string {
  return path.replace('src/', 'lib/moved/');
}

const editText = (todo: Todo, fraction: Fraction): Todo => {
  const parts = todo.text.split(' ');
  parts[Math.floor(fraction() * parts.length)] = pick(words, fraction);
  return { ...todo, text: `${parts.join(' ')}${fraction() < 0.5 ? ' soon' : ''}` };
};

/** A copy of a function with the same todo, before or after the first. */
function duplicated(before: boolean): Mutation {
  return everyFile((file, fraction) => {
    const chosen = Math.floor(fraction() * file.blocks.length);
    const original = file.blocks[chosen] as Block;
    const made = blockOf(fraction, `${original.name}Copy`, fresh(fraction));
    const todos = original.todos.map((todo) => ({ ...todo, gid: fresh(fraction) }));
    const blocks = [...file.blocks];
    blocks.splice(before ? 0 : blocks.length, 0, { ...made, todos });
    return { ...file, blocks };
  });
}

/** One of the two equal todos of each file goes. */
function duplicateRemoved(first: boolean): Mutation {
  const dropped = first ? 1 : 3;
  return everyFile((file) => ({
    ...file,
    blocks: file.blocks.map((block, at) => (at === dropped ? { ...block, todos: [] } : block)),
  }));
}

/** Everything moves down by five hundred lines. */
const shiftedDown = everyFile((file) => ({
  ...file,
  blocks: [
    { name: 'table', lines: Array.from({ length: 497 }, (_, n) => `row(${n});`), todos: [] },
    ...file.blocks,
  ],
}));

/** Kinds of change; each answers the states of the code after it. */
export const mutations = {
  linesInsertedAbove: oneBlock((block) => ({
    ...block,
    lines: [
      ...block.lines.slice(0, 1),
      'const inserted = 1;',
      'log(inserted);',
      ...block.lines.slice(1),
    ],
    todos: block.todos.map((todo) => ({ ...todo, at: todo.at === 0 ? 0 : todo.at + 2 })),
  })),
  fileHeaderAdded: everyFile((file) => ({
    ...file,
    blocks: [{ name: 'header', lines: ['boot();', 'start();'], todos: [] }, ...file.blocks],
  })),
  renamed: (code) => [
    new Map([...code].map(([path, file], at) => [at === 1 ? renamed(path) : path, file])),
  ],
  renamedAll: (code) => [new Map([...code].map(([path, file]) => [renamed(path), file]))],
  renamedAndEdited: (code, fraction) => [
    new Map(
      [...code].map(([path, file], at) => [
        at < 2 ? renamed(path) : path,
        at < 2
          ? {
              ...file,
              blocks: file.blocks.map((block, index) =>
                index === 2
                  ? todosOf(editText)({ ...block, lines: [...block.lines, 'more();'] }, fraction)
                  : block,
              ),
            }
          : file,
      ]),
    ),
  ],
  namesSwapped: (code) => {
    const [a, b, ...rest] = [...code];
    return a === undefined || b === undefined
      ? [code]
      : [new Map([[a[0], b[1]], [b[0], a[1]], ...rest])];
  },
  movedToAnotherFile: (code, fraction) => {
    const [a, b, ...rest] = [...code];
    if (a === undefined || b === undefined) return [code];
    const moved = a[1].blocks[Math.floor(fraction() * 6)] as Block;
    return [
      new Map([
        [a[0], { ...a[1], blocks: a[1].blocks.filter((block) => block !== moved) }],
        [b[0], { ...b[1], blocks: [...b[1].blocks, moved] }],
        ...rest,
      ]),
    ];
  },
  fileSplit: (code) => {
    const [a, ...rest] = [...code];
    if (a === undefined) return [code];
    return [
      new Map([
        [a[0], { ...a[1], blocks: a[1].blocks.slice(0, 3) }],
        ['src/second-half.ts', { ...a[1], blocks: a[1].blocks.slice(3) }],
        ...rest,
      ]),
    ];
  },
  movedWithinFile: everyFile((file) => ({
    ...file,
    blocks: [...file.blocks.slice(2), ...file.blocks.slice(0, 2)],
  })),
  swapped: everyFile((file) => ({
    ...file,
    blocks: file.blocks.map((block, at) => file.blocks[at === 1 ? 4 : at === 4 ? 1 : at] ?? block),
  })),
  reindented: styled({ indent: '\t\t' }),
  carriageReturns: styled({ end: '\r\n' }),
  commentStyle: styled({ block: true }),
  reformatted: styled({ indent: '    ', quotes: '"', end: '\r\n' }),
  textEdited: oneBlock(todosOf(editText)),
  tagChanged: oneBlock(
    todosOf((todo) => ({ ...todo, tag: todo.tag === 'TODO' ? 'FIXME' : 'TODO' })),
  ),
  ownerChanged: oneBlock(
    todosOf((todo) => ({ ...todo, owner: todo.owner === 'cleo' ? null : 'cleo' })),
  ),
  codeAroundEdited: oneBlock((block) => ({
    ...block,
    lines: block.lines.map((line, at) => (at % 2 === 0 ? `${line} audit();` : line)),
  })),
  todoRemoved: oneBlock((block) => ({ ...block, todos: [] })),
  todoAdded: oneBlock((block, fraction) => ({
    ...block,
    todos: [
      ...block.todos,
      { gid: fresh(fraction), tag: 'TODO', owner: null, text: phrase(fraction), at: 4 },
    ].sort((a, b) => a.at - b.at),
  })),
  doubleAddedBefore: duplicated(true),
  doubleAddedAfter: duplicated(false),
  firstDoubleRemoved: duplicateRemoved(true),
  lastDoubleRemoved: duplicateRemoved(false),
  reverted: (code, fraction) => [
    ...oneBlock((block) => ({ ...block, todos: [] }))(code, fraction),
    code,
  ],
  editedTwice: (code, fraction) => {
    const [once = code] = oneBlock(todosOf(editText))(code, fraction);
    return [once, ...oneBlock(todosOf(editText))(once, fraction)];
  },
} satisfies Record<string, Mutation>;

/** The same findings in other places or other white space. */
export const moves = {
  shiftedDown,
  shiftedUp: (code, fraction) => [...shiftedDown(code, fraction), code],
  renamed: mutations.renamedAll,
  reindented: mutations.reindented,
  carriageReturns: mutations.carriageReturns,
} satisfies Record<string, Mutation>;
