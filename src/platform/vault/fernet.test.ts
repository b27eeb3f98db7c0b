import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { systemRandom } from '../../lib/random.ts';
import { decrypt, encrypt, fernetKeyText, parseFernetKey, rotateToken } from './fernet.ts';

interface Vector {
  readonly desc?: string;
  readonly token: string;
  readonly now: string;
  readonly iv: readonly number[];
  readonly ttl_sec: number;
  readonly src: string;
  readonly secret: string;
}

const data = new URL('../../../test/vectors/fernet/', import.meta.url);
const read = async <T>(name: string): Promise<T> =>
  JSON.parse(await readFile(new URL(name, data), 'utf8')) as T;
const seconds = (at: string): number => Date.parse(at) / 1000;
const newKeyText = (): string => fernetKeyText(systemRandom.bytes(32));
const keyOf = (text: string) => parseFernetKey(text) ?? expect.fail(`${text} is no key`);
const [newest, older] = [keyOf(newKeyText()), keyOf(newKeyText())];
const now = 1_800_000_000;
const sealed = (plain: Uint8Array, key = newest): string =>
  encrypt(key, plain, { seconds: now, iv: systemRandom.bytes(16) });
const refusal = expect.objectContaining({
  code: 'token_invalid',
  message: 'The encrypted value is not valid under any of the keys.',
});

describe('the vectors of the specification', async () => {
  test.each(await read<Vector[]>('generate.json'))('a token is made: $token', (vector) => {
    const { secret, src, now: at, iv, token } = vector;
    const made = encrypt(keyOf(secret), Buffer.from(src), {
      seconds: seconds(at),
      iv: Uint8Array.from(iv),
    });
    expect(made).toBe(token);
  });

  test.each(await read<Vector[]>('verify.json'))('a token opens: $token', (vector) => {
    const { secret, src, now: at, ttl_sec: ttlSeconds, token } = vector;
    const opened = decrypt([keyOf(secret)], token, { ttlSeconds, nowSeconds: seconds(at) });
    expect(opened.plain.toString()).toBe(src);
  });

  test.each(await read<Vector[]>('invalid.json'))('a token is refused: $desc', (vector) => {
    const { secret, now: at, ttl_sec: ttlSeconds, token } = vector;
    const open = () => decrypt([keyOf(secret)], token, { ttlSeconds, nowSeconds: seconds(at) });
    expect(open).toThrow(refusal);
  });
});

test('what is closed opens to the same bytes and the same time', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 3000 }), fc.nat(2 ** 40), (bytes, at) => {
      const token = encrypt(newest, bytes, { seconds: at, iv: systemRandom.bytes(16) });
      const opened = decrypt([older, newest], token);
      expect(opened.plain.equals(bytes)).toBe(true);
      expect([opened.seconds, opened.key.id]).toEqual([at, newest.id]);
    }),
  );
});

test('a megabyte goes through', () => {
  const bytes = systemRandom.bytes(2 ** 20);
  expect(decrypt([newest], sealed(bytes)).plain.equals(bytes)).toBe(true);
});

test('10,000 changed bits are refused with one error, those in the unused end of base64 too', () => {
  const token = sealed(Buffer.from('a secret of some length, not a multiple of the block'));
  const text = Buffer.from(token);
  let refused = 0;
  for (let round = 0; round < 10_000; round += 1) {
    const changed = Buffer.from(text);
    const bit =
      round < text.length * 8 ? round : Math.floor(systemRandom.fraction() * text.length * 8);
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    try {
      decrypt([newest], changed.toString('latin1'));
    } catch (error) {
      refused += 1;
      expect(error).toEqual(refusal);
    }
  }
  expect(refused).toBe(10_000);
});

test('a changed bit of the bytes is refused', () => {
  const token = sealed(Buffer.from('secret'));
  const bytes = Buffer.from(token, 'base64url');
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const changed = Buffer.from(bytes);
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    const text = changed.toString('base64').replaceAll('+', '-').replaceAll('/', '_');
    expect(() => decrypt([newest], text)).toThrow(refusal);
  }
});

