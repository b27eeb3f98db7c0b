import { decodedText } from './decoded-view.ts';

/** Every way in which a value may stand in a text, with what is sure to stand there. */
export function encodingsOf(value: string): readonly string[] {
  const bytes = Buffer.from(value, 'utf8');
  const url = encodeURIComponent(value);
  const strictUrl = url.replaceAll(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16)}`);
  const json = jsonEscaped(value);
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0'));
  const units = Array.from({ length: value.length }, (_, at) => value.charCodeAt(at));
  const hexOf = (unit: number, digits: number) => unit.toString(16).padStart(digits, '0');
  const utf16 = [Buffer.from(value, 'utf16le'), Buffer.from(value, 'utf16le').swap16()];
  const all = [
    value,
    json,
    jsonEscaped(json),
    jsonEscaped(jsonEscaped(json)),
    // As PHP and Go write JSON, shells an argument, and Markdown a text.
    json.replaceAll('/', String.raw`\/`),
    json.replaceAll(/[<>&]/g, (one) => String.raw`\u${hexOf(one.charCodeAt(0), 4)}`),
    value.replaceAll(/[^A-Za-z0-9_]/g, String.raw`\$&`),
    value.replaceAll(/[_*~`]/g, String.raw`\$&`),
    url,
    strictUrl,
    url.replaceAll('%20', '+'),
    encodeURIComponent(url),
    ...bothCases(url.replaceAll(/%[0-9A-F]{2}/g, (one) => one.toLowerCase())),
    ...bothCases(hex.join('')),
    ...bothCases(hex.join(':')),
    ...bothCases(hex.join('-')),
    ...bothCases(hex.map((two) => `%${two}`).join('')),
    ...bothCases(hex.map((two) => String.raw`\x${two}`).join('')),
    ...bothCases(units.map((unit) => String.raw`\u${hexOf(unit, 4)}`).join('')),
    units.map((unit) => `&#${unit};`).join(''),
    ...bothCases(units.map((unit) => `&#x${hexOf(unit, 2)};`).join('')),
    htmlEscaped(value),
    [...bytes].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join(''),
    [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join(''),
    [...bytes].join(','),
    [...bytes].join(''),
    bytes.toString('latin1'),
    decodedText(value),
    decodedText(bytes.toString('latin1')),
    ...bothCases(hex.map((two) => `0x${two}`).join(',')),
    ...utf16.flatMap((wide) => [...base64Of(wide), ...bothCases(wide.toString('hex'))]),
    ...base64Of(bytes),
    ...base64Of(bytes).flatMap((core) => base64Of(Buffer.from(core))),
    base32Of(bytes),
    [...value].reverse().join(''),
    value.toUpperCase(),
    value.toLowerCase(),
    value.replaceAll(/[A-Za-z]/g, (one) =>
      one === one.toUpperCase() ? one.toLowerCase() : one.toUpperCase(),
    ),
    value.replaceAll(/[A-Za-z]/g, thirteenOn),
  ];
  return [...new Set(all)].filter((text) => text.length >= 6);
}

function bothCases(text: string): readonly string[] {
  return [text, text.replaceAll(/(?<![\\&#])[a-f]/g, (one) => one.toUpperCase())];
}

/** The cores at each of the three offsets, in both alphabets. */
function base64Of(bytes: Buffer): readonly string[] {
  return [0, 1, 2].flatMap((offset) => {
    const core = base64Core(bytes, offset);
    return [core, core.replaceAll('+', '-').replaceAll('/', '_')];
  });
}

/** The characters of base64 that depend on the value alone when it starts at this offset of a group of three bytes. */
function base64Core(bytes: Buffer, offset: number): string {
  const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
  const first = Math.ceil((offset * 8) / 6);
  const end = Math.floor(((offset + bytes.length) * 8) / 6);
  return text.slice(first, end);
}

/** RFC 4648, section 6; the last character is left out where it depends on what follows. */
function base32Of(bytes: Buffer): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const groups = bits.match(/.{5}/g) ?? [];
  return groups
    .map((group) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[Number.parseInt(group, 2)])
    .join('');
}

function htmlEscaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

function thirteenOn(letter: string): string {
  const base = letter <= 'Z' ? 65 : 97;
  return String.fromCharCode(((letter.charCodeAt(0) - base + 13) % 26) + base);
}

function jsonEscaped(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
