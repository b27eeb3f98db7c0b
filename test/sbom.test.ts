import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { z } from 'zod';

const root = join(import.meta.dirname, '..');

/** What the CycloneDX 1.5 schema asks of a bill and of each library in it. */
const Bill = z.object({
  bomFormat: z.literal('CycloneDX'),
  specVersion: z.string().regex(/^1\.\d$/u),
  serialNumber: z.string().regex(/^urn:uuid:[0-9a-f-]{36}$/u),
  version: z.int().min(1),
  components: z.array(
    z.object({
      'bom-ref': z.string().min(1),
      type: z.string(),
      name: z.string().min(1),
      version: z.string().min(1),
      purl: z.string().regex(/^pkg:npm\//u),
    }),
  ),
  dependencies: z.array(z.object({ ref: z.string(), dependsOn: z.array(z.string()) })),
});

test('the bill of materials is valid, names every part that is shipped and none that only builds', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [join(root, 'scripts/sbom.ts')], {
    cwd: root,
    maxBuffer: 64 * 1024 * 1024,
  });
  const bill = Bill.parse(JSON.parse(stdout));
  const names = new Set(bill.components.map(({ purl }) => decodeURIComponent(purl)));
  const { dependencies, devDependencies } = z
    .object({
      dependencies: z.record(z.string(), z.string()),
      devDependencies: z.record(z.string(), z.string()),
    })
    .parse(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')));
  for (const [name, version] of Object.entries(dependencies))
    expect(names).toContain(`pkg:npm/${name}@${version}`);
  for (const name of ['vitest', 'typescript', 'playwright-core'])
    expect(names).not.toContain(`pkg:npm/${name}@${devDependencies[name]}`);
  const refs = new Set(bill.components.map((part) => part['bom-ref']));
  expect(refs.size).toBe(bill.components.length);
  for (const { dependsOn } of bill.dependencies)
    for (const ref of dependsOn) expect(refs).toContain(ref);
});
