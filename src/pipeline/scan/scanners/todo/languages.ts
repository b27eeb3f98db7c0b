import { languageByContent } from './ambiguous-names.ts';
import { C_FAMILY } from './families/c.ts';
import { CLASSIC_FAMILY } from './families/classic.ts';
import { DATA_FAMILY } from './families/data.ts';
import { FUNCTIONAL_FAMILY } from './families/functional.ts';
import { INDENTED_TEMPLATE_FAMILY } from './families/indented-templates.ts';
import { JAVASCRIPT_FAMILY } from './families/javascript.ts';
import { MARKUP_FAMILY } from './families/markup.ts';
import { PERL_FAMILY } from './families/perl.ts';
import { PYTHON_FAMILY } from './families/python.ts';
import { RUBY_FAMILY } from './families/ruby.ts';
import { SCRIPTING_FAMILY } from './families/scripting.ts';
import { SHELL_FAMILY } from './families/shell.ts';
import { STYLE_FAMILY } from './families/styles.ts';
import { TEMPLATE_FAMILY, TEMPLATE_KINDS, templateReader } from './families/templates.ts';
import { WEB_FAMILY } from './families/web.ts';
import type { Language, LanguageEntry } from './language.ts';

export type { Language } from './language.ts';

const TABLE: readonly LanguageEntry[] = [
  ...C_FAMILY,
  ...JAVASCRIPT_FAMILY,
  ...PYTHON_FAMILY,
  ...RUBY_FAMILY,
  ...PERL_FAMILY,
  ...SHELL_FAMILY,
  ...SCRIPTING_FAMILY,
  ...DATA_FAMILY,
  ...FUNCTIONAL_FAMILY,
  ...CLASSIC_FAMILY,
  ...STYLE_FAMILY,
  ...WEB_FAMILY,
  ...TEMPLATE_FAMILY,
  ...INDENTED_TEMPLATE_FAMILY,
  ...MARKUP_FAMILY,
];

const BY_EXTENSION = index((entry) => entry.extensions);
const BY_FILE = index((entry) => entry.files);
const BY_INTERPRETER = index((entry) => entry.interpreters);
const BY_NAME = new Map(TABLE.map((entry) => [entry.name, entry]));
const TEMPLATES = new Map(
  TEMPLATE_KINDS.flatMap(({ extensions, kinds }) =>
    extensions.split(' ').map((extension) => [extension, kinds] as const),
  ),
);

/** The language of a file by its name and, where names are shared, its content; else by shebang or modeline. */
export function languageOf(path: string, firstBytes: Uint8Array): Language | undefined {
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase();
  // A script may be called `build` or `configure`: its first line knows better.
  if (!name.includes('.') && firstBytes[0] === 35 && firstBytes[1] === 33) {
    return byFirstLine(firstBytes) ?? byName(name, firstBytes);
  }
  return byName(name, firstBytes) ?? byFirstLine(firstBytes);
}

function byName(name: string, firstBytes: Uint8Array): Language | undefined {
  const known = BY_FILE.get(name);
  if (known !== undefined) return known;
  const shared = languageByContent(name, firstBytes);
  if (shared !== undefined) return BY_NAME.get(shared);
  return templateAround(name, firstBytes) ?? byExtension(name) ?? byPrefix(name);
}

/** `settings.yaml.j2` is YAML with the islands of Jinja. */
function templateAround(name: string, firstBytes: Uint8Array): Language | undefined {
  const dot = name.lastIndexOf('.');
  const kinds = TEMPLATES.get(name.slice(dot + 1));
  if (kinds === undefined || dot <= 0) return undefined;
  const around = byName(name.slice(0, dot), firstBytes);
  return around === undefined
    ? undefined
    : { name: around.name, read: templateReader(kinds, around) };
}

/** The longest known extension: `config.fish.in`, `foo.blade.php`. */
function byExtension(name: string): Language | undefined {
  for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
    const found = BY_EXTENSION.get(name.slice(dot + 1));
    if (found !== undefined) return found;
  }
  const inner = /^(.+)\.(?:in|template|tmpl|example|sample|dist|orig|bak|default|local|tpl)$/.exec(
    name,
  )?.[1];
  return inner === undefined ? undefined : (BY_FILE.get(inner) ?? byExtension(inner));
}

/** `Dockerfile.dev`, `Makefile.linux`, `Jenkinsfile.release`, `.env.local`, `requirements-dev.txt`. */
function byPrefix(name: string): Language | undefined {
  const first = /^(\.?[a-z]+)[.-]/.exec(name)?.[1];
  if (
    first !== undefined &&
    /^(?:dockerfile|containerfile|makefile|gnumakefile|jenkinsfile|\.env|\.bashrc|vagrantfile|rakefile|gemfile)$/.test(
      first,
    )
  )
    return BY_FILE.get(first);
  return /^(?:requirements|constraints)[\w.-]*\.txt$/.test(name)
    ? BY_FILE.get('requirements.txt')
    : undefined;
}

/** `#!/usr/bin/env -S python3 -u`, or the mode that an editor is told. */
function byFirstLine(bytes: Uint8Array): Language | undefined {
  const start = bytes[0] === 0xef ? 3 : 0;
  const lines = new TextDecoder('latin1').decode(bytes.subarray(start, 400)).split('\n', 2);
  const first = lines[0] ?? '';
  if (first.startsWith('#!')) {
    for (const word of first
      .slice(2)
      .trim()
      .split(/[\s/]+/)) {
      const found = BY_INTERPRETER.get(
        word
          .toLowerCase()
          .replace(/[\d.]+$/, '')
          .replace(/\.exe$/, ''),
      );
      if (found !== undefined) return found;
    }
  }
  if (/^\s*<\?php\b/.test(first)) return BY_NAME.get('PHP');
  if (/^\s*<\?xml\b/.test(first)) return BY_NAME.get('XML');
  return byModeline(lines.join('\n'));
}

function byModeline(text: string): Language | undefined {
  const mode =
    /-\*-\s*(?:mode:\s*)?([\w+#-]+)\s*(?:;[^\n]*)?-\*-/i.exec(text)?.[1] ??
    /\bvim?:.*\b(?:ft|filetype)=(\w+)/.exec(text)?.[1];
  const word = mode?.toLowerCase();
  if (word === undefined) return undefined;
  return BY_INTERPRETER.get(word) ?? BY_EXTENSION.get(word);
}

function index(column: (entry: LanguageEntry) => string | undefined): Map<string, LanguageEntry> {
  const map = new Map<string, LanguageEntry>();
  for (const entry of TABLE) {
    for (const key of column(entry)?.split(' ') ?? [])
      if (key !== '' && !map.has(key)) map.set(key, entry);
  }
  return map;
}
