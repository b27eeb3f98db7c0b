import { readFile } from 'node:fs/promises';

/** Texts of others that would act on a page which took them for markup. */
export const hostileMarkup: readonly string[] = (
  await readFile(new URL('../corpora/inspection/hostile-markup.jsonl', import.meta.url), 'utf8')
)
  .trim()
  .split('\n')
  .map((line) => String(JSON.parse(line)));