test.each([
  '',
  'a',
  'cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4',
  'cw/0x689RpI+jtRR7oE8h/eQsKImvJapLeSbXpwF4e4=',
  'cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4==',
  ' cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=',
  'cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4Q==',
])('%j is no key', (text) => {
  expect(parseFernetKey(text)).toBeNull();
});

test('the bytes of a key are wiped once it is read or written', () => {
  const bytes = systemRandom.bytes(32);
  const text = fernetKeyText(bytes);
  expect(bytes.every((byte) => byte === 0)).toBe(true);
  const fill = vi.spyOn(Buffer.prototype, 'fill');
  expect(parseFernetKey(text)).not.toBeNull();
  expect(fill).toHaveBeenCalledWith(0);
});

test('a rotated token is under the newest key alone and keeps its time', () => {
  const token = encrypt(older, Buffer.from('kept'), { seconds: 1234, iv: systemRandom.bytes(16) });
  const rotated = rotateToken([newest, older], token, systemRandom.bytes(16));
  const opened = decrypt([newest], rotated);
  expect([opened.plain.toString(), opened.seconds]).toEqual(['kept', 1234]);
  expect(() => decrypt([older], rotated)).toThrow(refusal);
});

interface FromPython {
  readonly keys: readonly string[];
  readonly tokens: readonly { token: string; at: number; value: string }[];
  readonly rotations: readonly { token: string; rotated: string; at: number; value: string }[];
}

describe("Python's cryptography", () => {
  test('its tokens open here, of one key, of several, and rotated', async () => {
    const { keys: texts, tokens, rotations } = await read<FromPython>('from-python.json');
    const keys = texts.map(keyOf);
    for (const { token, at, value } of tokens) {
      const opened = decrypt(keys, token);
      expect([opened.plain.toString('base64'), opened.seconds]).toEqual([value, at]);
    }
    for (const { token, rotated, at, value } of rotations) {
      const [ours, theirs] = [decrypt(keys.slice(2), token), decrypt(keys.slice(0, 1), rotated)];
      expect([ours.plain.toString('base64'), theirs.plain.toString('base64')]).toEqual([
        value,
        value,
      ]);
      expect(theirs.seconds).toBe(at);
    }
  });

  const isThere = spawnSync('python3', ['-c', 'import cryptography']).status === 0;
  test.skipIf(!isThere)('1,000 random values go there and back', { timeout: 120_000 }, async () => {
    const texts = [newKeyText(), newKeyText()];
    const keys = texts.map(keyOf);
    const child = spawn('python3', ['-u', '-c', pythonPeer, ...texts], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const closed = once(child, 'close');
    for (let index = 0; index < 1000; index += 1) {
      const size =
        index < 3 ? [0, 1, 2 ** 20][index] : Math.floor(systemRandom.fraction() ** 3 * 4000);
      const plain = systemRandom.bytes(size ?? 0);
      const key = keys[index % 2] ?? newest;
      child.stdin.write(`${sealed(plain, key)}\n`);
      const [theirs, value] = String((await answers.next()).value).split(' ');
      expect(value).toBe(plain.toString('base64'));
      expect(decrypt(keys, theirs ?? '').plain.equals(plain)).toBe(true);
    }
    child.stdin.end();
    expect((await closed)[0]).toBe(0);
  });
});

/** Opens each token it is sent and answers a token of its own over the same bytes, and the bytes. */
const pythonPeer = `
import base64, sys
from cryptography.fernet import Fernet, MultiFernet
several = MultiFernet([Fernet(key) for key in sys.argv[1:]])
for line in sys.stdin:
    value = several.decrypt(line.strip().encode())
    print(several.encrypt(value).decode(), base64.b64encode(value).decode(), flush=True)
`;
