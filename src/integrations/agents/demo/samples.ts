/** A small repository that the demo makes on the spot. */
export interface SampleRepository {
  /** Last part of its name. */
  readonly name: string;
  readonly description: string;
  /** Text of each file by its path. */
  readonly files: Readonly<Record<string, string>>;
  /** One shell line that proves its work; it passes before and after the agent. */
  readonly check: string;
  /** What the scripted agent does for each TODO, told by the TODO's text. */
  readonly recipes: readonly Recipe[];
}

export interface Recipe {
  /** The text behind the tag, as it stands in the file. */
  readonly todo: string;
  /** Exact replacements and new files; empty when nothing has to change. */
  readonly edits: readonly Edit[];
  /** The agent's last words; begins with `NO CHANGE NEEDED:` when there are no edits. */
  readonly verdict: string;
}

export type Edit =
  | { readonly path: string; readonly find: string; readonly replace: string }
  | { readonly path: string; readonly append: string };

const payments: SampleRepository = {
  name: 'payments',
  description: 'Ledger arithmetic in JavaScript',
  check: 'node --test',
  files: {
    'README.md': '# payments\n\nAdds up ledgers. Amounts are whole cents.\n\nTest: `node --test`\n',
    'package.json': `{
  "name": "payments",
  "version": "1.0.0",
  "type": "module",
  "scripts": { "test": "node --test" }
}
`,
    'src/ledger.js': `/** A ledger of payments; amounts are whole cents. */
export class Ledger {
  #entries = [];

  // TODO: reject negative amounts
  add(amount, currency) {
    this.#entries.push({ amount, currency });
  }

  // TODO(maria): keep one total per currency instead of adding euros to dollars
  total() {
    return this.#entries.reduce((sum, entry) => sum + entry.amount, 0);
  }

  get size() {
    return this.#entries.length;
  }
}
`,
    'test/ledger.test.js': `import assert from 'node:assert/strict';
import test from 'node:test';
import { Ledger } from '../src/ledger.js';

test('a new ledger is empty', () => {
  assert.equal(new Ledger().size, 0);
});

test('payments of one currency are added up', () => {
  const ledger = new Ledger();
  ledger.add(250, 'EUR');
  ledger.add(150, 'EUR');
  assert.equal(ledger.total('EUR'), 400);
});
`,
  },
  recipes: [
    {
      todo: 'reject negative amounts',
      verdict:
        'Ledger.add now refuses amounts that are negative or no whole cents, and a test covers it.',
      edits: [
        {
          path: 'src/ledger.js',
          find: `  // TODO: reject negative amounts
  add(amount, currency) {
`,
          replace: `  /** @throws RangeError when the amount is negative or not a whole number of cents */
  add(amount, currency) {
    if (!Number.isInteger(amount) || amount < 0) {
      throw new RangeError(\`An amount must be whole cents and not negative, got \${amount}\`);
    }
`,
        },
        {
          path: 'test/ledger.test.js',
          append: `
test('a negative or fractional amount is refused and nothing is stored', () => {
  const ledger = new Ledger();
  assert.throws(() => ledger.add(-1, 'EUR'), RangeError);
  assert.throws(() => ledger.add(0.5, 'EUR'), RangeError);
  assert.equal(ledger.size, 0);
});
`,
        },
      ],
    },
    {
      todo: 'keep one total per currency instead of adding euros to dollars',
      verdict:
        'Ledger.total takes the currency and adds only payments of that currency; a test covers it.',
      edits: [
        {
          path: 'src/ledger.js',
          find: `  // TODO(maria): keep one total per currency instead of adding euros to dollars
  total() {
    return this.#entries.reduce((sum, entry) => sum + entry.amount, 0);
  }
`,
          replace: `  /** Sum of the payments in one currency. */
  total(currency) {
    return this.#entries
      .filter((entry) => entry.currency === currency)
      .reduce((sum, entry) => sum + entry.amount, 0);
  }
`,
        },
        {
          path: 'test/ledger.test.js',
          find: `test('payments of one currency are added up', () => {
`,
          replace: `test('another currency does not count', () => {
  const ledger = new Ledger();
  ledger.add(250, 'EUR');
  ledger.add(999, 'USD');
  assert.equal(ledger.total('EUR'), 250);
});

test('payments of one currency are added up', () => {
`,
        },
      ],
    },
  ],
};

