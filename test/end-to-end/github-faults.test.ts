import type { expect } from 'vitest';
import { describe, test } from 'vitest';
import { sha256 } from '../../src/lib/hash.ts';
import type { GithubLoop } from '../support/github-loop.ts';
import { agentIsAtWork, createGithubLoop, manager } from '../support/github-loop.ts';

const approved = 'approved-for-dev';
const todo = { widgets: { 'list.js': '// TODO: handle the empty list\nexport const a = 1;\n' } };

/** Every place at which the program can be killed, by what it has to do then; `@n` is the nth time it comes there. */
const kills = [
  ...effectPoints(['intended', 'claimed', 'looked', 'sending', 'sent', 'stored'], 1).map(
    (killAt) => ({ phase: 'propose', killAt }),
  ),
  ...['begin', 'work', 'deliver']
    .flatMap((step) => [`attempt.${step}`, `attempt.${step}.ended`])
    .map((killAt) => ({ phase: 'deliver', killAt })),
  // The branch, the pull request, the comment, the label.
  ...effectPoints(['claimed', 'sending', 'sent', 'stored'], 4).map((killAt) => ({
    phase: 'deliver',
    killAt,
  })),
] as const;

const isAll = process.env['FAULTS'] === 'all';

/** All of them with FAULTS=all (`npm run test:faults`), else a few that FAULTS_SEED chooses. */
const sample = isAll ? kills : chosen(process.env['FAULTS_SEED'] ?? '1');

function effectPoints(names: readonly string[], times: number): string[] {
  return names.flatMap((name) =>
    Array.from({ length: times }, (_, index) => `effect.${name}@${index + 1}`),
  );
}

function chosen(seed: string): typeof kills {
  const order = (kill: (typeof kills)[number]): string => sha256(`${seed} ${JSON.stringify(kill)}`);
  return kills.toSorted((a, b) => order(a).localeCompare(order(b))).slice(0, 4);
}

describe.concurrent('answers that are lost', () => {
  test('make no issue, branch, pull request or comment twice', async ({ expect }) => {
    const loop = await createGithubLoop({ targets: todo });
    try {
      const lose = (path: RegExp): void =>
        loop.emulator.faults.add({ kind: 'reset-after', match: { method: 'POST', path } });
      lose(/\/issues$/u);
      await loop.once();
      await loop.once();
      expect(loop.proposals()).toHaveLength(1);
      loop.emulator.as('wendy').label(manager, 1, approved);
      lose(/git-receive-pack$/u);
      lose(/\/pulls$/u);
      lose(/\/comments$/u);
      lose(/\/issues\/1\/labels$/u);
      await loop.once();
      await loop.once();
      expect(loop.emulator.faults.pending()).toBe(0);
      expectOneEnd(loop, expect);
    } finally {
      await loop.close();
    }
  }, 180_000);
});

describe.concurrent('a service that is killed', () => {
  test('while it proposes and while it works goes on to exactly one end', async ({ expect }) => {
    const loop = await createGithubLoop({ targets: todo, agentMs: 500 });
    try {
      const { effects } = loop.emulator.journal;
      const since = (kind: string): (() => boolean) => {
        const before = effects.length;
        return () => effects.slice(before).some((effect) => effect.kind === kind);
      };
      await loop.killed({ killAt: 'effect.intended' });
      await loop.killed({ killAt: 'effect.stored' });
      await loop.once();
      loop.emulator.as('wendy').label(manager, 1, approved);
      await loop.killed({ killAt: 'attempt.begin.ended' });
      await loop.killed({ killWhen: () => agentIsAtWork(loop.service) });
      await loop.killed({ killAt: 'attempt.work.ended' });
      await loop.killed({ killWhen: since('ref-updated') });
      await loop.killed({ killAt: 'attempt.deliver.ended' });
      await loop.once();
      await loop.once();
      expectOneEnd(loop, expect);
    } finally {
      await loop.close();
    }
  }, 240_000);
});

describe.concurrent(`killed once, ${sample.length} of ${kills.length} places`, () => {
  test.for(sample)(
    'at $killAt while it has to $phase',
    { timeout: 300_000 },
    async ({ phase, killAt }, { expect }) => {
      const loop = await createGithubLoop({ targets: todo });
      try {
        if (phase === 'propose') await loop.killed({ killAt, mayEnd: true });
        await loop.once();
        loop.emulator.as('wendy').label(manager, 1, approved);
        if (phase === 'deliver') await loop.killed({ killAt, mayEnd: true });
        await loop.once();
        await loop.once();
        expectOneEnd(loop, expect);
      } finally {
        await loop.close();
      }
    },
  );
});

describe.runIf(isAll)('a GitHub that fails at random', { concurrent: true }, () => {
  test.for([1, 2, 3, 4])(
    'is met with patience, seed %i',
    { timeout: 600_000 },
    async (seed, { expect }) => {
      const loop = await createGithubLoop({ targets: todo });
      const round = (): Promise<unknown> =>
        loop.service.run(['start', '--once'], { maxMs: 300_000 });
      try {
        loop.emulator.faults.random({ seed, rate: 0.15 });
        while (loop.proposals().length === 0) await round();
        loop.emulator.as('wendy').label(manager, 1, approved);
        for (let rounds = 0; rounds < 3; rounds += 1) await round();
        loop.emulator.faults.clear();
        await round();
        await round();
        expectOneEnd(loop, expect);
      } finally {
        await loop.close();
      }
    },
  );
});

/** One issue, one branch, one pull request, one comment; and GitHub has nothing to complain about. */
function expectOneEnd(loop: GithubLoop, check: typeof expect): void {
  const { journal, contractViolations } = loop.emulator;
  check(journal.duplicates()).toEqual([]);
  check(journal.violations()).toEqual([]);
  check(contractViolations).toEqual([]);
  check(loop.proposals()).toHaveLength(1);
  check(loop.pulls('acme/widgets')).toHaveLength(1);
  check(loop.proposals()[0]?.comments).toHaveLength(1);
  const made = journal.effects.filter(({ kind, via }) => kind === 'ref-updated' && via === 'git');
  check(made).toHaveLength(1);
}
