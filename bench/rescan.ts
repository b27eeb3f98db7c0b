import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { CodeHost } from '../src/domain/ports/code-host.ts';
import type { KnownFinding } from '../src/domain/ports/stores.ts';
import { createGit } from '../src/integrations/git/git.ts';
import { createTreeReader } from '../src/integrations/git/tree-reader.ts';
import { systemClock } from '../src/lib/clock.ts';
import { idOf } from '../src/lib/hash.ts';
import { matchFindings } from '../src/pipeline/scan/identity/match-findings.ts';
import { createTodoScanner } from '../src/pipeline/scan/scanners/todo/todo-scanner.ts';

// Usage: node bench/rescan.ts BARE_REPOSITORY [ROUNDS]. What a running service does when a branch has moved: the
// difference of the commits, the changed blobs read and understood, identities matched. Without network and database.
const [repository = '.', rounds = '7'] = process.argv.slice(2);
const largest = 1 << 30;
const ref = { host: 'local', name: repository } as const;
const folder = mkdtempSync(path.join(tmpdir(), 'cms-bench-'));
const trees = createTreeReader({ git: createGit({ environment: process.env }) });

try {
  git(['clone', '--quiet', '--bare', '--shared', path.resolve(repository), folder]);
  const base = git(['rev-parse', 'HEAD']).trim();
  const first = await rescan(null, base, []);
  report('unchanged', await times(base, base, first.findings));
  for (const count of [85, 3459]) {
    for (const comment of ['TODO: look at', 'See']) {
      const changed = commitOf(base, count, comment);
      report(`${count} files changed, // ${comment} …`, await times(base, changed, first.findings));
    }
  }
} finally {
  trees.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

interface Time {
  readonly wall: number;
  /** Milliseconds of processor time of this process; those of git are not in it. */
  readonly processor: number;
}

function report(what: string, times: readonly Time[]): void {
  const of = (one: keyof Time) => {
    const sorted = times.map((time) => time[one]).toSorted((a, b) => a - b);
    const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
    return `median ${median.toFixed(1)} ms, best ${(sorted[0] ?? 0).toFixed(1)} ms`;
  };
  process.stdout.write(`${what}: ${of('wall')}; processor ${of('processor')}\n`);
}

async function times(from: string, to: string, known: readonly KnownFinding[]): Promise<Time[]> {
  const all: Time[] = [];
  for (let round = 0; round < Number(rounds); round += 1) {
    const start = performance.now();
    const before = process.cpuUsage();
    await rescan(from, to, known);
    const { user, system } = process.cpuUsage(before);
    all.push({ wall: performance.now() - start, processor: (user + system) / 1000 });
  }
  return all;
}

async function rescan(from: string | null, to: string, known: readonly KnownFinding[]) {
  const scanner = createTodoScanner({ trees, clock: systemClock, extraTags: () => [] });
  const host = { head: async () => ({ sha: to, changed: to !== from }) } as unknown as CodeHost;
  const look = await scanner.look({
    ref,
    host,
    webUrl: null,
    remote: { url: folder, env: {} },
    branch: 'main',
    last: from,
    mirror: async () => ({ gitDir: folder, commit: to }),
  });
  if (look === null) return { findings: known };
  return matchFindings({
    repository: ref,
    known,
    seen: look.seen,
    looked: look.looked,
    commit: look.commit,
    now: new Date(0),
    newId: (fingerprint) => idOf(fingerprint),
  });
}

/** A commit on top in which so many source files have one more comment at their end, which begins so. */
function commitOf(base: string, count: number, comment: string): string {
  const names = git(['ls-tree', '-r', '-z', '--name-only', base])
    .split('\0')
    .filter((name) => /\.(?:c|go|java|js|php|rs|scala|ts)$/u.test(name))
    .slice(0, count);
  if (names.length < count) throw new Error(`the repository has only ${names.length} such files`);
  const files = names.map((name) => {
    const content = `${git(['show', `${base}:${name}`])}\n// ${comment} ${name}\n`;
    return `M 100644 inline ${JSON.stringify(name)}\ndata ${Buffer.byteLength(content)}\n${content}\n`;
  });
  const head = `commit refs/heads/changed-${count}\ncommitter a <a@example.com> 0 +0000\ndata 0\nfrom ${base}\n`;
  git(['fast-import', '--quiet', '--force'], `${head}${files.join('')}`);
  return git(['rev-parse', `refs/heads/changed-${count}`]).trim();
}

function git(args: readonly string[], input?: string): string {
  const options = { input, maxBuffer: largest, encoding: 'utf8' } as const;
  return execFileSync('git', [`--git-dir=${folder}`, ...args], options);
}
