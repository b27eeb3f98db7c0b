import { readings } from './normalize.ts';
import { isProse, isSnippet, withoutCode } from './prose.ts';
import { xmlEntity, xss } from './rules/markup.ts';
import {
  deserialization,
  formatString,
  formulaInjection,
  headerInjection,
  hiddenText,
  promptInjection,
  prototypePollution,
  templateInjection,
} from './rules/other.ts';
import { dangerousUrl, internalAddress, pathTraversal } from './rules/places.ts';
import { ldapInjection, nosqlInjection, sqlInjection } from './rules/queries.ts';
import type { Kind, Rule } from './rules/rule.ts';
import { argumentInjection, commandInjection } from './rules/shell.ts';

const detectors: readonly (readonly [Kind, readonly Rule[]])[] = [
  ['xss', xss],
  ['sql-injection', sqlInjection],
  ['command-injection', commandInjection],
  ['argument-injection', argumentInjection],
  ['path-traversal', pathTraversal],
  ['template-injection', templateInjection],
  ['nosql-injection', nosqlInjection],
  ['ldap-injection', ldapInjection],
  ['header-injection', headerInjection],
  ['xml-entity', xmlEntity],
  ['formula-injection', formulaInjection],
  ['format-string', formatString],
  ['prototype-pollution', prototypePollution],
  ['deserialization', deserialization],
  ['internal-address', internalAddress],
  ['dangerous-url', dangerousUrl],
  ['prompt-injection', promptInjection],
  ['hidden-text', hiddenText],
];

/** A single value is not longer; beyond that only what is unmistakable counts. */
const longestValue = 1000;

/**
 * Names what a text looks like, in the order of the detectors; empty for what a developer writes. It only looks: nothing
 * is refused or changed by it. Time grows with the length alone, 64 KB take a few milliseconds.
 */
export function detect(text: string): readonly Kind[] {
  if (isHarmless(text)) return [];
  const value = { isValue: true, isCode: false };
  const hidden = matching(text, hiddenText, value) ? (['hidden-text'] as const) : [];
  const looked = withoutCode(text);
  const isValue = looked.length <= longestValue && !isProse(looked);
  const look = { isValue, isCode: isValue && isSnippet(looked) };
  const found = new Set<Kind>(hidden);
  for (const reading of readings(looked)) {
    for (const [kind, rules] of detectors) {
      if (!found.has(kind) && matching(reading, rules, look)) found.add(kind);
    }
  }
  return [...found];
}

function matching(
  text: string,
  rules: readonly Rule[],
  { isValue, isCode }: { readonly isValue: boolean; readonly isCode: boolean },
): boolean {
  return rules.some(
    ({ pattern, onlyBare, notCode }) =>
      (onlyBare !== true || isValue) && (notCode !== true || !isCode) && pattern.test(text),
  );
}

/**
 * Names, ids and plain words: most of what passes, answered by two looks. There is no payload without one of the
 * characters or words that are asked for here.
 */
function isHarmless(text: string): boolean {
  if (text.length > 300 || telling.test(text)) return false;
  return (
    /^[A-Za-z0-9_]*$/u.test(text) ||
    /^[A-Za-z][\w ,.!?-]*$/u.test(text) ||
    /^[A-Za-z0-9][\w-]*\/[A-Za-z0-9][\w-]*$/u.test(text)
  );
}

const telling = new RegExp(
  [
    '^(?:constructor|prototype|tostring|valueof|hasownproperty|con|nul|prn|aux|com\\d|lpt\\d|0x\\w{1,40}|\\d{8,10})(?:\\.|$)',
    '__|\\.\\.|--|^ro0ab|^aced0005|^gasv|^y[23]?vb|^kgnw|^aaeaaad|id_|_keys|_hosts|\\.(?:php|asp|jsp|exe|sh|bat|cmd|local|internal|config|ini)|localhost|canary|ifs',
    '\\b(?:or|and|xor|union|select|order|group|having|drop|truncate|alter|insert|delete|update|procedure|like|rlike|limit|between|case|waitfor|load_file|into)\\b',
    '\\b(?:ignore|disregard|forget|override|bypass|skip|system|assistant|reveal|print|show|repeat|output|leak|exfiltrate|now|upload|post|send|push|email|not)\\b',
    '\\b(?:curl|wget|config|flushall|flushdb|shutdown|eval|slaveof|module|cmd|powershell|pwsh|nc|ncat|rm|innerhtml|outerhtml|insertadjacenthtml)\\b',
  ].join('|'),
  'iu',
);
