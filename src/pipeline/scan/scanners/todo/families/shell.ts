import { type LanguageEntry, rulesLanguage } from '../language.ts';
import { blockComment, lineComment } from '../lexis/comment-rules.ts';
import { heredoc, heredocBodies } from '../lexis/heredoc.ts';
import { isFirstOnLine, lineStart } from '../lexis/places.ts';
import { NO_MATCH, type Rule, type Scan, scanNested } from '../lexis/scan.ts';
import { between, quoted, stepOver } from '../lexis/string-rules.ts';

/** An expansion that is not closed within this many characters is none. */
const LONGEST_EXPANSION = 2000;

/** `"…"`, in which `$(…)` is code again and `${…}` may hold quotes of its own. */
function shellString(): Rule {
  return {
    first: '"',
    match(scan, pos) {
      const { src } = scan;
      let at = pos + 1;
      while (at < scan.end) {
        const character = src[at];
        if (character === '\\') at += 2;
        else if (character === '"') return at + 1;
        else if (character === '$' && src[at + 1] === '(' && src[at + 2] !== '(')
          at = scanNested(scan, at + 2, '(', ')');
        else if (character === '$' && src[at + 1] === '{') at = expansionEnd(scan, at, true);
        else at++;
      }
      return scan.end;
    },
  };
}

/** `${name#pattern}`: the sign is no comment, and quotes inside belong to the expansion. */
function expansionEnd(scan: Scan, pos: number, quotedInside: boolean): number {
  const { src } = scan;
  let depth = 0;
  for (let at = pos + 1; at < scan.end; at++) {
    const character = src[at];
    if (character === '\\') at++;
    else if (character === '{') depth++;
    else if (character === '}' && --depth === 0) return at + 1;
    else if (at - pos > LONGEST_EXPANSION) break;
    else if (character === '"' && !quotedInside) {
      const close = /^"(?:[^"\\]|\\[\s\S])*"/.exec(src.slice(at, pos + LONGEST_EXPANSION));
      if (close === null) break;
      at += close[0].length - 1;
    } else if (character === "'" && !quotedInside) {
      const close = src.indexOf("'", at + 1);
      if (close < 0 || close >= scan.end) break;
      at = close;
    }
  }
  return pos + 2;
}

const DOLLAR: Rule = {
  first: '$',
  match(scan, pos) {
    const next = scan.src[pos + 1];
    if (next === '{') return expansionEnd(scan, pos, false);
    if (next === '#') return pos + 2;
    return NO_MATCH;
  },
};

/** A bare `$((…))` or `((…))`: `#` is the base of a number and `<<` a shift. */
const ARITHMETIC: Rule = {
  first: '(',
  match({ src, end }, pos) {
    if (src[pos + 1] !== '(') return NO_MATCH;
    const close = src.indexOf('))', pos);
    const line = src.indexOf('\n', pos);
    if (close < 0 || close >= end || (line >= 0 && line < close)) return NO_MATCH;
    return /["'#`]|\$\(\w/.test(src.slice(pos, close)) && !/\d#/.test(src.slice(pos, close))
      ? NO_MATCH
      : close + 2;
  },
};

const SHELL_RULES: readonly Rule[] = [
  stepOver('\\', 2),
  lineComment('#', { where: 'word', when: ({ src }, pos) => !/[{},[\]]/.test(src[pos - 1] ?? '') }),
  quoted("$'", "'", { escape: '\\', multiline: true }),
  DOLLAR,
  ARITHMETIC,
  heredoc({
    opener: /^<<(?!<)(-?)\s*(?:"([^"\n]+)"|'([^'\n]+)'|\\?([A-Za-z_!.][\w.!:-]*))/,
    indentedBy: /-/,
  }),
  heredocBodies(),
  shellString(),
  quoted("'", "'", { multiline: true }),
];

