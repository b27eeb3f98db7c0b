import type { KeyDescription } from './describe-keys.ts';

/** The reference page of the configuration in Markdown; made from the schema, never by hand. */
export function referencePage(keys: readonly KeyDescription[]): string {
  const sections = new Map<string, KeyDescription[]>();
  for (const key of keys) {
    const name = key.path.split(/[.[]/)[0] ?? '';
    sections.set(name, [...(sections.get(name) ?? []), key]);
  }
  return `${introduction}\n${[...sections].map(([name, inside]) => sectionText(name, inside)).join('\n')}`;
}

const introduction = `# Configuration

This page is made from the schema by \`node scripts/generate-reference.ts\`; a test compares the two.

The file is JSON; comments and trailing commas are allowed. Values are taken in this order, later ones win: defaults, the file, the
environment, flags of the command line. Each key can be set by its variable; lists are written with commas or as JSON. A key that
is not on this page is an error. Secrets never stand in the file: \`GITHUB_TOKEN\`, \`GITHUB_WEBHOOK_SECRET\`, \`DATABASE_URL\`,
\`ANTHROPIC_API_KEY\`, \`CLAUDE_CODE_OAUTH_TOKEN\` and what \`executor.agents.<name>.secrets\` names are read from the environment.
Relative folders start where the file lies. "Restart" marks keys that a running service takes up only when it is started again.
`;

function sectionText(name: string, keys: readonly KeyDescription[]): string {
  return `## ${name}\n\n${keys.map(keyText).join('\n')}`;
}

function keyText({
  path,
  type,
  description,
  example,
  env,
  restart,
  ...rest
}: KeyDescription): string {
  const facts = [
    `Type: ${type}.`,
    rest.default === undefined ? '' : `Default: \`${JSON.stringify(rest.default)}\`.`,
    sameValue(example, rest.default) ? '' : `Example: \`${JSON.stringify(example)}\`.`,
    restart ? 'Restart.' : '',
    env.length === 0 ? '' : `Environment: ${env.map((one) => `\`${one}\``).join(', ')}.`,
  ].filter((fact) => fact !== '');
  return `### \`${path}\`\n\n${description}\n\n${facts.join(' ')}\n`;
}

function sameValue(a: unknown, b: unknown): boolean {
  return a === undefined || JSON.stringify(a) === JSON.stringify(b);
}