const inventory: SampleRepository = {
  name: 'inventory',
  description: 'Stock levels in Python',
  check:
    'if command -v python3 >/dev/null; then python3 -m unittest -q; else echo "no python3 here"; fi',
  files: {
    'README.md': '# inventory\n\nCounts what is on the shelves.\n\nTest: `python3 -m unittest`\n',
    '.gitignore': '__pycache__/\n',
    'stock.py': `"""Stock levels by article number."""


class Stock:
    def __init__(self):
        self._levels = {}

    def receive(self, article, count):
        self._levels[article] = self._levels.get(article, 0) + count

    def take(self, article, count):
        # FIXME: stock can go below zero when more is taken than there is
        self._levels[article] = self._levels.get(article, 0) - count

    def level(self, article):
        # TODO: return 0 for an article that was never received
        return self._levels.get(article, 0)
`,
    'test_stock.py': `import unittest

from stock import Stock


class StockTest(unittest.TestCase):
    def test_what_was_received_can_be_taken(self):
        stock = Stock()
        stock.receive("A1", 5)
        stock.take("A1", 2)
        self.assertEqual(stock.level("A1"), 3)


if __name__ == "__main__":
    unittest.main()
`,
  },
  recipes: [
    {
      todo: 'stock can go below zero when more is taken than there is',
      verdict: 'Stock.take raises ValueError when there is not enough; a test covers it.',
      edits: [
        {
          path: 'stock.py',
          find: `        # FIXME: stock can go below zero when more is taken than there is
        self._levels[article] = self._levels.get(article, 0) - count
`,
          replace: `        available = self._levels.get(article, 0)
        if count > available:
            raise ValueError(f"only {available} of {article} in stock, {count} wanted")
        self._levels[article] = available - count
`,
        },
        {
          path: 'test_stock.py',
          find: `

if __name__ == "__main__":
`,
          replace: `
    def test_more_than_there_is_cannot_be_taken(self):
        stock = Stock()
        stock.receive("A1", 1)
        with self.assertRaises(ValueError):
            stock.take("A1", 2)
        self.assertEqual(stock.level("A1"), 1)


if __name__ == "__main__":
`,
        },
      ],
    },
    {
      todo: 'return 0 for an article that was never received',
      verdict:
        'NO CHANGE NEEDED: Stock.level already returns 0 for an unknown article, because it reads with `get(article, 0)`; only the comment is out of date.',
      edits: [],
    },
  ],
};

const deploy: SampleRepository = {
  name: 'deploy-scripts',
  description: 'Release scripts in shell',
  check: 'sh test.sh',
  files: {
    'README.md': '# deploy-scripts\n\nPicks the release to deploy.\n\nTest: `sh test.sh`\n',
    'release.sh': `# Names a release folder from a version.
release_folder() {
  # TODO: refuse a version that is not major.minor.patch, it becomes part of a path
  echo "/srv/app/releases/$1"
}
`,
    'test.sh': `set -eu
. ./release.sh

expect() {
  [ "$1" = "$2" ] || { echo "expected $2, got $1" >&2; exit 1; }
}

expect "$(release_folder 1.4.2)" /srv/app/releases/1.4.2
`,
  },
  recipes: [
    {
      todo: 'refuse a version that is not major.minor.patch, it becomes part of a path',
      verdict: 'release_folder refuses anything that is not major.minor.patch; the test covers it.',
      edits: [
        {
          path: 'release.sh',
          find: `  # TODO: refuse a version that is not major.minor.patch, it becomes part of a path
`,
          replace: `  if ! printf '%s' "$1" | grep -Eqx '[0-9]+\\.[0-9]+\\.[0-9]+'; then
    echo "not a version: $1" >&2
    return 1
  fi
`,
        },
        {
          path: 'test.sh',
          append: `if release_folder ../../etc 2>/dev/null; then
  echo "a path was taken for a version" >&2
  exit 1
fi
`,
        },
      ],
    },
  ],
};

/** Three languages; four TODOs that end in a change whose check passes, one whose work is done already. */
export const sampleRepositories: readonly SampleRepository[] = [payments, inventory, deploy];
