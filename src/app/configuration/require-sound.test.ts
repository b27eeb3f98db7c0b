import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AppError } from '../../lib/app-error.ts';
import { loadConfig } from '../../platform/config/load-config.ts';
import { requireSound } from './require-sound.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cms-sound-'));
});
afterAll(async () => rm(folder, { recursive: true }));

type Sections = Readonly<Record<string, object | string>>;

const sound = {
  github: { managerRepo: 'acme/manager', reposToScan: ['acme/widgets'] },
  security: { authentication: { require_2fa: true } },
} as const;

const limited = (rate_limiting: object): Sections => ({
  security: { ...sound.security, rate_limiting },
});

/** What a start says to the file; null when it goes on. */
async function startWith(
  content: Sections,
  { mode = 0o640, flags = {} }: { mode?: number; flags?: Record<string, unknown> } = {},
): Promise<AppError | null> {
  const file = join(folder, 'config.json');
  await writeFile(file, JSON.stringify({ ...sound, ...content }, null, 2));
  await chmod(file, mode);
  const loaded = await loadConfig({ folder, file, env: { GITHUB_TOKEN: 't' }, flags });
  return await requireSound(loaded).then(
    () => null,
    (error: AppError) => error,
  );
}

const refused: readonly (readonly [string, Sections, write: string, number?])[] = [
  ['logging.level', { logging: { level: 'DEBUG' } }, '"level": "INFO"'],
  [
    'security.authentication.require_2fa',
    { security: { authentication: { require_2fa: false } } },
    '"require_2fa": true',
  ],
  ['server.publicUrl', { server: { host: '0.0.0.0' } }, '"publicUrl": "https://'],
  [
    'github.apiUrl',
    { github: { ...sound.github, apiUrl: 'http://git.acme.test' } },
    '"apiUrl": "https://git.acme.test"',
  ],
  ...(
    [
      ['max_requests_per_minute', 60],
      ['violations_before_block', 3],
      ['max_requests_per_minute_per_address', 600],
    ] as const
  ).map(
    ([name, write]) =>
      [`security.rate_limiting.${name}`, limited({ [name]: 0 }), `"${name}": ${write}`] as const,
  ),
  ['config.json', {}, 'chmod 640', 0o644],
  ['config.json', {}, 'chmod 640', 0o660],
  [
    'security.vault.keyFile',
    { security: { ...sound.security, vault: { keyFile: '/nowhere/vault.key' } } },
    'put the key there',
  ],
  ['executor.sandbox', { executor: { sandbox: 'none' } }, '"sandbox": "auto"'],
  [
    'executor.allowUnsandboxed',
    { executor: { allowUnsandboxed: true } },
    '"allowUnsandboxed": false',
  ],
];

test.each(refused.map(([key, change, write, mode = 0o640]) => ({ key, change, write, mode })))(
  'no service starts in production with $change and mode $mode: $key is named with what to write',
  async ({ key, change, write, mode }) => {
    const error = await startWith({ environment: 'production', ...change }, { mode });
    expect(error?.code).toBe('config_unsound');
    const lines = error?.message.split('\n') ?? [];
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(key);
    expect(lines[0]).toContain(write);
    expect(error?.next).toContain('validate --environment production');
    expect(await startWith({ environment: 'development', ...change }, { mode })).toBeNull();
  },
);

test('everything that must not go live is said at once, --debug included', async () => {
  const change = {
    environment: 'production',
    security: { rate_limiting: { max_requests_per_minute: 0 } },
  };
  const error = await startWith(change, { mode: 0o644, flags: { 'logging.level': 'DEBUG' } });
  const issues = (error?.details['issues'] ?? []) as { code: string }[];
  expect(issues.map(({ code }) => code).toSorted()).toEqual([
    'debug_in_production',
    'file_readable',
    'no_rate_limit',
    'no_second_factor',
  ]);
});

test('what only weighs less than an error in production hinders no start', async () => {
  const change = {
    environment: 'production',
    logging: { security_logging: false },
    performance: { monitoringEnabled: false, retentionDays: 7 },
    executor: { stallMinutes: 31 },
  };
  expect(await startWith(change)).toBeNull();
});
