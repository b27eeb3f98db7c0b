import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AppError } from '../../lib/app-error.ts';
import { contextFormats } from './context-formats.ts';
import { lookAlikes, of, secretExamples } from './examples.suite.ts';
import { prefixedFormats } from './prefixed-formats.ts';
import { createRedactor } from './redactor.ts';
import { shapeFormats } from './shape-formats.ts';
import { wordFormats } from './word-formats.ts';

const key = Buffer.alloc(32, 7);
const redactor = createRedactor(key);
/** True when eight characters in a row of the secret are still there. */
function leaks(text: string, secret: string): boolean {
  for (let start = 0; start + 8 <= secret.length; start += 1)
    if (text.includes(secret.slice(start, start + 8))) return true;
  return false;
}

/** Each byte in hex, behind a sign. */
function hexes(text: string, sign: string): string {
  return [...Buffer.from(text)]
    .map((byte) => sign + byte.toString(16).toUpperCase().padStart(2, '0'))
    .join('');
}

describe('secrets known by their look', () => {
  test.each(
    secretExamples.map(([kind, secret, before = '', after = '" end']) => ({
      kind,
      secret,
      before,
      after,
    })),
  )('$kind behind "$before"', ({ kind, secret, before, after }) => {
    const clean = redactor.redact(`start ${before}${secret}${after}`);
    expect(leaks(clean, secret)).toBe(false);
    expect(clean).toMatch(new RegExp(`^start [^]*\\[REDACTED:${kind}:[0-9a-f]{6}\\]`));
    expect(clean.endsWith(after)).toBe(true);
  });

  test('every format is tried here', () => {
    const tried = new Set(secretExamples.map(([kind]) => kind));
    const all = [...prefixedFormats, ...contextFormats, ...shapeFormats, ...wordFormats];
    expect(all.map(({ kind }) => kind).filter((kind) => !tried.has(kind))).toEqual([]);
  });

  test.each(['\n', '\\n', '\\\\n'])('a private key with lines ended by %j', (end) => {
    const head = ['-----BEGIN RSA', 'PRIVATE KEY-----'].join(' ');
    const tail = ['-----END RSA', 'PRIVATE KEY-----'].join(' ');
    const clean = redactor.redact(`a ${[head, of(50), of(40), tail].join(end)} b`);
    expect(clean).toMatch(/^a \[REDACTED:private-key:[0-9a-f]{6}\] b$/);
    expect(leaks(redactor.redact(`a ${[head, of(50)].join(end)}`), of(50))).toBe(false);
  });
});

test('a value that is longer than a repetition may be is taken to its end', () => {
  const secret = of(60).repeat(40);
  const clean = redactor.redact(`refresh_token: "${secret}" end`);
  expect(clean).toMatch(/^refresh_token: "\[REDACTED:assignment:[0-9a-f]{6}\]" end$/);
});

test('what was named once as a secret is one where it stands without its name, too', () => {
  const secret = of(32);
  const clean = redactor.redact(`got ${secret}, so API_KEY=${secret} | '${secret}'`);
  expect(clean).toMatch(/^got (\[REDACTED:assignment:[0-9a-f]{6}\]), so API_KEY=\1 \| '\1'$/);
});

test.each(lookAlikes)('%j is left alone', (text) => {
  expect(redactor.redact(text)).toBe(text);
});

