// Prints the bill of materials (CycloneDX) of what is shipped: `node scripts/sbom.ts > sbom.cdx.json`.
// `npm sbom --omit dev` leaves out every package that a development tool happens to need too, so the whole bill is taken
// and the lock file says what belongs to development alone.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Bill {
  components: { readonly 'bom-ref': string; readonly purl: string }[];
  dependencies: { readonly ref: string; dependsOn: string[] }[];
}

const root = join(import.meta.dirname, '..');
const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
  packages: Record<string, { readonly version?: string; readonly dev?: boolean }>;
};
const shipped = new Set(
  Object.entries(lock.packages)
    .filter(([place, { dev }]) => place !== '' && dev !== true)
    .map(
      ([place, { version }]) => `pkg:npm/${place.split('node_modules/').at(-1) ?? ''}@${version}`,
    ),
);
const whole = execFileSync('npm', ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'], {
  cwd: root,
  encoding: 'utf8',
  maxBuffer: 256 * 1024 * 1024,
  stdio: ['ignore', 'pipe', 'inherit'],
});
const bill = JSON.parse(whole) as Bill;
const all = bill.components;
bill.components = all.filter(({ purl }) => shipped.has(decodeURIComponent(purl)));
const gone = new Set(
  all.filter((part) => !bill.components.includes(part)).map((part) => part['bom-ref']),
);
bill.dependencies = bill.dependencies
  .filter(({ ref }) => !gone.has(ref))
  .map((edge) => ({ ...edge, dependsOn: edge.dependsOn.filter((ref) => !gone.has(ref)) }));
process.stdout.write(`${JSON.stringify(bill, null, 2)}\n`);
