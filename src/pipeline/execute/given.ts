import type { Task } from '../../domain/task.ts';
import { promptFor } from './prompt.ts';
import { visible, withoutInvisible } from './visible.ts';

/** What an agent is given for a task, to be read by the person who approves it. */
export interface Given {
  /** The prompt as the agent gets it; the random fence is named FENCE. */
  readonly prompt: string;
  /** Text that Markdown would have hidden, as it is shown to the agent. */
  readonly hidden: string[];
  /** Characters that show nothing and were taken out. */
  readonly invisibleCharacters: number;
}

/** The same text that `work` hands over, made before the work. */
export function givenOf(
  task: Pick<Task, 'proposal' | 'target' | 'baseBranch'>,
  options: { readonly template: string | null; readonly checks: readonly string[] },
): Given {
  const { title, body } = task.proposal;
  const shown = visible(body);
  const before = occurrences(withoutInvisible(body));
  const hidden: string[] = [];
  for (const [text, count] of occurrences(shown)) {
    for (let left = count - (before.get(text) ?? 0); left > 0; left -= 1) hidden.push(text);
  }
  const words = `${title}\n${body}`.replace(/\r\n?/gu, '\n');
  return {
    prompt: promptFor(task, { ...options, fence: '===== FENCE =====' }),
    hidden,
    invisibleCharacters: [...words].length - [...withoutInvisible(words)].length,
  };
}

/** What `visible` writes for something hidden; text that a person wrote in the same form was there before. */
function occurrences(text: string): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const [whole] of text.matchAll(
    /\[hidden (?:comment|link definition|image text|title|markup): [^\]]*\]/gu,
  )) {
    found.set(whole, (found.get(whole) ?? 0) + 1);
  }
  return found;
}
