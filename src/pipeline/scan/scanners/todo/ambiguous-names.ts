/** What tells the languages apart that share an extension: the first whose pattern is found; the last needs none. */
type Choice = readonly (readonly [language: string, pattern: RegExp | undefined])[];

const OBJECTIVE_C =
  /^\s*(?:#\s*(?:import|include|define|if|pragma)|@(?:interface|implementation|protocol|import|class|end)\b|\/\/|\/\*)/m;
const C_SIGNS = /^\s*(?:#\s*(?:include|define|ifndef|ifdef|if)\b|\/\/|\/\*)/m;

const CHOICES: Readonly<Record<string, Choice>> = {
  m: [
    ['C, C++, Objective-C', OBJECTIVE_C],
    ['Mathematica', /^\s*\(\*|^\s*Begin\w*\[/m],
    ['MATLAB', undefined],
  ],
  v: [
    ['Verilog', /\bendmodule\b|^\s*`(?:include|timescale|define|ifdef)|^\s*module\s+\w+\s*[(;#]/m],
    [
      'Coq',
      /^\s*(?:Require|Theorem|Lemma|Definition|Inductive|Module\s+\w+\.|\(\*(?!\s*\w+\s*(?:=|\*\))))/m,
    ],
    ['Verilog', undefined],
  ],
  pl: [
    ['Perl', /^#!.*perl|^\s*(?:use|package|my|our|sub|require)\s+[$@%{\w]/m],
    ['Prolog', /^\s*:-|^[a-z]\w*(?:\([^\n]*\))?\s*:-|^\s*%\s|^[a-z]\w*\([^;{}$]*\)\.\s*(?:%.*)?$/m],
    ['Perl', undefined],
  ],
  pro: [
    ['Prolog', /^\s*:-|:-\s*$|^[a-z]\w*\(.*\)\.\s*$/m],
    ['Configuration with #', undefined],
  ],
  p: [
    ['Prolog', /^\s*:-|:-\s*$/m],
    ['Pascal', undefined],
  ],
  pp: [
    ['Pascal', /^\s*(?:unit|program|uses|interface|implementation|\{\$)\b/im],
    ['Puppet and kin', undefined],
  ],
  ts: [
    ['XML', /^\s*(?:\xef\xbb\xbf)?<(?:\?xml|!DOCTYPE TS)/],
    ['TypeScript', undefined],
  ],
  fs: [
    ['C, C++, Objective-C', /^\s*(?:#version|precision\s|uniform\s|varying\s|void\s+main)/m],
    ['F#', undefined],
  ],
  d: [
    ['Make', /^[^\s:]+\.o\s*:/m],
    ['D', undefined],
  ],
  cls: [
    ['LaTeX', /^\s*(?:%|\\(?:NeedsTeXFormat|ProvidesClass))/m],
    ['Java', /\b(?:public|private|global)\s+(?:\w+\s+)*class\b/i],
    ['Visual Basic', undefined],
  ],
  inc: [
    ['PHP', /<\?php/],
    ['Pascal', /^\s*(?:\{\$|procedure|function|begin|const)\b/im],
    ['C, C++, Objective-C', C_SIGNS],
    ['Assembly', /^\s*;|\b(?:equ|macro|endm|org)\b/im],
    ['Configuration with #', undefined],
  ],
  cl: [
    ['Lisp', /^\s*(?:;|\(def|\(in-package)/m],
    ['C, C++, Objective-C', undefined],
  ],
  mod: [
    ['Go', /^module\s+\S+$/m],
    ['XML', /^\s*<\?xml|^<!--/m],
    ['Configuration with #', undefined],
  ],
  pm: [
    ['Raku', /^\s*(?:use v6|unit (?:module|class)|class\s+\w+\s*(?:is|does|\{))/m],
    ['Perl', undefined],
  ],
  t: [
    ['Raku', /^\s*(?:use v6|use Test;)/m],
    ['Perl', undefined],
  ],
  html: [
    ['Jinja, Twig, Liquid', /\{%[^%]*%\}|\{#.*?#\}/],
    ['Go template', /\{\{-?\s*(?:\/\*|define|template|range|end|block|with|if)\b|\{\{-?\s*\/\*/],
    ['HTML', undefined],
  ],
  l: [
    ['Lisp', /^\s*(?:;|\((?:def|setq|in-package))/m],
    ['C, C++, Objective-C', undefined],
  ],
  tpl: [
    ['Smarty', /\{\*|\{\$\w|\{(?:if|foreach|include)\b/],
    ['Go template', undefined],
  ],
  sls: [
    ['Scheme, Racket', /^\s*(?:;|\(|#!r6rs)/],
    ['YAML', undefined],
  ],
  do: [
    ['SAS, Stata', /^\s*(?:\*|\/\/|\/\*)/m],
    ['Tcl', undefined],
  ],
  st: [
    ['Smalltalk', /^\s*(?:"|\w+ subclass:|!\w+)/m],
    ['C-like', undefined],
  ],
  rest: [
    ['Configuration with #', /^(?:GET|POST|PUT|DELETE)\s/m],
    ['reStructuredText', undefined],
  ],
};

/** The name of the language of a file whose extension several languages use. */
export function languageByContent(name: string, firstBytes: Uint8Array): string | undefined {
  const extension = name.slice(name.lastIndexOf('.') + 1);
  if (!Object.hasOwn(CHOICES, extension) || !name.includes('.', 1)) return undefined;
  const choice = CHOICES[extension] ?? [];
  let text: string | undefined;
  for (const [language, pattern] of choice) {
    if (pattern === undefined) return language;
    text ??= new TextDecoder('latin1').decode(firstBytes);
    if (pattern.test(text)) return language;
  }
  return undefined;
}
