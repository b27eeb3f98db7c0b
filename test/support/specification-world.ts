import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import type { HealthReport } from '../../src/operations/health/contract.ts';
import { healthCategories } from '../../src/operations/health/contract.ts';

const execute = promisify(execFile);

/** Where a row is typed, and what the world there is asked and told. */
export interface Place {
  readonly folder: string;
  run(words: readonly string[]): Promise<{ readonly code: number | null; readonly text: string }>;
  query<T extends object>(statement: string): Promise<readonly T[]>;
  /** `ID`, `N`, … of the words of a row. */
  readonly words: Readonly<Record<string, string>>;
}

/** How a row is seen to have done what it says: what it printed is compared with the world it was typed in. */
export interface Effect {
  /** Makes the world such that a command that did nothing is found out. */
  readonly before?: (place: Place) => Promise<void>;
  readonly after: (place: Place, printed: string) => Promise<void>;
}

export const one = async <T>(place: Place, statement: string): Promise<T> => {
  const [row] = await place.query<{ value: T }>(statement);
  return row?.value as T;
};
export const auditCount = (place: Place, event: string): Promise<number> =>
  one(place, `select count(*)::int as value from audit_entries where event = '${event}'`);

/** What stood somewhere before the row was typed, by what it is about. */
export const stood = new Map<string, number>();

/** A start that was done: it stands in the audit log, and whether sessions and limits were switched off as well. */
export function starts({ isUnsecured }: { readonly isUnsecured: boolean }): Effect {
  return {
    before: async (place) => {
      for (const event of ['service.start', 'security.switched_off'])
        stood.set(event, await auditCount(place, event).catch(() => 0));
    },
    after: async (place) => {
      const more = async (event: string): Promise<number> =>
        (await auditCount(place, event)) - (stood.get(event) ?? 0);
      expect(await more('service.start')).toBeGreaterThan(0);
      expect(await more('security.switched_off')).toBe(isUnsecured ? 1 : 0);
    },
  };
}

/** A line of a table, its cells by what stands in the first ones. */
export function lineWith(text: string, ...first: readonly string[]): readonly string[] {
  const lines = text.split('\n').map((line) => line.trim().split(/ {2,}/u));
  return lines.find((cells) => first.every((cell, at) => cells[at] === cell)) ?? [];
}

let measured: HealthReport | null = null;
/** Every check that there is, asked once. */
export async function everyCheck(place: Place): Promise<HealthReport['checks']> {
  if (measured === null) {
    const { text } = await place.run(['--json', 'health']);
    measured = JSON.parse(text.slice(text.indexOf('{'))) as HealthReport;
  }
  return measured.checks;
}

/** Of all checks exactly those of the categories were measured, and of each it is said how it is. */
export function healthOf(categories: readonly string[], { isDetailed = false } = {}): Effect {
  return {
    after: async (place, printed) => {
      const all = await everyCheck(place);
      expect(new Set(all.map(({ category }) => category))).toEqual(new Set(healthCategories));
      const wanted = all.filter(({ category }) => categories.includes(category));
      expect(wanted.length).toBeGreaterThan(0);
      const [, well, of] = /(\d+) of (\d+) checks healthy/u.exec(printed) ?? [];
      expect(Number(of)).toBe(wanted.length);
      const table = printed.split(/\n\n|\n(?=critical:|what to do:)/u)[0] ?? '';
      const rows = table
        .split('\n')
        .map((line) => line.trim().split(/ {2,}/u))
        .filter(([, category = '']) => healthCategories.some((name) => name === category));
      for (const [, category = ''] of rows) expect(categories).toContain(category);
      const names = rows.map(([, , name = '']) => name.replace(/ \*$/u, ''));
      if (isDetailed) expect(names.toSorted()).toEqual(wanted.map(({ name }) => name).toSorted());
      else expect(names).toHaveLength(wanted.length - Number(well));
    },
  };
}

/** A comment that asks for work, which nobody has proposed yet. */
export async function addWork({ folder }: Place, file: string, text: string): Promise<void> {
  await writeFile(join(folder, 'r', file), `// TODO: ${text}\nexport const x = 1;\n`);
  const git = (...words: string[]): Promise<unknown> =>
    execute('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...words], {
      cwd: join(folder, 'r'),
    });
  await git('add', '.');
  await git('commit', '-qm', text);
}

export const tasksAbout = (place: Place, text: string): Promise<number> =>
  one(place, `select count(*)::int as value from tasks where title like '%${text}%'`);

/** What a scan finds becomes a task; that it ran without sessions and limits stands in the audit log. */
export function scans(text: string, { isUnsecured }: { readonly isUnsecured: boolean }): Effect {
  return {
    before: async (place) => {
      await addWork(place, `${text.replaceAll(' ', '-')}.js`, text);
      stood.set(text, await auditCount(place, 'security.switched_off'));
    },
    after: async (place) => {
      expect(await tasksAbout(place, text)).toBe(1);
      const off = (await auditCount(place, 'security.switched_off')) - (stood.get(text) ?? 0);
      expect(off).toBe(isUnsecured ? 1 : 0);
    },
  };
}

/** The task is in review, on a branch with what the agent wrote. */
export function executes(where: (place: Place) => string, { isUnsecured = false } = {}): Effect {
  return {
    before: async (place) => {
      stood.set('execute', await auditCount(place, 'security.switched_off'));
    },
    after: async (place) => {
      const [task] = await place.query<{ id: string; state: string }>(
        `select id, state from tasks where ${where(place)}`,
      );
      expect(task?.state).toBe('in_review');
      const git = async (...words: string[]): Promise<readonly string[]> => {
        const { stdout } = await execute('git', words, { cwd: join(place.folder, 'r') });
        return stdout.split('\n');
      };
      const branches = await git('for-each-ref', '--format=%(refname)', 'refs/heads');
      const branch =
        branches.find((name) => name.includes((task?.id ?? 'no task').slice(0, 12))) ?? '';
      expect(branch).not.toBe('');
      expect(await git('ls-tree', '--name-only', branch)).toContain('done.js');
      const off = (await auditCount(place, 'security.switched_off')) - (stood.get('execute') ?? 0);
      expect(off).toBe(isUnsecured ? 1 : 0);
    },
  };
}
