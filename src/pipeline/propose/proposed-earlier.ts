import type { Finding } from '../../domain/finding.ts';
import { normalizeText } from '../../domain/finding.ts';
import type { EarlierProposal } from '../../domain/ports/earlier-proposals.ts';

/**
 * Whether the first generation made an issue of this comment: the same file, and the line that it noted says the same tag
 * and words, wherever it stands by now. A comment that says something else by now is a new one.
 */
export function wasProposedEarlier(
  finding: Pick<Finding, 'rule' | 'path' | 'line' | 'tag' | 'text'>,
  earlier: readonly Pick<EarlierProposal, 'path' | 'line' | 'content'>[],
): boolean {
  if (finding.rule !== 'todo') return false;
  const tag = (finding.tag ?? '').toLowerCase();
  const [first = ''] = finding.text.split('\n');
  const words = normalizeText(first);
  return earlier.some(({ path, line, content }) => {
    if (path !== finding.path || !content.toLowerCase().includes(tag)) return false;
    return words === '' ? line === finding.line : normalizeText(content).includes(words);
  });
}
