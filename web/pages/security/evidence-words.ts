/** Facts as `name: value`, one after the other; lists with commas. */
export function evidenceWords(evidence: Readonly<Record<string, unknown>>): string {
  return Object.entries(evidence)
    .map(([name, value]) => `${name}: ${wordOf(value)}`)
    .join(' · ');
}

function wordOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(wordOf).join(', ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}
