import { asSaid, instructs } from './instructing.ts';
import { needsOf } from './needs.ts';
import { readings } from './normalize.ts';
import { asPasted } from './pasted.ts';
import { createPrefilter, type Prefilter } from './prefilter.ts';
import { isCodeBlock, isProse, isSnippet, withoutCode } from './prose.ts';
import { xmlEntity, xss } from './rules/markup.ts';
import {
  costlyPattern,
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

interface Detector {
  readonly kind: Kind;
  readonly rules: readonly Rule[];
  /** What stands in every text that a rule for all texts finds: most sentences have none of it. A test holds it to the rules. */
  readonly needs: RegExp;
}

const detector = (kind: Kind, rules: readonly Rule[], needs: RegExp): Detector => ({
  kind,
  rules,
  needs,
});

export const detectors: readonly Detector[] = [
  detector('xss', xss, /[<:=(`+]|document|canary/),
  detector('sql-injection', sqlInjection, /["'`();=\d_]|union|select|outfile|dumpfile|program/),
  detector(
    'command-injection',
    commandInjection,
    /[$/;|&(%_-]|processbuilder|os\.(?:system|popen)|subprocess/,
  ),
  detector('argument-injection', argumentInjection, /=|ext::/),
  detector('path-traversal', pathTraversal, /[/\\%]|0x/),
  detector('template-injection', templateInjection, /[{(<[]/),
  detector('nosql-injection', nosqlInjection, /[$"'`]|this\./),
  detector('ldap-injection', ldapInjection, /\(/),
  detector('header-injection', headerInjection, /[:%\r/]/),
  detector('xml-entity', xmlEntity, /</),
  detector('formula-injection', formulaInjection, /[(|]/),
  detector('format-string', formatString, /%/),
  detector('prototype-pollution', prototypePollution, /proto/),
  detector('deserialization', deserialization, /["!$\n]|ro0ab|aced0005/),
  detector('internal-address', internalAddress, /[\d:]|metadata/),
  detector('dangerous-url', dangerousUrl, /@|[\uFF03\uFF0F\uFF20\uFF3C]/),
  detector('prompt-injection', promptInjection, /[a-z<[]|[^\n\t\r -~]/),
  detector('costly-pattern', costlyPattern, /\(/),
  detector('hidden-text', hiddenText, /[^\n\t\r -~]/),
];

/** Characters; what is shorter asks an agent for nothing. */
const shortestSentence = 30;

/** A single value is not longer; beyond that only what is unmistakable counts. */
const longestValue = 1000;

/**
 * Names what a text looks like, in the order of the detectors; empty for what a developer writes. It only looks: nothing
 * is refused or changed by it. Time grows with the length alone; 64 KB took 16 ms at worst.
 */
export function detect(text: string): readonly Kind[] {
  // Plain words are no payload, but a sentence of them may be meant for an agent.
  if (isHarmless(text))
    return text.length >= shortestSentence && instructs(text) ? ['prompt-injection'] : [];
  const value = { isValue: true, isCode: false };
  const isOdd = /[^\n\t\r -~]/.test(text);
  const hidden = isOdd && matching(text, hiddenText, value) ? (['hidden-text'] as const) : [];
  const written = withoutCode(text);
  const isValue = written.length <= longestValue && !isProse(written) && !isCodeBlock(written);
  const looked = asPasted(written, isValue);
  const look = { isValue, isCode: isValue && isSnippet(looked) };
  const found = new Set<Kind>(hidden);
  for (const reading of readings(looked)) lookThrough(reading, look, found);
  if (!found.has('prompt-injection') && instructs(text, written)) found.add('prompt-injection');
  return [...found];
}

/** How a text is looked at. */
interface Look {
  readonly isValue: boolean;
  readonly isCode: boolean;
}

function matching(text: string, rules: readonly Rule[], look: Look): boolean {
  return rules.some((rule) => isAsked(rule, look) && rule.pattern.test(text));
}

function isAsked({ onlyBare, notCode }: Rule, { isValue, isCode }: Look): boolean {
  return (onlyBare !== true || isValue) && (notCode !== true || !isCode);
}

/** Adds the kinds of the rules that match, in the order of the detectors. */
function lookThrough(reading: string, look: Look, found: Set<Kind>): void {
  const said = asSaid(reading);
  const isOpen = new Map<Detector, boolean>();
  for (const { of, rule } of mayMatch(reading, said)) {
    const { kind, needs } = of;
    if (found.has(kind) || !isAsked(rule, look)) continue;
    const open = isOpen.get(of) ?? (look.isValue || needs.test(reading));
    isOpen.set(of, open);
    if (open && rule.pattern.test(kind === saidOnly ? said : reading)) found.add(kind);
  }
}

/** Asked of what is said in a text, without what is only spoken of. */
const saidOnly: Kind = 'prompt-injection';

interface Asked {
  readonly of: Detector;
  readonly rule: Rule;
}

/** The rules that a reading, or what is said in it, may match, in their order. */
export function mayMatch(reading: string, said: string): readonly Asked[] {
  const { all, filter } = (sieve ??= createRuleSieve());
  const isSaidOnly = (index: number): boolean => all[index]?.of.kind === saidOnly;
  const places =
    said === reading
      ? filter(reading)
      : [
          ...filter(reading).filter((index) => !isSaidOnly(index)),
          ...filter(said).filter(isSaidOnly),
        ];
  return places.toSorted((one, other) => one - other).map((index) => all[index] as Asked);
}

let sieve: ReturnType<typeof createRuleSieve> | null = null;

/** Made when the first text is looked at: a start has no time for it. */
function createRuleSieve(): { readonly all: readonly Asked[]; readonly filter: Prefilter } {
  const all = detectors.flatMap((of) => of.rules.map((rule) => ({ of, rule })));
  return { all, filter: createPrefilter(all.map(({ rule }) => needsOf(rule.pattern))) };
}

/**
 * Names, ids and plain words: most of what passes, answered by two looks. There is no payload without one of the
 * characters or words that are asked for here.
 */
function isHarmless(text: string): boolean {
  if (text.length > 300) return false;
  const isPlain =
    /^[A-Za-z0-9_]*$/.test(text) ||
    /^[A-Za-z][\w ,.!?-]*$/.test(text) ||
    /^[A-Za-z0-9][\w-]*\/[A-Za-z0-9][\w-]*$/.test(text);
  return isPlain && !telling.test(text.toLowerCase());
}

const telling = new RegExp(
  [
    '^(?:constructor|prototype|tostring|valueof|hasownproperty|object\\.prototype|con|nul|prn|aux|com\\d|lpt\\d|0x\\w{1,40}|\\d{8,10})(?:\\.|$)',
    '__|\\.\\.|--|^ro0ab|^aced0005|^gasv|^y[23]?vb|^kgnw|^aaeaaad|id_|_keys|_hosts|\\.(?:php|asp|jsp|exe|sh|bat|cmd|local|internal|config|ini)|localhost|localtest|lvh|canary|ifs',
    '\\b(?:or|and|xor|union|select|order|group|having|drop|truncate|alter|insert|delete|update|procedure|like|rlike|limit|between|case|waitfor|load_file|into)\\b',
    'anweisung|instru|istruz|instrukc|direktiv|directive|to me\\b|vorgaben|regel|regol|consignes|\\b(?:ignore|disregard|forget|override|bypass|skip|system|assistant|reveal|print|show|repeat|output|leak|exfiltrate|now|upload|post|sends?|push|email|not|encode|sandbox|approv\\w{1,4}|nobody|shell|tokens?|secrets?|agents?|assistants?)\\b',
    '\\b(?:curl|wget|config|flushall|flushdb|shutdown|eval|slaveof|module|cmd|powershell|pwsh|nc|ncat|rm|innerhtml|outerhtml|insertadjacenthtml)\\b',
  ].join('|'),
);
