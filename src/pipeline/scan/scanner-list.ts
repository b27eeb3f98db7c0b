import type { Scanner } from './scanner.ts';
import {
  createStaleIssueScanner,
  type StaleIssueDeps,
} from './scanners/stale-issue/stale-issue-scanner.ts';
import { createTodoScanner, type TodoScannerDeps } from './scanners/todo/todo-scanner.ts';

/** All scanners, in the order they look. */
export function createScanners(deps: TodoScannerDeps & StaleIssueDeps): readonly Scanner[] {
  return [createTodoScanner(deps), createStaleIssueScanner(deps)];
}
