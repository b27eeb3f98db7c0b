import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type {
  previewConfiguration,
  showConfigurationFile,
} from '../../operations/config/contract.ts';
import type { CallContext, Served } from '../../operations/gate.ts';
import { createValidator } from '../../platform/config/validator.ts';
import { createRedactor } from '../../platform/redaction/redactor.ts';
import type { OpenOptions } from '../open-options.ts';
import type { LiveConfig } from './live-config.ts';
import { followConfig, readConfig } from './live-config.ts';
import { runningConfigOperations } from './running-config.ts';

type File = (typeof showConfigurationFile)['output']['_output'];
type Preview = (typeof previewConfiguration)['output']['_output'];

const secret = ['ghp', 'AbCdEfGhIjKlMnOpQrStUvWxYz0123456789'].join('_');
const text = `{
  // what we pay at most: ${secret}
  "executor": { "budget": { "perRunUsd": 1, "perDayUsd": 50 } },
  "repositories": [{ "match": "acme/*", "setup": ["curl -H 'Authorization: ${secret}' x"] }],
  "dataDir": "data"
}
`;
let folder = '';
let file = '';
let live: LiveConfig;
let served: readonly Served[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cms-running-config-'));
  file = join(folder, 'config.json');
  await writeFile(file, text);
  const options: OpenOptions = {
    needs: 'store',
    operation: 'service.start',
    flags: { config: file },
    overrides: {},
    env: { CLAUDE_MANAGER_ANALYZER_STALE_AFTER_DAYS: '9' },
    folder,
    version: '0',
    isTerminal: false,
  };
  const loaded = await readConfig(options);
  const redactor = createRedactor(new Uint8Array(32));
  live = followConfig(options, loaded, redactor);
  served = runningConfigOperations(options, loaded, live, (words) => redactor.redact(words), {
    gate: () => expect.unreachable(),
    validator: createValidator(),
  });
});
afterEach(async () => {
  live.close();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

async function ask<T>(name: string, input: object): Promise<T> {
  const one = served.find(({ contract }) => contract.name === name) ?? expect.unreachable();
  const answer = await one.handler(z.parse(one.contract.input, input), {} as CallContext);
  return z.parse(one.contract.output, answer) as T;
}

const dearer = { key: 'executor.budget.perDayUsd', value: '80' };
const rarer = { key: 'analyzer.intervalMinutes', value: '15' };

describe('the file of the running configuration', () => {
  test('is shown as it stands, comments and all, with its secrets masked', async () => {
    const shown = await ask<File>('config.file', {});
    expect(shown.text).toContain('// what we pay at most');
    expect(shown.text).toContain('"perDayUsd": 50');
    expect(JSON.stringify(shown)).not.toContain(secret);
    expect(shown).toMatchObject({ file, writable: true, why: null });
    expect(shown.schema).toMatchObject({ type: 'object' });
  });

  test.skipIf(process.getuid?.() === 0)(
    'says that it cannot be written where that is so',
    async () => {
      await chmod(file, 0o400);
      const shown = await ask<File>('config.file', {});
      expect(shown).toMatchObject({ writable: false, why: expect.stringContaining('EACCES') });
    },
  );
});

describe('a change of several keys', () => {
  test('is shown before it is written, and writes nothing by that', async () => {
    const preview = await ask<Preview>('config.preview', { changes: [dearer, rarer] });
    expect(preview.fits).toBe(true);
    expect(preview.differences).toMatchObject([
      { key: dearer.key, before: 50, after: 80, restart: false },
      { key: rarer.key, after: 15 },
    ]);
    expect(preview.after).toContain('"perDayUsd": 80');
    expect(JSON.stringify(preview)).not.toContain(secret);
    expect(await readFile(file, 'utf8')).toBe(text);
  });

  test('names what is wrong by its key, and is refused whole', async () => {
    const changes = [rarer, { ...dearer, value: '"much"' }];
    const { fits, report, version } = await ask<Preview>('config.preview', { changes });
    expect(fits).toBe(false);
    expect(report.errors).toMatchObject([{ path: dearer.key, message: expect.any(String) }]);
    await expect(ask('config.save', { changes, version })).rejects.toMatchObject({
      code: 'config_invalid',
    });
    expect(await readFile(file, 'utf8')).toBe(text);
    expect(live.current().executor.budget.perDayUsd).toBe(50);
  });

  test('that the next start would refuse is refused by the keys it is about, and nothing of it is written', async () => {
    const { version } = await ask<File>('config.file', {});
    const below = { key: 'executor.budget.perDayUsd', value: '0.5' };
    const refusal = {
      kind: 'invalid_input',
      code: 'config_unsound',
      message: expect.stringMatching(/^config\.json:3:\d+ {2}executor\.budget\.perRunUsd: /u),
    };
    await expect(ask('config.change', below)).rejects.toMatchObject(refusal);
    await expect(ask('config.save', { changes: [rarer, below], version })).rejects.toMatchObject(
      refusal,
    );
    expect(await readFile(file, 'utf8')).toBe(text);
    // Both at once hold together.
    const changes = [below, { key: 'executor.budget.perRunUsd', value: '0.5' }];
    await ask('config.save', { changes, version });
    expect(live.current().executor.budget).toMatchObject({ perDayUsd: 0.5, perRunUsd: 0.5 });
  });

  test('of a file that a start would refuse already may leave what was wrong, and put it right', async () => {
    await writeFile(file, text.replace('"perRunUsd": 1', '"perRunUsd": 70'));
    await ask('config.change', rarer);
    await ask('config.change', dearer);
    await live.reload();
    expect(live.current()).toMatchObject({
      analyzer: { intervalMinutes: 15 },
      executor: { budget: { perRunUsd: 70, perDayUsd: 80 } },
    });
  });

  test('by hand that a start would refuse is not taken over: what held before goes on', async () => {
    await writeFile(file, text.replace('"perDayUsd": 50', '"perDayUsd": 0.5'));
    await live.reload();
    expect(live.current().executor.budget.perDayUsd).toBe(50);
    expect(live.state().error).toMatchObject({ code: 'config_unsound' });
    await writeFile(file, text.replace('"perDayUsd": 50', '"perDayUsd": 60'));
    await live.reload();
    expect(live.current().executor.budget.perDayUsd).toBe(60);
    expect(live.state().error).toBeNull();
  });

  test('holds at once, keeps comments and secrets, and null gives a key its default back', async () => {
    const { version } = await ask<File>('config.file', {});
    const saved = await ask<{ version: string }>('config.save', {
      changes: [dearer, { key: 'executor.budget.perRunUsd', value: null }],
      version: version ?? '',
    });
    expect(live.current().executor.budget).toMatchObject({ perDayUsd: 80, perRunUsd: 5 });
    const now = await readFile(file, 'utf8');
    expect(now).toContain(`// what we pay at most: ${secret}`);
    expect(now).not.toContain('perRunUsd');
    // Whoever read the file before must look again.
    await expect(
      ask('config.save', { changes: [rarer], version: version ?? '' }),
    ).rejects.toMatchObject({ code: 'config_changed' });
    const again = await ask<{ restart: string[] }>('config.save', {
      changes: [{ key: 'database.poolSize', value: '12' }],
      version: saved.version,
    });
    expect(again.restart).toEqual(['database.poolSize']);
  });

  test('puts an entry before another one, which moves on with its comments and its secret', async () => {
    const entry = {
      key: 'repositories.0',
      value: '{"match":"acme/web","paused":true}',
      insert: true,
    };
    const under = { key: 'repositories.0.budget.perRunUsd', value: '2' };
    const { differences, version } = await ask<Preview>('config.preview', { changes: [entry] });
    expect(differences).toMatchObject([{ key: entry.key, after: { match: 'acme/web' } }]);
    const saved = await ask<{ version: string }>('config.save', { changes: [entry], version });
    expect(live.current().repositories.map(({ match }) => match)).toEqual(['acme/web', 'acme/*']);
    expect(await readFile(file, 'utf8')).toContain(secret);
    // A key below an entry that does not say it yet.
    await ask('config.save', { changes: [under], version: saved.version });
    expect(live.current().repositories[0]?.budget).toEqual({ perRunUsd: 2 });
  });

  test.each([
    [
      'what runs as the user of the service',
      { key: 'executor.agents', value: '{}' },
      'config_file_only',
    ],
    [
      'what holds a secret that is shown masked',
      { key: 'repositories', value: '[]' },
      'config_holds_secret',
    ],
    ['what is no JSON', { ...dearer, value: 'much' }, 'config_value_not_json'],
    ['a key that there is not', { key: 'executor.budgte', value: '1' }, 'config_key_unknown'],
  ])('is refused for %s, before and when it is written', async (_words, change, code) => {
    const { version } = await ask<File>('config.file', {});
    const changes = [rarer, change];
    for (const name of ['config.preview', 'config.save']) {
      const more = name === 'config.save' ? { version: version ?? '' } : {};
      await expect(ask(name, { changes, ...more })).rejects.toMatchObject({ code });
    }
    expect(await readFile(file, 'utf8')).toBe(text);
  });
});
