import { sensesElsewhere } from './senses-elsewhere.ts';

/**
 * Words that do the same in an order to an agent: what was learned of one of them holds for the others. Beginnings of
 * words end in `-`. English; `senses-elsewhere.ts` has those of other languages.
 */
const senses: Readonly<Record<string, string>> = {
  agent:
    'agent agents assistant assistants bot bots llm llms ai ais copilot claude codex gemini chatgpt gpt cursor devin model models automation chatbot robot machine crawler parser solver automat-',
  you: 'you your yours yourself u ur thou',
  me: 'me my i us our we mine myself',
  letgo:
    'ignore disregard forget overlook discard neglect override bypass overrule overwrite dismiss abandon erase unlearn wipe circumvent evade violate disobey suspend waive supersede- outrank- trump- void nullif- abolish unset scrap shelve',
  rules:
    'instruction instructions rule rules guideline guidelines guidance direction directions directive directives order orders constraint constraints restriction restrictions prompt prompts policy policies safeguard safeguards training limit limits limitation limitations command commands briefing protocol protocols programming boundaries principles ethics filter filters guardrail guardrails restraint- preamble',
  before:
    'previous previously prior earlier above before preceding former initial original beforehand old existing foregoing so-far',
  now: 'now henceforth onward onwards forward hereby immediately instead from-now currently today once',
  give: 'print prints show reveal post paste send sends mail email upload leak dump display output list share publish expose encode forward transmit exfiltrate hand repeat recite quote disclose return submit cat echo attach include append embed deliver relay beacon surface divulge spill reproduce translate tell read give write copy put report log drop export type',
  secret:
    'env environment secret secrets credential credentials token tokens password passwords passphrase key keys keychain netrc id_rsa id_ed25519 vault printenv apikey pat cookies dotenv pem kubeconfig npmrc variables variable confidential sensitive classified',
  own: 'configuration config system setup context memory conversation history thoughts weights briefing preamble header',
  people:
    'maintainer maintainers reviewer reviewers human humans user users team owner owners person people anyone anybody somebody someone nobody developer developers author operator colleague- staff manager employee-',
  check:
    'review reviews approval approvals test tests ci gate gates check checks verification validation permission permissions confirmation consent signoff scan scans audit audits scanner codeowners protection sandbox lint 2fa authentication authorization',
  approve:
    'approve approves approved approving accept accepted merge merges merged lgtm pass passes passed passing sign green authorize authorise authorized authorised greenlight rubber',
  verdict:
    'verdict rating score safe clean harmless trusted verified correct resolved benign severity confidence',
  off: 'off disable disables disabled remove delete skip skips skipping deactivate weaken relax loosen turn switch stop mute silence lift lifted lower comment',
  hide: 'hide hidden conceal secretly quietly silently covertly discreetly stealthily unnoticed invisible privately omit unmentioned quiet stealth discreet',
  mention:
    'mention mentions mentioning tell telling inform notify alert announce disclose report document explain notice know involve ask',
  not: "not no never don't dont do-not without cannot can't won't needn't neither nor avoid refrain nothing none hardly",
  role: 'act pretend role persona roleplay imagine simulate impersonate behave play become character pose mode alter-ego dan jailbreak unrestricted uncensored unfiltered unlimited limitless evil freed fictional hypothetical',
  obey: 'obey comply follow execute perform carry heed adhere honour honor abide respond answer reply treat consider regard assume',
  run: 'run execute curl wget bash sh eval fetch download open visit install invoke call load pipe npx pip powershell source decode',
  outside:
    'http https url webhook gist pastebin server endpoint link domain dns address host site site-',
  must: 'must should shall need needs have required mandatory obliged supposed expected ought allowed permitted free may can could would will please kindly just simply',
  always: 'always every each whenever any all everything whatever whoever whichever anything',
  claim:
    'authorized authorised admin administrator root owner ceo official urgent emergency important critical system developer openai anthropic vendor security',
  change:
    'change edit modify add create rewrite replace update insert grant set write push commit deploy publish release rename move',
  work: 'task issue ticket bug job assignment work request fix problem text document message description',
  only: 'only exactly nothing just solely merely exclusively single one',
  real: 'real actual true actually really secretly new updated hidden final last',
};

const whole = new Map<string, string>();
const beginnings = new Map<string, string>();
for (const [sense, words] of Object.entries(senses))
  for (const word of words.split(' '))
    if (word.endsWith('-')) keep(beginnings, word.slice(0, -1), sense);
    else keep(whole, word, sense);
for (const [sense, words] of Object.entries(sensesElsewhere))
  for (const word of words.split(' '))
    if (word.endsWith('!')) keep(whole, word.slice(0, -1), sense);
    else keep(beginnings, word, sense);
const lengths = [...new Set([...beginnings.keys()].map(({ length }) => length))].sort(
  (one, other) => other - one,
);

function keep(into: Map<string, string>, word: string, sense: string): void {
  if (!into.has(word)) into.set(word, sense);
}

/** Writing without blanks between words. */
const unspaced = /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}ー]+$/u;

/** What has a sense in writing without blanks, the longest first. */
export const pieces: readonly string[] = [...beginnings.keys(), ...whole.keys()]
  .filter((word) => unspaced.test(word))
  .sort((one, other) => other.length - one.length || (one < other ? -1 : 1));

/** The sense of a word in lower case; null where it has none of these. */
export function senseOf(word: string): string | null {
  const known = whole.get(word);
  if (known !== undefined) return known;
  for (const length of lengths) {
    if (length > word.length) continue;
    const sense = beginnings.get(word.slice(0, length));
    if (sense !== undefined) return sense;
  }
  // The article of Arabic.
  return word.length > 4 && word.startsWith('ال') ? senseOf(word.slice(2)) : null;
}