const SHELL = rulesLanguage(
  'Shell',
  {
    extensions:
      'sh bash zsh ksh mksh dash ash bats command tool ebuild eclass bashrc zshrc sh.in bash.in install profile zsh-theme env.sh csh tcsh',
    files:
      '.bashrc .bash_profile .bash_login .bash_logout .bash_aliases .profile .zshrc .zshenv .zprofile .zlogin .kshrc .cshrc .login pkgbuild apkbuild .envrc bashrc zshrc profile gradlew mvnw configure .bash_functions .zsh_plugins pre-commit commit-msg pre-push post-commit post-checkout post-merge prepare-commit-msg',
    interpreters: 'sh bash zsh ksh mksh pdksh dash ash bats csh tcsh busybox rc openrc-run',
  },
  SHELL_RULES,
);

/** `REM` and `::` at the start of a command. */
function batchRemark(): Rule {
  return {
    first: 'rR',
    match(scan, pos) {
      const { src } = scan;
      if (!/^rem(?:[\s:.,;]|$)/i.test(src.slice(pos, pos + 4))) return NO_MATCH;
      const before = src.slice(Math.max(0, src.lastIndexOf('\n', pos - 1) + 1), pos);
      if (!/(?:^|&|\(|@|\bdo|\belse)\s*@?$/i.test(before)) return NO_MATCH;
      if (before.split('"').length % 2 === 0) return NO_MATCH;
      return lineComment(src.slice(pos, pos + 3)).match(scan, pos);
    },
  };
}

export const SHELL_FAMILY: readonly LanguageEntry[] = [
  SHELL,
  rulesLanguage(
    'fish',
    { extensions: 'fish', files: 'config.fish fish_variables', interpreters: 'fish' },
    [
      stepOver('\\', 2),
      lineComment('#', { where: 'word' }),
      quoted('"', '"', { escape: '\\', multiline: true, code: ['$('] }),
      quoted("'", "'", { escape: '\\', multiline: true }),
    ],
  ),
  rulesLanguage(
    'PowerShell',
    { extensions: 'ps1 psm1 psd1 ps1xml.ps1', interpreters: 'pwsh powershell' },
    [
      blockComment('<#', '#>'),
      lineComment('#', { where: 'word' }),
      between('@"\n', '\n"@'),
      between('@"\r\n', '\n"@'),
      between("@'\n", "\n'@"),
      between("@'\r\n", "\n'@"),
      stepOver('`', 2),
      quoted('"', '"', { escape: '`', doubled: true, multiline: true, code: ['$('] }),
      quoted("'", "'", { doubled: true, multiline: true }),
    ],
  ),
  rulesLanguage('Batch', { extensions: 'bat cmd' }, [
    batchRemark(),
    lineComment('::', { where: 'line' }),
  ]),
  rulesLanguage(
    'Tcl',
    { extensions: 'tcl tk itcl itk tm adp exp sdc xdc do', interpreters: 'tclsh wish expect' },
    [
      stepOver('\\', 2),
      lineComment('#', {
        continued: true,
        when: ({ src }, pos) =>
          isFirstOnLine(src, pos) || /(?:;|\{\s)\s*$/.test(src.slice(Math.max(0, pos - 20), pos)),
      }),
      quoted('"', '"', {
        escape: '\\',
        multiline: true,
        when: ({ src }, pos) => pos === 0 || /[\s[{]/.test(src[pos - 1] ?? ''),
      }),
    ],
  ),
  rulesLanguage(
    'AWK',
    { extensions: 'awk gawk mawk nawk auk', interpreters: 'awk gawk mawk nawk' },
    [
      lineComment('#'),
      {
        first: '/',
        match(scan, pos) {
          const lead = scan.src.slice(lineStart(scan.src, pos), pos).trimEnd();
          if (/[\w)\]"$]$/.test(lead) && !/\b(?:return|print|in|case|if)$/.test(lead))
            return NO_MATCH;
          const match = /^\/(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])*\//.exec(
            scan.src.slice(pos, Math.min(scan.end, pos + 1000)),
          );
          return match === null ? NO_MATCH : pos + match[0].length;
        },
      },
      quoted('"'),
    ],
  ),
];
