import type { Finding } from '../../domain/finding.ts';
import type { RankReason } from '../../domain/task.ts';

const tagPoints: Readonly<Record<string, readonly [number, string]>> = {
  BUG: [40, 'marked as a bug'],
  FIXME: [35, 'marked as broken'],
  XXX: [25, 'marked as questionable'],
  HACK: [20, 'marked as a workaround'],
  TODO: [15, 'marked as work left over'],
};

const signals: readonly {
  readonly factor: string;
  readonly pattern: RegExp;
  readonly points: number;
  readonly because: string;
}[] = [
  {
    factor: 'security',
    pattern: /\b(secur|vulnerab|inject|sanitiz|escap|xss|csrf|password|secret|auth)/iu,
    points: 25,
    because: 'speaks of security',
  },
  {
    factor: 'correctness',
    pattern: /\b(crash|leak|race|deadlock|corrupt|overflow|wrong|broken|fail|loses?|lost)\b/iu,
    points: 15,
    because: 'speaks of wrong behavior',
  },
  {
    factor: 'robustness',
    pattern:
      /\b(validat|error|exception|retry|timeout|handle|edge case|null|undefined|negative|empty)/iu,
    points: 10,
    because: 'speaks of error handling',
  },
  {
    factor: 'performance',
    pattern: /\b(slow|performance|optimi[sz]e|quadratic|cache|n\+1)\b/iu,
    points: 8,
    because: 'speaks of speed',
  },
];

/** Ranks a finding from 0 to 100, each point with its reason; equal findings rank equal on any machine. */
export function rank(finding: Finding): { rank: number; reasons: readonly RankReason[] } {
  const reasons: RankReason[] = [];
  const tag = Object.hasOwn(tagPoints, finding.tag ?? '')
    ? tagPoints[finding.tag ?? '']
    : undefined;
  if (tag !== undefined) reasons.push({ factor: 'tag', points: tag[0], because: tag[1] });
  if (finding.rule === 'stale-issue') {
    reasons.push({
      factor: 'stale',
      points: 20,
      because: 'an issue that people opened and nobody moved',
    });
  }
  for (const { factor, pattern, points, because } of signals) {
    if (pattern.test(finding.text)) reasons.push({ factor, points, because });
  }
  const words = finding.text.split(/\s+/u).filter((word) => word.length > 1).length;
  if (words >= 4) reasons.push({ factor: 'clear', points: 10, because: 'says what to do' });
  else if (words === 0) reasons.push({ factor: 'unclear', points: -10, because: 'says nothing' });
  if (/(^|\/)(tests?|spec|__tests__|examples?|fixtures)\//u.test(finding.path)) {
    reasons.push({ factor: 'place', points: -10, because: 'lies in tests or examples' });
  }
  if (finding.confidence < 0.7) {
    reasons.push({ factor: 'confidence', points: -10, because: 'may not be meant as work' });
  }
  const sum = reasons.reduce((total, reason) => total + reason.points, 0);
  return { rank: Math.max(0, Math.min(100, sum)), reasons };
}
