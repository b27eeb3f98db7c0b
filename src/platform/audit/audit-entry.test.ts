import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson } from '../../lib/json.ts';
import { storedJson } from '../../lib/stored-text.ts';
import { type AuditEntry, asStored, bodyOf } from './audit-entry.ts';

const odd = fc.constantFrom('\0', '\ud800', '\u2028', '\u202e', '__proto__', 'toJSON', '');
const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 8 }), odd);
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    text,
    fc.constantFrom(null, true, 0, -0, 1.5, Number.NaN, Infinity, undefined),
    fc.date({ noInvalidDate: true }),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.array(text, { maxLength: 3 }).map((all) => Object.assign([], all, { length: 3 })),
    fc.dictionary(text, tie('value'), { maxKeys: 3, noNullPrototype: false }),
    fc.constant({ toJSON: () => 'told otherwise' }),
  ),
}));
const entries: fc.Arbitrary<AuditEntry> = fc.record(
  {
    event: text,
    outcome: fc.constantFrom('begun' as const, 'ok' as const),
    actor: fc.record({ kind: fc.constantFrom('token', 'user', 'robot'), name: text, more: value }),
    source: fc.option(text),
    target: fc.option(text),
    correlationId: text,
    facts: fc.dictionary(text, value, { maxKeys: 3 }),
  },
  { requiredKeys: ['event', 'outcome', 'actor', 'target', 'correlationId', 'facts'] },
);

test('whatever an entry holds, its line is the canonical JSON of what would be read back after it was kept as JSON', () => {
  fc.assert(
    fc.property(entries, (entry) => {
      const place = { seq: 7, at: new Date(0), begun: null, version: '1', previousHash: '0' };
      const { actor, source = null, ...told } = entry;
      const authentication = { token: 'token', user: 'program' }[actor.kind] ?? 'unknown';
      const whole = { ...told, actor: { authentication, ...actor }, source };
      const kept = JSON.parse(
        storedJson({ ...whole, reason: null, before: null, after: null }),
      ) as object;
      const expected = canonicalJson({ ...kept, ...place }).replace(
        /[\u007f-\u009f\u2028\u2029\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g,
        (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
      );
      expect(bodyOf({ ...asStored(entry), ...place })).toBe(expected);
    }),
    { numRuns: 2000 },
  );
});

test('an entry of the first version has the members that it had then', () => {
  const first = {
    seq: 1,
    at: new Date(0),
    event: 'e',
    outcome: 'ok',
    actor: { kind: 'k', name: 'n' },
  };
  const rest = { target: null, correlationId: 'c', facts: {}, begun: null, previousHash: '0' };
  const body = bodyOf({ ...first, ...rest } as unknown as Parameters<typeof bodyOf>[0]);
  expect(body).toBe(
    '{"actor":{"kind":"k","name":"n"},"at":"1970-01-01T00:00:00.000Z","begun":null,"correlationId":"c","event":"e","facts":{},"outcome":"ok","previousHash":"0","seq":1,"target":null}',
  );
});
