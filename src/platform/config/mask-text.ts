import { type Node, parseTree } from 'jsonc-parser';
import { maskedValue } from './mask.ts';

/**
 * The text of a configuration file with its secrets masked where they stand: order, comments and layout stay. What is no
 * JSON is masked as plain text.
 */
export function maskedText(text: string, redact: (text: string) => string): string {
  const root = parseTree(text, [], { allowTrailingComma: true });
  if (root === undefined) return redact(text);
  let shown = '';
  let from = 0;
  for (const { node, key } of textsIn(root, [])) {
    const value = String(node.value);
    const masked = maskedValue(key.join('.'), value, redact);
    if (masked === value) continue;
    shown += `${text.slice(from, node.offset)}${JSON.stringify(masked)}`;
    from = node.offset + node.length;
  }
  // Comments hold secrets too.
  return redact(shown + text.slice(from));
}

interface Placed {
  readonly node: Node;
  readonly key: readonly string[];
}

/** Every text in the order in which it stands, with the key it belongs to. */
function textsIn(node: Node, key: readonly string[]): readonly Placed[] {
  if (node.type === 'string') return [{ node, key }];
  if (node.type === 'array') return (node.children ?? []).flatMap((child) => textsIn(child, key));
  if (node.type !== 'object') return [];
  return (node.children ?? []).flatMap(({ children }) => {
    const [name, value] = children ?? [];
    if (name === undefined || value === undefined) return [];
    return textsIn(value, [...key, String(name.value)]);
  });
}
