/** What one run of the tests of a file came to. */
export interface FileOutcome {
  /** Absolute path of the test file. */
  readonly path: string;
  readonly passed: number;
  /** At least one where the file as a whole failed: a hook, an import, an error that nobody caught. */
  readonly failed: number;
  /** What went wrong, a line of name and the stack of each. */
  readonly wrong: readonly string[];
}

export interface RunOutcome {
  readonly outcomes: readonly FileOutcome[];
  /** Errors that nobody caught and that belong to no file which was run. */
  readonly homeless: number;
}

/** The one line that any CI can read. */
export function closingLine(outcomes: readonly FileOutcome[]): string {
  const sum = (count: (outcome: FileOutcome) => number): number =>
    outcomes.reduce((total, outcome) => total + count(outcome), 0);
  return `${sum(({ passed }) => passed)} passed, ${sum(({ failed }) => failed)} failed`;
}

/** How many files may fail and still be tried again: more than that is no accident of a busy machine. */
const mostFiles = 8;

/** The files that a second try is for; none where something failed that a second try could hide. */
export function filesToTryAgain({ outcomes, homeless }: RunOutcome): readonly string[] {
  const failed = outcomes.filter((outcome) => outcome.failed > 0).map(({ path }) => path);
  return homeless > 0 || failed.length > mostFiles ? [] : failed;
}

/** The later outcome of a file is the one that counts. */
export function withLater(
  outcomes: readonly FileOutcome[],
  later: readonly FileOutcome[],
): readonly FileOutcome[] {
  const byPath = new Map(later.map((outcome) => [outcome.path, outcome]));
  return outcomes.map((outcome) => byPath.get(outcome.path) ?? outcome);
}
