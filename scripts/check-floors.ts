import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/**
 * Runs dependency-cruiser over src and web and fails on a broken floor, and also when it saw next to nothing:
 * a checker that reads no files would otherwise pass for ever.
 */
const least = 30;
const output = run();
const summary = JSON.parse(output) as {
  summary: {
    totalCruised: number;
    violations: { from: string; to: string; rule: { name: string } }[];
  };
};
for (const violation of summary.summary.violations) {
  process.stderr.write(`${violation.rule.name}: ${violation.from} imports ${violation.to}\n`);
}
if (summary.summary.totalCruised < least) {
  process.stderr.write(
    `floors: only ${summary.summary.totalCruised} modules seen, expected at least ${least}\n`,
  );
  process.exitCode = 1;
} else if (summary.summary.violations.length > 0) {
  process.exitCode = 1;
} else {
  process.stdout.write(`floors hold over ${summary.summary.totalCruised} modules\n`);
}

function run(): string {
  try {
    const roots = ['src', 'web'].filter((root) => existsSync(root));
    return execFileSync('npx', ['depcruise', '--output-type', 'json', ...roots], {
      encoding: 'utf8',
      maxBuffer: 256 * 1024 * 1024,
    });
  } catch (error) {
    const stdout = (error as { stdout?: string }).stdout;
    if (typeof stdout === 'string' && stdout.startsWith('{')) return stdout;
    throw error;
  }
}
