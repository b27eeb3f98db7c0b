/**
 * The demo's scripted agent: no model, the same result every time. Reads its task from the file that is its last
 * argument, finds in it the text of a TODO that it knows (the recipes of samples.ts), and edits the work tree.
 * Prints JSON lines as any `command` agent may. Arguments: a JSON list of recipes, then the task file.
 */
import { readFile, writeFile } from 'node:fs/promises';

interface Recipe {
  readonly todo: string;
  readonly verdict: string;
  readonly edits: readonly {
    readonly path: string;
    readonly find?: string;
    readonly replace?: string;
    readonly append?: string;
  }[];
}

const [recipesFile = '', taskFile = ''] = process.argv.slice(2);
const recipes = JSON.parse(await readFile(recipesFile, 'utf8')) as readonly Recipe[];
const task = await readFile(taskFile, 'utf8');
const recipe = recipeFor(task);
// The one task that every agent is asked to prove itself with (prove-agent.ts).
const proof = /^Create a file named (\w+\.txt) .*Its only line is: ([0-9a-f]+)$/m.exec(task);
if (proof !== null) await writeWord(proof[1] ?? '', proof[2] ?? '');
else if (recipe === undefined)
  finish('I am a scripted agent and know no recipe for this task.', true);
else await follow(recipe);

async function writeWord(file: string, word: string): Promise<void> {
  await writeFile(file, `${word}\n`);
  finish(`I wrote ${file}.`, false);
}

/** The longest text that stands in the task, so that one TODO inside another is not mistaken. */
function recipeFor(task: string): Recipe | undefined {
  const plain = plainWords(task);
  return recipes
    .filter(({ todo }) => plain.includes(plainWords(todo)))
    .toSorted((a, b) => b.todo.length - a.todo.length)[0];
}

/** Only letters and digits count: titles and markdown change case, breaks and marks. */
function plainWords(text: string): string {
  return text.toLowerCase().replace(/[^a-z0-9]+/g, ' ');
}

async function follow({ edits, verdict }: Recipe): Promise<void> {
  for (const edit of edits) {
    say({ type: 'tool', name: 'Read', detail: edit.path });
    const before = await readFile(edit.path, 'utf8');
    const find = edit.find ?? '';
    if (edit.append === undefined && !before.includes(find)) {
      return finish(`${edit.path} does not look as expected; somebody changed it meanwhile.`, true);
    }
    const after =
      edit.append === undefined
        ? before.replace(find, () => edit.replace ?? '')
        : before + edit.append;
    await writeFile(edit.path, after);
    say({ type: 'tool', name: 'Edit', detail: edit.path });
  }
  finish(verdict, false);
}

function finish(message: string, isError: boolean): void {
  const usage = { inputTokens: 0, outputTokens: 0, cachedTokens: 0, turns: 1, costUsd: 0 };
  say({ type: 'result', message, isError, usage });
  process.exitCode = isError ? 1 : 0;
}

function say(event: object): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}
