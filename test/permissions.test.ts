import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { cell, columns } from '../scripts/permission-matrix.ts';
import { catalogue } from '../src/operations/catalogue.ts';
import { createGate, serve } from '../src/operations/gate.ts';
import { permissionsOf, roles } from '../src/operations/permissions.ts';
import { reachOf, requireReach, rightsOf } from '../src/operations/repository-rights.ts';
import { createManualClock } from './fakes/manual-clock.ts';

const silent = { info: () => undefined, warn: () => undefined };

/** The gate over the whole catalogue, with handlers that only say that they were reached. */
const gate = createGate({
  served: catalogue().map((contract) =>
    serve({ ...contract, input: z.unknown(), output: z.unknown() }, async () => 'reached'),
  ),
  audit: { begin: async () => '1', finish: async () => undefined },
  clock: createManualClock(0),
  newCorrelationId: () => 'made',
  within: (_context, body) => body(),
  log: silent,
});

describe('the permission matrix', () => {
  test.each(columns().map((column) => [column.name, column] as const))(
    'the gate lets %s do exactly what the matrix says, through every door',
    async (_name, column) => {
      for (const contract of catalogue()) {
        for (const door of contract.doors) {
          const caller = { door, actor: column.actor, clientId: '192.0.2.1' };
          const said = await gate.execute(contract.name, {}, caller).then(
            () => 'may',
            (error: { code: string }) => error.code,
          );
          // A proof is asked of whoever may; nobody has one to give.
          const isUnproven = contract.dangerous === true && column.actor.kind === 'anonymous';
          const wanted =
            cell(contract, column) === 'no'
              ? 'permission_missing'
              : isUnproven
                ? 'proof_needed'
                : 'may';
          expect([contract.name, door, said]).toEqual([contract.name, door, wanted]);
        }
      }
    },
  );
  test('nobody holds more through a limited role than through the whole one', () => {
    for (const role of Object.keys(roles)) {
      const whole = permissionsOf({ kind: 'user', name: 'u', roles: [role] });
      const limited = permissionsOf({
        kind: 'user',
        name: 'u',
        ...rightsOf([{ role, repositories: ['acme/*'] }]),
      });
      expect([...limited].filter((permission) => !whole.has(permission))).toEqual([]);
    }
  });
});

describe('a role that is limited to repositories', () => {
  const actor = {
    kind: 'user',
    name: 'u',
    ...rightsOf([
      { role: 'viewer', repositories: null },
      { role: 'approver', repositories: ['acme/*', 'other/One'] },
    ]),
  } as const;
  test.each([
    ['acme/x', true],
    ['ACME/X', true],
    ['other/one', true],
    ['other/two', false],
    ['acme/x/y', false],
    ['evil-acme/x', false],
    [null, false],
  ])('approves in %s: %s', (repository, may) => {
    const ask = (): void => requireReach(actor, 'tasks:approve', repository);
    if (may) expect(ask).not.toThrow();
    else expect(ask).toThrow('only in some repositories');
  });
  test('adds to what another role holds everywhere, and takes nothing from it', () => {
    expect(reachOf(actor, 'tasks:read')).toBeNull();
    expect(reachOf(actor, 'tasks:approve')).toEqual(['acme/*', 'other/One']);
    expect(reachOf(actor, 'users:manage')).toEqual([]);
    expect(reachOf(actor, 'config:read')).toBeNull();
  });
});
