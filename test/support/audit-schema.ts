import { readFile } from 'node:fs/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';

const file = new URL('../../docs/reference/audit-entry.schema.json', import.meta.url);

/** Compares lines of the audit log with the schema that is published; `earlier` for those of earlier versions. */
export async function auditSchema(): Promise<{
  /** What is wrong with each line that does not fit, beside the line. */
  readonly complaints: (bodies: readonly string[], of?: 'now' | 'earlier') => readonly string[];
}> {
  const ajv = new Ajv2020({ allErrors: true });
  const now = ajv.compile(JSON.parse(await readFile(file, 'utf8')) as object);
  const earlier = ajv.compile({
    $id: 'earlier',
    ...(JSON.parse(await readFile(file, 'utf8')) as { $defs: { earlier: object } }).$defs.earlier,
  });
  return {
    complaints: (bodies, of = 'now') => {
      const validate = of === 'now' ? now : earlier;
      return bodies.flatMap((body) =>
        validate(JSON.parse(body)) ? [] : [`${ajv.errorsText(validate.errors)}: ${body}`],
      );
    },
  };
}
