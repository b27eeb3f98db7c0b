import type { KnownFinding } from '../../domain/ports/stores.ts';

/** What a scan without a database remembers between two looks. */
export interface ScanState {
  /** Tags and reader it was made with; another one makes the next scan a full one. */
  readonly made: string;
  readonly root: string;
  readonly commit: string | null;
  readonly findings: readonly KnownFinding[];
  /** Version of each file of a folder, by path; empty for a bare repository. */
  readonly files: ReadonlyMap<string, string>;
}

/** Where the memory is kept; writes replace the whole file at once. */
export interface StateFile {
  read(file: string): Promise<string | null>;
  write(file: string, text: string): Promise<void>;
}

const format = 'claude-manager-scan-1';

/** Reads the states of all folders in a file. What cannot be read is no memory: the scan is then a full one. */
export function parseStates(text: string | null): Map<string, ScanState> {
  const states = new Map<string, ScanState>();
  const stored = text === null ? null : parsed(text);
  if (stored?.format !== format) return states;
  for (const state of stored.states) {
    const findings = state.findings.map((finding) => ({
      ...finding,
      firstSeen: new Date(finding.firstSeen),
    }));
    states.set(state.root, { ...state, findings, files: new Map(state.files) });
  }
  return states;
}

export function formatStates(states: ReadonlyMap<string, ScanState>): string {
  const plain = [...states.values()].map((state) => ({ ...state, files: [...state.files] }));
  return `${JSON.stringify({ format, states: plain })}\n`;
}

interface Stored {
  readonly format: string;
  readonly states: readonly (Omit<ScanState, 'files'> & { files: [string, string][] })[];
}

function parsed(text: string): Stored | null {
  try {
    return JSON.parse(text) as Stored;
  } catch {
    return null;
  }
}
