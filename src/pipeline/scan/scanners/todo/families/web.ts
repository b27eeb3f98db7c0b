import { type Language, type LanguageEntry, readerLanguage } from '../language.ts';
import { type HtmlOptions, readHtml } from '../layers/html.ts';
import type { Lexis, Scan } from '../lexis/scan.ts';
import { YAML } from './data.ts';
import { PUG } from './indented-templates.ts';
import { JAVASCRIPT, JAVASCRIPT_FAMILY, SCRIPT_LEXIS, TSX, TYPESCRIPT } from './javascript.ts';
import { MARKDOWN } from './markup.ts';
import { CSS, SCSS } from './styles.ts';

const COFFEE = JAVASCRIPT_FAMILY.find((entry) => entry.name === 'CoffeeScript') ?? JAVASCRIPT;

/** The language of `<script>`, `<style>` and of the blocks of single-file components. */
function embeddedLanguage(element: string, attributes: string): Language | null | undefined {
  if (element === 'script') return scriptLanguage(attributes);
  if (element === 'style') return /\b(?:scss|less|sass|stylus)\b/i.test(attributes) ? SCSS : CSS;
  if (element === 'textarea' || element === 'title' || element === 'xmp') return null;
  return undefined;
}

function scriptLanguage(attributes: string): Language | null {
  const type = /\btype\s*=\s*["']?([^"'\s>]+)/i.exec(attributes)?.[1]?.toLowerCase() ?? '';
  const lang = /\blang\s*=\s*["']?([^"'\s>]+)/i.exec(attributes)?.[1]?.toLowerCase() ?? '';
  if (lang === 'ts' || lang === 'typescript' || /typescript/.test(type)) return TYPESCRIPT;
  if (lang === 'tsx') return TSX;
  if (/coffee/.test(lang + type)) return COFFEE;
  if (type === '' || /javascript|ecmascript|module|babel|jsx/.test(type)) return JAVASCRIPT;
  if (/html|template|handlebars|mustache|x-tmpl|ng-/.test(type)) return HTML;
  return /glsl|x-shader|importmap|speculationrules/.test(type)
    ? /glsl|shader/.test(type)
      ? JAVASCRIPT
      : null
    : null;
}

/** Blocks of `.vue` files beside script and style. */
function vueEmbedded(element: string, attributes: string): Language | null | undefined {
  if (element === 'template' && /\blang\s*=\s*["']?(?:pug|jade)/.test(attributes)) return PUG;
  if (element === 'i18n') return /yaml|yml/.test(attributes) ? YAML : null;
  if (element === 'docs') return MARKDOWN;
  return embeddedLanguage(element, attributes);
}

const HTML_OPTIONS: HtmlOptions = { embedded: embeddedLanguage };

export const HTML = readerLanguage(
  'HTML',
  {
    extensions:
      'html htm xhtml shtml hta component.html wxml axml swan riot marko tag htm.in html.in',
  },
  (scan, from, to) => readHtml(scan, from, to, HTML_OPTIONS),
);

const XML = readerLanguage(
  'XML',
  {
    extensions:
      'xml xsl xslt xsd svg xaml axaml csproj fsproj vbproj vcxproj props targets nuspec resx plist rdf owl rss atom wsdl wadl xul xib storyboard kml gpx dita ditamap pom iml ui glade qrc xliff xlf tmx jelly zcml mxml config dtd ent rng sch filters manifest tmlanguage dae collada xmi bpmn wxs wxi wxl launch urdf sdf xacro natvis ruleset stylecop vsixmanifest proj shproj projitems ps1xml cdxml x3d opf ncx docbook dbk fxml jsf tld xhtml.xml',
    files: 'web.config app.config nuget.config packages.config .classpath .project',
  },
  (scan, from, to) => readHtml(scan, from, to, { embedded: () => undefined, xml: true }),
);

function component(code: HtmlOptions['code'], embedded: HtmlOptions['embedded']): Language['read'] {
  const options: HtmlOptions = code === undefined ? { embedded } : { embedded, code };
  return (scan, from, to) => readHtml(scan, from, to, options);
}

/** Astro: TypeScript between two lines `---`, then markup with code in braces. */
function readAstro(scan: Scan, from: number, to: number): void {
  const { src } = scan;
  const open = /^\s*---\r?\n/.exec(src.slice(from, from + 200));
  let body = from;
  if (open !== null) {
    const at = src.indexOf('\n---', from + open[0].length - 1);
    body = at < 0 ? to : Math.min(at + 4, to);
    TYPESCRIPT.read(scan, from + open[0].length, Math.min(body, to));
  }
  component({ open: '{', read: SCRIPT_LEXIS }, embeddedLanguage)(scan, body, to);
}

const braces = (open: '{' | '{{', read: Lexis) => ({ open, read });

export const WEB_FAMILY: readonly LanguageEntry[] = [
  HTML,
  XML,
  readerLanguage(
    'Vue',
    { extensions: 'vue uvue nvue' },
    component(braces('{{', SCRIPT_LEXIS), vueEmbedded),
  ),
  readerLanguage(
    'Svelte',
    { extensions: 'svelte' },
    component(braces('{', SCRIPT_LEXIS), embeddedLanguage),
  ),
  readerLanguage('Astro', { extensions: 'astro' }, readAstro),
];
