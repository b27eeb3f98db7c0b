import { expect, test } from 'vitest';
import type { Actor } from '../../domain/actor.ts';
import { type DoctorRequest, doctorHandlers } from './handlers.ts';

const terminal: Actor = { kind: 'command_line', name: 'ann', isOwner: false };
const user = (role: string): Actor => ({ kind: 'user', name: 'ann', roles: [role] });

test.each([
  ['at a terminal', terminal, false, 'all'],
  ['at a terminal, without costs', terminal, true, 'free'],
  ['for whoever may run the service', user('admin'), false, 'all'],
  ['for anybody else whom a program names', user('viewer'), false, 'none'],
  ['for nobody in particular', { kind: 'anonymous', name: 'anonymous' } as const, true, 'none'],
] as const)('agents are put to work %s as far as that goes', async (_who, actor, free, proves) => {
  const requests: DoctorRequest[] = [];
  const [doctor] = doctorHandlers((request) => {
    requests.push(request);
    return [];
  });
  const context = {
    actor,
    door: 'library' as const,
    clientId: 'local',
    correlationId: 'one',
    signal: new AbortController().signal,
    progress: () => undefined,
    reveal: () => undefined,
  };
  expect(await doctor?.handler({ free }, context)).toEqual({ healthy: true, checks: [] });
  expect(requests.map((request) => request.proves)).toEqual([proves]);
});
