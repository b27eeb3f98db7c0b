import { expect, test } from 'vitest';
import { inheritedSocketOf } from './inherited-socket.ts';

test('the one socket that a supervisor holds for this process is descriptor 3', () => {
  expect(inheritedSocketOf({ LISTEN_PID: '7', LISTEN_FDS: '1' }, 7)).toBe(3);
});

test.each([{}, { LISTEN_PID: '8', LISTEN_FDS: '1' }, { LISTEN_FDS: '1' }, { LISTEN_PID: '' }])(
  'sockets held for nobody or for another process are none of ours: %o',
  (env) => {
    expect(inheritedSocketOf(env, 7)).toBeNull();
  },
);

test.each(['2', '0', '', 'x', undefined])(
  'a count of sockets other than one is refused: %s',
  (count) => {
    expect(() => inheritedSocketOf({ LISTEN_PID: '7', LISTEN_FDS: count }, 7)).toThrow(
      expect.objectContaining({ code: 'sockets_unclear' }),
    );
  },
);