describe('registered values', () => {
  const secret = 'pa ss"wörd/9\\+x=';
  const encodings: Readonly<Record<string, string>> = {
    plain: secret,
    base64: Buffer.from(secret).toString('base64'),
    'base64, one byte before': Buffer.from(`x${secret}yz`).toString('base64'),
    'base64, two bytes before': Buffer.from(`xy${secret}z`).toString('base64'),
    base64url: Buffer.from(secret).toString('base64url'),
    hex: Buffer.from(secret).toString('hex'),
    'upper-case hex': Buffer.from(secret).toString('hex').toUpperCase(),
    URL: encodeURIComponent(secret),
    'lower-case URL': encodeURIComponent(secret).replaceAll(/%[0-9A-F]{2}/g, (one) =>
      one.toLowerCase(),
    ),
    'form field': new URLSearchParams({ x: secret }).toString().slice(2),
    JSON: JSON.stringify(secret).slice(1, -1),
    'JSON in JSON': JSON.stringify(JSON.stringify(secret)),
    'base64 twice': Buffer.from(Buffer.from(secret).toString('base64')).toString('base64'),
    'base64 of UTF-16': Buffer.from(secret, 'utf16le').toString('base64'),
    'base64 in lines': Buffer.from(secret).toString('base64').replaceAll(/.{8}/g, '$&\n'),
    'each byte as in a URL': [...Buffer.from(secret)].map((b) => `%${b.toString(16)}`).join(''),
    'hex with colons': [...Buffer.from(secret)].map((b) => b.toString(16)).join(':'),
    'HTML references': [...secret].map((one) => `&#${one.charCodeAt(0)};`).join(''),
    'escaped code units': [...secret]
      .map((one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
    'a line end inside': `${secret.slice(0, 7)}\n  ${secret.slice(7)}`,
    'blanks between letters': [...secret].join(' '),
    'invisible characters inside': [...secret].join('\u200b'),
    'every other letter as in a URL': [...secret]
      .map((one, at) => (at % 2 === 0 ? encodeURIComponent(one) : hexes(one, '%')))
      .join(''),
    'each byte as in a URL, twice': hexes(secret, '%25'),
    'code points in braces': [...secret]
      .map((one) => `\\u{${one.charCodeAt(0).toString(16)}}`)
      .join(''),
    'eight-digit escapes': [...secret]
      .map((one) => `\\U${one.charCodeAt(0).toString(16).padStart(8, '0')}`)
      .join(''),
    'some letters as code units': [...secret]
      .map((one, at) =>
        at % 3 === 0 ? `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}` : one,
      )
      .join('')
      .replaceAll('"', '\\u0022'),
    'JSON three times': JSON.stringify(JSON.stringify(JSON.stringify(secret))).slice(5, -5),
    'JSON as PHP writes it': JSON.stringify(secret).slice(1, -1).replaceAll('/', '\\/'),
    'upper-case HTML references': [...secret]
      .map((one) => `&#X${one.charCodeAt(0).toString(16).toUpperCase()};`)
      .join(''),
    'padded HTML references': [...secret]
      .map((one) => `&#${String(one.charCodeAt(0)).padStart(4, '0')};`)
      .join(''),
    'quoted-printable':
      hexes(secret.slice(0, 2), '=') + secret.slice(2).replace('ö', '=C3=B6').replace('=', '=3D'),
    'quoted-printable with a soft line end': `${secret.slice(0, 9)}=\r\n${secret.slice(9).replace('=', '=3D')}`,
    'a line end behind a back-slash': `${secret.slice(0, 9)}\\\n    ${secret.slice(9)}`,
    'two pieces added': `"${secret.slice(0, 9)}" +\n  "${secret.slice(9)}"`,
    'colors of a terminal': `${secret.slice(0, 9)}\u001b[0m${secret.slice(9)}`,
    'UTF-16 as it is': [...secret].join('\0'),
    'hex of UTF-16': Buffer.from(secret, 'utf16le').toString('hex'),
    'hex with 0x': [...Buffer.from(secret)].map((b) => `0x${b.toString(16)}`).join(', '),
    'a list of bytes': [...Buffer.from(secret)].join(' '),
    'base64 twice, behind something': Buffer.from(
      Buffer.from(`me:${secret}`).toString('base64'),
    ).toString('base64'),
    'hard blanks': [...secret].join('\u00a0'),
    'variation selectors': [...secret].join('\ufe0f'),
    'tag characters': [...secret].join('\u{e0020}'),
    'wide letters': [...secret]
      .map((one) => (/[!-~]/.test(one) ? String.fromCharCode(one.charCodeAt(0) + 0xfee0) : one))
      .join(''),
    'as another character set reads it': Buffer.from(secret).toString('latin1'),
    'other case': [...secret]
      .map((one) => (one === one.toUpperCase() ? one.toLowerCase() : one.toUpperCase()))
      .join('')
      .replace('Ö', 'ö'),
    backwards: [...secret].reverse().join(''),
    'upper case': secret.toUpperCase(),
  };
  test.each(Object.entries(encodings))('%s is found', (_, encoded) => {
    const own = createRedactor(key);
    own.register('MY_TOKEN', secret);
    const clean = own.redact(`<${encoded}>`);
    expect(clean).toMatch(/\[REDACTED:my-token:[0-9a-f]{6}\]/);
    expect(leaks(clean, encoded)).toBe(false);
  });

  test('escapes round a value stay as they are, and so does a text of nothing else', () => {
    const own = createRedactor(key);
    own.register('k', 'Kq7-first-half-9Zx');
    const text = `%20a &#38; \\u0041 =3D "a" + "b" ${'%41'.repeat(50)}`;
    expect(own.redact(text)).toBe(text);
    expect(own.redact(`${text}Kq7-first%2Dhalf-9Zx${text}`)).toMatch(
      /^(%20a .*)\[REDACTED:k:[0-9a-f]{6}\]\1$/,
    );
  });

  test('any value is found anywhere, and nothing else is touched', () => {
    const value = fc.string({
      minLength: 8,
      maxLength: 60,
      unit: fc.constantFrom(...of(60).split('')),
    });
    const around = fc.string({ unit: fc.constantFrom(' ', 'a', '.', '\n', 'é') });
    fc.assert(
      fc.property(value, around, around, (secret, before, after) => {
        const own = createRedactor(key);
        own.register('k', secret);
        const marker = own.redact(secret);
        expect(own.redact(before + secret + after + secret)).toBe(before + marker + after + marker);
        expect(own.redact(before + after)).toBe(before + after);
      }),
    );
  });

  test('many values are told apart by their names', () => {
    const own = createRedactor(key);
    const secrets = Array.from({ length: 200 }, () => randomBytes(20).toString('hex'));
    secrets.forEach((secret, index) => own.register(`k${index}`, secret));
    const clean = own.redact(secrets.join(' '));
    secrets.forEach((_, index) => expect(clean).toContain(`[REDACTED:k${index}:`));
  });

  test('a value of five characters is not taken', () => {
    const own = createRedactor(key);
    own.register('k', 'abcde');
    expect(own.redact('abcde')).toBe('abcde');
  });
});

test('equal secrets have equal marks within a process, and other ones in another', () => {
  const token = `ghp_${of(36)}`;
  expect(redactor.redact(token)).toBe(redactor.redact(token));
  expect(redactor.redact(token)).not.toBe(createRedactor(Buffer.alloc(32, 8)).redact(token));
});

test('kinds are told without the values', () => {
  expect(redactor.kindsIn(`a ghp_${of(36)} b sk-ant-${of(30)}`)).toEqual([
    'github-token',
    'anthropic-key',
  ]);
  expect(redactor.kindsIn(redactor.redact(`ghp_${of(36)}`))).toEqual([]);
});

test('what was redacted stays the same when it is redacted again', () => {
  for (const text of [
    `password=${of(20)}`,
    `https://me:${of(20)}@h`,
    `Authorization: Bearer ${of(30)}`,
  ]) {
    const once = redactor.redact(text);
    expect(redactor.redact(once)).toBe(once);
  }
});

describe('values of any kind', () => {
  const token = `ghp_${of(36)}`;
  const circle: Record<string, unknown> = { token };
  circle['self'] = circle;
  const cases: readonly (readonly [string, unknown])[] = [
    [
      'an error with causes',
      new Error('x', { cause: new AppError({ kind: 'internal', code: 'c', message: token }) }),
    ],
    ['an AggregateError', new AggregateError([new Error(token)], 'many')],
    [
      'an error as HTTP clients make them',
      Object.assign(new Error('401'), {
        request: { headers: { authorization: 'short-one', cookie: token } },
      }),
    ],
    ['a circle', circle],
    [
      'a map',
      new Map([
        ['password', 'short-one'],
        [token, 'x'],
      ]),
    ],
    ['a set', new Set([token])],
    [
      'a getter that throws',
      {
        get bad(): string {
          throw new Error(token);
        },
        token,
      },
    ],
    ['bytes', { bytes: Buffer.from(token) }],
    ['a URL', new URL('https://me:short-one@host/')],
    ['something deep', Array.from({ length: 50 }).reduce((inner) => ({ inner }), token)],
  ];
  test.each(cases)('%s', (_, value) => {
    const text = JSON.stringify(redactor.redactValue(value));
    expect(leaks(text, token)).toBe(false);
    expect(text).not.toContain('short-one');
  });
});

/** Work that grew with the square of the length would outlast the test by minutes. */
test.each([
  'ghp_',
  'eyJ',
  'eyJa.eyJ',
  '://a:',
  'a://b@',
  'authorization: ',
  'bearer ',
  'cookie: a',
  'password=',
  'token: "',
  'sk-',
  'sk-a',
  '-----BEGIN PRIVATE KEY-----',
  '-----BEGIN PRIVATE KEY-----!',
  'kind: Secret\n',
  'https://hooks/',
  '-----BEGIN ',
  'AKIA',
  'SG.',
  'xoxb-',
  'password ',
  'password is ',
  'passphrase="a b ',
  'docker login ',
  'mysql a ',
  'redis-cli a ',
  'echo a',
  'WIFI:',
  'secret: Digest a=b, ',
  'Authorization: Digest a="b",',
  'name: token value ',
  'variable "token" { ',
  'api_key: |\n ',
  '?key=',
  '---- BEGIN SSH2 ',
  '%41',
  '%25',
  '=2541',
  'ａ',
  'pwd={',
  'stripe_key=',
  'secret-access-key-base ',
  '&#',
  '\\u',
  '" + "',
  '=\r\n',
  'a',
  '\\',
])('a megabyte of %j is read in time', (bait) => {
  const own = createRedactor(key);
  own.register('k', bait.repeat(10));
  own.register('l', `${bait.repeat(10)}x`);
  expect(own.redact(bait.repeat(Math.ceil(1_000_000 / bait.length)))).not.toBe('');
});

test('lines that end with blanks behind the kind of a manifest are read once', () => {
  const text = `kind: Secret\n${`name: a${' '.repeat(40)}\n`.repeat(20)}end`;
  expect(createRedactor(key).redact(text)).toBe(text);
});
